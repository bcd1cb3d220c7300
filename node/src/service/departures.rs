//! What became of extrinsics that were answered with a hash and then left the pool without having been included.
//!
//! A hash that was answered stays a question that this node can answer: the chain knows what was included, the pool what
//! waits, and here stands the rest, in the database, so that a restart forgets nothing. The vote log keeps an extrinsic
//! until the database is synced, so not even a power loss leaves one without an answer. Kept are the newest
//! [`KEPT`], whatever their age: about 12 MB, and a day's worth if one in 10,000 expires at full load.

use std::sync::{Mutex, PoisonError};

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::{DropReason, Refusal};
use tierchain_storage::Database;

/// How many departures are kept.
pub(crate) const KEPT: u64 = 65_536;

/// The sequence number of the next departure.
const NEXT: &[u8] = b"left/next";

/// Why an accepted extrinsic left.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) enum Cause {
    /// Its era ended.
    #[codec(index = 0)]
    Expired,
    /// Another extrinsic with its account and nonce was included.
    #[codec(index = 1)]
    Usurped {
        /// The other one.
        by: H256,
    },
    /// After a restart the pool had no room for it.
    #[codec(index = 2)]
    Dropped {
        /// In words.
        reason: String,
    },
    /// After a restart it couldn't be included any more.
    #[codec(index = 3)]
    Invalid {
        /// In words.
        reason: String,
    },
}

impl From<DropReason> for Cause {
    fn from(reason: DropReason) -> Self {
        match reason {
            DropReason::Expired | DropReason::NotTakenBack(Refusal::Outdated { .. }) => Self::Expired,
            DropReason::Usurped { by } => Self::Usurped { by },
            DropReason::LeftTheSet => {
                Self::Dropped { reason: "this node isn't a validator any more: send it to one that is".to_owned() }
            }
            DropReason::NotTakenBack(refusal @ (Refusal::PoolFull { .. } | Refusal::ShareFull { .. })) => {
                Self::Dropped { reason: refusal.to_string() }
            }
            DropReason::NotTakenBack(refusal) => Self::Invalid { reason: refusal.to_string() },
        }
    }
}

/// One departure.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Departed {
    /// Why.
    pub(crate) cause: Cause,
    /// The newest final block at that time.
    pub(crate) number: BlockNumber,
    /// When, by this node's clock.
    pub(crate) at: Millis,
}

/// The record of departures: a ring of hashes, and what is known of each.
pub(crate) struct Departures {
    kept: u64,
    /// Held while one is noted: its place follows from it.
    next: Mutex<u64>,
}

impl Departures {
    /// Goes on with the record in a database.
    pub(crate) fn of(db: &Database, kept: u64) -> Self {
        let next = db.aux(NEXT).and_then(|bytes| u64::decode(&mut bytes.as_slice()).ok()).unwrap_or_default();
        Self { kept, next: Mutex::new(next) }
    }

    /// Notes that an extrinsic left. What was noted of it before stands: a restart may tell it a second time, and less.
    pub(crate) fn note(&self, db: &Database, hash: &H256, departed: &Departed) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if Self::get(db, hash).is_some() {
            return;
        }
        let place = place_key(*next % self.kept);
        let mut changes: Vec<StateChange> = Vec::new();
        if let Some(oldest) = db.aux(&place).and_then(|bytes| H256::decode(&mut bytes.as_slice()).ok()) {
            changes.push((hash_key(&oldest), None));
        }
        *next += 1;
        changes.push((place, Some(hash.encode())));
        changes.push((hash_key(hash), Some(departed.encode())));
        changes.push((NEXT.to_vec(), Some(next.encode())));
        db.put_aux_all(&changes);
    }

    /// How an extrinsic left, if that was noted and isn't too long ago.
    pub(crate) fn get(db: &Database, hash: &H256) -> Option<Departed> {
        db.aux(&hash_key(hash)).and_then(|bytes| Departed::decode(&mut bytes.as_slice()).ok())
    }
}

fn place_key(place: u64) -> Vec<u8> {
    [b"left/place/".as_slice(), &place.to_be_bytes()].concat()
}

fn hash_key(hash: &H256) -> Vec<u8> {
    [b"left/hash/".as_slice(), &hash.0].concat()
}

#[cfg(test)]
mod tests {
    use tierchain_storage::Settings;

    use super::*;

    fn departed(cause: Cause) -> Departed {
        Departed { cause, number: 7, at: 1_000 }
    }

    #[test]
    fn the_newest_are_kept_across_restarts_and_the_first_cause_stands() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let open = || Database::open(folder.path(), H256::ZERO, Settings::default()).expect("our own folder");
        let hash = |byte: u8| H256([byte; 32]);
        let db = open();
        let departures = Departures::of(&db, 2);
        departures.note(&db, &hash(1), &departed(Cause::Expired));
        departures.note(&db, &hash(1), &departed(Cause::Invalid { reason: "told again".into() }));
        departures.note(&db, &hash(2), &departed(Cause::Usurped { by: hash(9) }));
        assert_eq!(Departures::get(&db, &hash(1)), Some(departed(Cause::Expired)));
        drop(db);
        let db = open();
        Departures::of(&db, 2).note(&db, &hash(3), &departed(Cause::Expired));
        assert_eq!(Departures::get(&db, &hash(1)), None, "the oldest made room");
        assert_eq!(Departures::get(&db, &hash(2)), Some(departed(Cause::Usurped { by: hash(9) })));
        assert_eq!(Departures::get(&db, &hash(3)), Some(departed(Cause::Expired)));
    }
}
