//! A TCP forwarder that can be stopped: packets then vanish without a word, as in a partition.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Forwards each connection to one target until it is stopped.
pub(crate) struct Stopper {
    pub(crate) port: u16,
    is_stopped: Arc<AtomicBool>,
}

impl Stopper {
    pub(crate) fn new(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let port = listener.local_addr().expect("it is bound").port();
        let is_stopped = Arc::new(AtomicBool::new(false));
        let flag = is_stopped.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                forward(&near, &far, &flag);
                forward(&far, &near, &flag);
            }
        });
        Self { port, is_stopped }
    }

    /// Swallows everything from now on, or no longer.
    pub(crate) fn set_stopped(&self, stopped: bool) {
        self.is_stopped.store(stopped, Ordering::SeqCst);
    }
}

fn forward(from: &TcpStream, to: &TcpStream, is_stopped: &Arc<AtomicBool>) {
    let (mut from, mut to) = (clone(from), clone(to));
    let is_stopped = is_stopped.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            while is_stopped.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        // Closed already where the other end was first.
        let _ = to.shutdown(Shutdown::Both);
    });
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("descriptors are to be had")
}
