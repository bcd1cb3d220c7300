//! A connection's socket that fails once its peer doesn't read, or says nothing, for too long.
//!
//! jsonrpsee waits for a slow reader without end, and pings can't tell: they wait in the same queue. So the socket
//! itself counts. A failed write ends the connection with all its subscriptions, and frees its place.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::accept::Place;

/// A socket with a guard on either direction.
pub(super) struct GuardedStream {
    socket: TcpStream,
    reading: Guard,
    writing: Guard,
    /// Whoever waits to read. A peer that doesn't take what is sent to it isn't listened to any more either.
    reader: Option<Waker>,
    _place: Place,
}

impl GuardedStream {
    pub(super) fn new(socket: TcpStream, place: Place, write_stall_max: Duration, silence_max: Duration) -> Self {
        let (reading, writing) = (Guard::new(silence_max), Guard::new(write_stall_max));
        Self { socket, reading, writing, reader: None, _place: place }
    }

    /// Lets a write's answer pass. Reading goes on when writing does, and ends with it after a stall.
    fn check_write<T>(&mut self, context: &mut Context<'_>, answer: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let was_waiting = self.writing.is_waiting;
        let answer = self.writing.check(context, answer);
        let may_read = was_waiting && !self.writing.is_waiting;
        if (self.writing.has_failed || may_read)
            && let Some(reader) = self.reader.take()
        {
            reader.wake();
        }
        answer
    }
}

/// Measures how long one direction has been waiting.
struct Guard {
    wait_max: Duration,
    timer: Pin<Box<Sleep>>,
    is_waiting: bool,
    has_failed: bool,
}

impl Guard {
    fn new(wait_max: Duration) -> Self {
        Self { wait_max, timer: Box::pin(sleep(wait_max)), is_waiting: false, has_failed: false }
    }

    /// Lets the socket's answer pass, unless it has been "not yet" for too long.
    fn check<T>(&mut self, context: &mut Context<'_>, answer: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if answer.is_ready() {
            self.is_waiting = false;
            return answer;
        }
        if !self.is_waiting {
            self.is_waiting = true;
            self.timer.as_mut().reset(Instant::now() + self.wait_max);
        }
        self.has_failed = self.timer.as_mut().poll(context).is_ready();
        if self.has_failed { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending }
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.writing.has_failed {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        this.reader = Some(cx.waker().clone());
        // Whoever doesn't take the answers may not ask for more: what it asks for would pile up here.
        if this.writing.is_waiting {
            return Poll::Pending;
        }
        let answer = Pin::new(&mut this.socket).poll_read(cx, buf);
        this.reading.check(cx, answer)
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let answer = Pin::new(&mut this.socket).poll_write(cx, buf);
        this.check_write(cx, answer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let answer = Pin::new(&mut this.socket).poll_write_vectored(cx, bufs);
        this.check_write(cx, answer)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
