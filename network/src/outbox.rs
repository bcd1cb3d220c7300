//! What waits for one peer: a bounded queue per channel.
//!
//! A sender never waits. When a queue is full, its *oldest* messages make room and are counted: the consensus protocol
//! repeats what still stands and an old vote is the one least worth having, and whoever asked an old question has asked
//! somebody else by now.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::channel::Channel;

/// The queues to one peer, filled by [`Handle`](crate::Handle)s and emptied by the connection's writers.
pub(crate) struct Outbox {
    queues: [Queue; Channel::ALL.len()],
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self { queues: Channel::ALL.map(|channel| Queue::new(channel.queue_frames_max(), channel.queue_bytes_max())) }
    }

    pub(crate) fn queue(&self, channel: Channel) -> &Queue {
        &self.queues[channel.index()]
    }

    /// Messages waiting in all queues.
    pub(crate) fn waiting(&self) -> usize {
        self.queues.iter().map(|queue| queue.lock().frames.len()).sum()
    }
}

/// A queue of one channel.
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Notify,
    frames_max: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Arc<[u8]>>,
    bytes: usize,
}

impl Queue {
    fn new(frames_max: usize, bytes_max: usize) -> Self {
        Self { state: Mutex::default(), filled: Notify::new(), frames_max, bytes_max }
    }

    /// Appends a frame and says how many older ones were dropped for it.
    pub(crate) fn push(&self, frame: Arc<[u8]>) -> u64 {
        let mut dropped = 0;
        {
            let mut state = self.lock();
            while state.frames.len() >= self.frames_max || state.bytes + frame.len() > self.bytes_max {
                if state.pop().is_none() {
                    break;
                }
                dropped += 1;
            }
            state.bytes += frame.len();
            state.frames.push_back(frame);
        }
        self.filled.notify_one();
        dropped
    }

    /// The oldest frame, if any.
    pub(crate) fn try_pop(&self) -> Option<Arc<[u8]>> {
        self.lock().pop()
    }

    /// The oldest frame, as soon as there is one. For one reader.
    pub(crate) async fn pop(&self) -> Arc<[u8]> {
        loop {
            if let Some(frame) = self.try_pop() {
                return frame;
            }
            self.filled.notified().await;
        }
    }

    /// A panic elsewhere leaves the queue whole: nothing in here runs foreign code.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pop(&mut self) -> Option<Arc<[u8]>> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.len();
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(queue: &Queue) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| queue.try_pop()).map(|frame| frame.to_vec()).collect()
    }

    #[test]
    fn the_oldest_make_room_by_number() {
        let queue = Queue::new(2, 100);
        let dropped: u64 = (0..5u8).map(|i| queue.push(Arc::from([i]))).sum();
        assert_eq!(dropped, 3);
        assert_eq!(drain(&queue), [[3], [4]]);
    }

    #[test]
    fn the_oldest_make_room_by_bytes() {
        let queue = Queue::new(100, 10);
        for i in 0..3u8 {
            queue.push(Arc::from([i; 4]));
        }
        assert_eq!(drain(&queue), [[1; 4], [2; 4]]);
        assert_eq!(queue.push(Arc::from([9; 10])), 0, "room is given back");
    }
}
