//! A writer's numbers for one server: which comes next, and what the last 256 held.
//!
//! The numbers go on when the server's chain rolls over, so the record lies under the generation from which they
//! count. What the last numbers held lies in pieces of 16: the newest, unfinished piece in the record itself, the
//! others under 16 slots that take turns, so that an event rewrites no more than one short record.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::AccountId;
use tierchain_primitives::ledger::{Event, Uuid};
use tierchain_primitives::limits::REPEATS_KEPT;
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::ports::StateRead;

use super::{ServerId, WRITERS, WRITTEN};
use crate::storage::Overlay;

/// Numbers in one piece.
const PIECE: u64 = 16;
/// Pieces that take turns.
const SLOTS: u64 = REPEATS_KEPT / PIECE;

/// Whose numbers for which server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct WriterKey {
    /// The server.
    pub uuid: Uuid,
    /// The generation from which the numbers count.
    pub numbered_from: u32,
    /// The writer.
    pub writer: AccountId,
}

/// Where a writer is with its numbers for a server.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo)]
pub struct Writer {
    /// The next number.
    #[codec(compact)]
    pub next: u64,
    /// When its last event happened.
    #[codec(compact)]
    pub last_at: Micros,
    /// What the numbers since the last full piece held.
    pub recent: Vec<Kept>,
}

/// What is kept of an event, to tell a repeat from a conflict and to answer it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Kept {
    /// The first half of its content hash.
    pub content: [u8; 16],
    /// Number of the block it made on the server's chain; none for a late event.
    pub block: Option<u32>,
}

/// What an event's number says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// It is the next.
    Next,
    /// The same event was written before, and made this block.
    Repeat {
        /// None for a late event, and where it is too long ago to know.
        block: Option<u32>,
    },
    /// Another event was written under this number.
    Conflict,
    /// Numbers are missing before it.
    Gap,
}

impl WriterKey {
    /// The key of a writer for a server whose writers' numbers count from `numbered_from`.
    #[must_use]
    pub fn new(server: &ServerId, numbered_from: u32, writer: AccountId) -> Self {
        Self { uuid: server.uuid, numbered_from, writer }
    }
}

impl Writer {
    /// The writer's record; that of a newcomer where it has written nothing.
    pub(super) fn load(state: &dyn StateRead, key: &WriterKey) -> Self {
        WRITERS.get(state, key).unwrap_or_default()
    }

    /// What the event's number says.
    pub(super) fn place(&self, state: &dyn StateRead, key: &WriterKey, event: &Event) -> Place {
        let number = event.number;
        if number >= self.next {
            return if number == self.next { Place::Next } else { Place::Gap };
        }
        if self.next - number > REPEATS_KEPT {
            return Place::Repeat { block: None };
        }
        match self.kept(state, key, number) {
            Some(kept) if kept.content == content(event) => Place::Repeat { block: kept.block },
            _ => Place::Conflict,
        }
    }

    /// What is kept of one of the last 256 numbers.
    fn kept(&self, state: &dyn StateRead, key: &WriterKey, number: u64) -> Option<Kept> {
        let at = usize::try_from(number % PIECE).expect("a piece is short");
        if number / PIECE == self.next / PIECE {
            return self.recent.get(at).copied();
        }
        WRITTEN.get(state, &(*key, slot(number)))?.get(at).copied()
    }

    /// Notes that the event was written and made that block, and stores the record.
    pub(super) fn note(mut self, state: &mut Overlay<'_>, key: &WriterKey, event: &Event, block: Option<u32>) {
        assert_eq!(event.number, self.next, "only the next number is noted");
        self.recent.push(Kept { content: content(event), block });
        self.last_at = event.occurred_at;
        self.next += 1;
        if self.next.is_multiple_of(PIECE) {
            let full = core::mem::take(&mut self.recent);
            WRITTEN.put(state, &(*key, slot(event.number)), &full);
        }
        WRITERS.put(state, key, &self);
    }
}

fn slot(number: u64) -> u8 {
    u8::try_from(number / PIECE % SLOTS).expect("there are 16 slots")
}

fn content(event: &Event) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&event.content_hash().0[..16]);
    half
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tierchain_primitives::H256;
    use tierchain_primitives::ledger::{Detail, EventKind, Precision};

    use super::*;

    fn event(number: u64, evidence: u8) -> Event {
        Event {
            server: ServerId { uuid: Uuid([1; 16]), generation: 0 },
            number,
            occurred_at: number,
            precision: Precision::Event,
            event: EventKind::Rebooted,
            meter: None,
            evidence: H256([evidence; 32]),
            detail: Detail::default(),
        }
    }

    #[test]
    fn the_last_256_numbers_are_told_apart_and_older_ones_pass_unread() {
        let base = BTreeMap::new();
        let mut state = Overlay::new(&base);
        let key = WriterKey::new(&event(0, 0).server, 0, AccountId([2; 32]));
        for number in 0..600 {
            let block = u32::try_from(number).expect("small");
            Writer::load(&state, &key).note(&mut state, &key, &event(number, 0), Some(block));
            let writer = Writer::load(&state, &key);
            let oldest = (number + 1).saturating_sub(REPEATS_KEPT);
            for kept in [oldest, number / 2 + oldest / 2, number] {
                let block = u32::try_from(kept).ok();
                assert_eq!(writer.place(&state, &key, &event(kept, 0)), Place::Repeat { block });
                assert_eq!(writer.place(&state, &key, &event(kept, 1)), Place::Conflict);
            }
            assert_eq!(writer.place(&state, &key, &event(number + 1, 1)), Place::Next);
            assert_eq!(writer.place(&state, &key, &event(number + 2, 1)), Place::Gap);
        }
        let writer = Writer::load(&state, &key);
        assert_eq!(writer.place(&state, &key, &event(600 - 257, 1)), Place::Repeat { block: None });
    }
}
