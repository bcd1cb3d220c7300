//! Ends that are on the ledger and that nobody is known to have anchored: which, and when to look at each. A value.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::numbers::Millis;
use tierchain_rpc::types::Cursor;

/// Most ends that are kept: what comes after them is read when some are settled.
const OPEN_MAX: usize = 65_536;

/// The ends.
#[derive(Debug)]
pub(super) struct Ends {
    /// Up to where the ledger was read.
    read_to: Cursor,
    /// The place of each; none for those that were there before the reading began.
    open: BTreeMap<ServerId, Option<Cursor>>,
    /// The same in the order of their places.
    places: BTreeSet<(Option<Cursor>, ServerId)>,
    /// When to look at those that aren't being looked at.
    due: BTreeSet<(Millis, ServerId)>,
}

impl Ends {
    /// None yet; what comes after the cursor will be read.
    pub(super) fn after(cursor: Cursor) -> Self {
        Self { read_to: cursor, open: BTreeMap::new(), places: BTreeSet::new(), due: BTreeSet::new() }
    }

    /// Reads on from another cursor.
    pub(super) fn go_to(&mut self, cursor: Cursor) {
        self.read_to = cursor;
    }

    /// Up to where the ledger was read.
    pub(super) fn read_to(&self) -> Cursor {
        self.read_to
    }

    /// An end that was read, and when it is to be looked at first.
    pub(super) fn add(&mut self, server: ServerId, place: Cursor, due: Millis) {
        self.read_to = self.read_to.max(place);
        self.enter(server, Some(place), due);
    }

    /// An end that was there before the reading began. It is to be looked at at once.
    pub(super) fn add_old(&mut self, server: ServerId) {
        self.enter(server, None, 0);
    }

    fn enter(&mut self, server: ServerId, place: Option<Cursor>, due: Millis) {
        if self.open.contains_key(&server) {
            return;
        }
        self.open.insert(server, place);
        self.places.insert((place, server));
        self.due.insert((due, server));
    }

    /// Whether there is room for no more.
    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= OPEN_MAX
    }

    /// When the next one is to be looked at.
    pub(super) fn next_due(&self) -> Option<Millis> {
        self.due.first().map(|(due, _)| *due)
    }

    /// One to look at now. It is [put off](Self::put_off) or [settled](Self::settle) then.
    pub(super) fn take_due(&mut self, now: Millis) -> Option<ServerId> {
        let (due, server) = *self.due.first().filter(|(due, _)| *due <= now)?;
        self.due.remove(&(due, server));
        Some(server)
    }

    /// One that was looked at is to be looked at again.
    pub(super) fn put_off(&mut self, server: ServerId, due: Millis) {
        if self.open.contains_key(&server) {
            self.due.insert((due, server));
        }
    }

    /// One that was looked at is anchored.
    pub(super) fn settle(&mut self, server: ServerId) {
        if let Some(place) = self.open.remove(&server) {
            self.places.remove(&(place, server));
        }
    }

    /// Up to where every end is anchored; none while one is not that was there before the reading began.
    pub(super) fn settled_to(&self) -> Option<Cursor> {
        match self.places.first() {
            None => Some(self.read_to),
            Some((place, _)) => place.map(before),
        }
    }
}

/// The cursor after which a place comes first.
fn before(place: Cursor) -> Cursor {
    match place.place.checked_sub(1) {
        Some(before) => Cursor { place: before, ..place },
        None => Cursor::end_of(place.block.saturating_sub(1)),
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ledger::Uuid;

    use super::*;

    fn server(number: u32) -> ServerId {
        ServerId { uuid: Uuid([7; 16]), generation: number }
    }

    fn at(block: u32, place: u64) -> Cursor {
        Cursor { block, place }
    }

    #[test]
    fn each_is_looked_at_when_it_is_due_and_once_it_is_settled_never_again() {
        let mut ends = Ends::after(at(1, 0));
        for number in 0..5_000 {
            ends.add(server(number), at(2 + number, 0), 1_000 + u64::from(number));
        }
        assert_eq!((ends.next_due(), ends.take_due(999)), (Some(1_000), None));
        let mut looks = 0;
        while let Some(server) = ends.take_due(5_999) {
            looks += 1;
            ends.settle(server);
        }
        assert_eq!((looks, ends.next_due(), ends.settled_to()), (5_000, None, Some(at(5_001, 0))));
        assert!(ends.open.is_empty() && ends.places.is_empty(), "nothing is kept of what is settled");
    }

    #[test]
    fn the_ledger_counts_as_settled_up_to_the_first_end_that_is_not() {
        let mut ends = Ends::after(at(9, 4));
        ends.add(server(1), at(10, 3), 5);
        ends.add(server(2), at(11, 0), 5);
        ends.add(server(3), at(12, 8), 5);
        assert_eq!(ends.settled_to(), Some(at(10, 2)));
        ends.settle(server(3));
        ends.settle(server(1));
        assert_eq!(ends.settled_to(), Some(Cursor::end_of(10)), "the one in block 11 isn't");
        ends.settle(server(2));
        assert_eq!((ends.settled_to(), ends.read_to()), (Some(at(12, 8)), at(12, 8)));
    }

    #[test]
    fn what_was_there_before_has_no_place_and_comes_first() {
        let mut ends = Ends::after(at(9, 4));
        ends.add_old(server(1));
        ends.add(server(1), at(10, 0), 70);
        ends.add(server(2), at(11, 0), 70);
        assert_eq!((ends.settled_to(), ends.take_due(0)), (None, Some(server(1))));
        ends.put_off(server(1), 30);
        assert_eq!((ends.take_due(29), ends.take_due(30)), (None, Some(server(1))));
        ends.settle(server(1));
        ends.put_off(server(1), 31);
        assert_eq!((ends.settled_to(), ends.next_due()), (Some(Cursor::end_of(10)), Some(70)));
    }
}
