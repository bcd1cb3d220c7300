//! What is going to happen, in order of time; at the same time, in the order in which it was decided.

use std::collections::BTreeMap;

use crate::clock::Time;

/// A queue of events, and the present.
#[derive(Debug)]
pub struct Queue<E> {
    now: Time,
    decided: u64,
    events: BTreeMap<(Time, u64), E>,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self { now: 0, decided: 0, events: BTreeMap::new() }
    }
}

impl<E> Queue<E> {
    /// The present.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Lets something happen at a time, at once if that has passed.
    pub fn at(&mut self, time: Time, event: E) {
        self.decided += 1;
        self.events.insert((time.max(self.now), self.decided), event);
    }

    /// Lets something happen after a while.
    pub fn after(&mut self, delay: Time, event: E) {
        self.at(self.now + delay, event);
    }

    /// Moves on to the next event.
    pub fn pop(&mut self) -> Option<E> {
        let ((time, _), event) = self.events.pop_first()?;
        self.now = time;
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_orders_and_decisions_break_ties() {
        let mut queue = Queue::default();
        queue.after(5, "late");
        queue.after(1, "first");
        queue.after(1, "second");
        assert_eq!((queue.pop(), queue.pop(), queue.now()), (Some("first"), Some("second"), 1));
        queue.at(0, "at once");
        assert_eq!((queue.pop(), queue.now()), (Some("at once"), 1));
        assert_eq!((queue.pop(), queue.pop()), (Some("late"), None));
    }
}
