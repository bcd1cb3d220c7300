//! How a validator that lost its vote log asks for the epoch in which it votes again: when it may, and what it signs.
//!
//! The log begins with a challenge. Until the chain has executed a `registry.rejoin` of just that challenge, the body
//! looks every [`LOOK_EVERY_MS`] and hands a signed one to its own replica whenever it could be executed (protocol.md 8,
//! "A lost log"). What it knows is in the log and in the chain, so a node that is killed goes on where it was.

use parity_scale_codec::Encode;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::extrinsic::{Era, Nonce};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_runtime::registry::{self, REJOIN_INTERVAL_MS};
use tierchain_runtime::{Call, system};

use crate::replica::Status;

/// How often to look, in milliseconds.
pub const LOOK_EVERY_MS: u64 = 500;

/// For how many blocks a rejoin may be included before it is signed again.
const ERA_BLOCKS: u32 = 256;

/// Why a rejoin isn't asked for just now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// The state here may be old.
    CatchingUp,
    /// The set in force doesn't have the key.
    NoSeat,
    /// The epoch ends already.
    Ending,
    /// The last rejoin is too young before this time, in milliseconds of the wall clock.
    Until(Millis),
}

/// A validator that would rejoin, as it stands now.
#[derive(Clone, Copy, Debug)]
pub struct Applicant<'a> {
    /// Its consensus key.
    pub key: &'a AccountId,
    /// The set in force.
    pub set: &'a ValidatorSet,
    /// Where its replica stands.
    pub status: &'a Status,
    /// How many peers it is connected to.
    pub peers: usize,
    /// Its wall clock, in milliseconds.
    pub wall: Millis,
}

impl Applicant<'_> {
    /// Why a rejoin would fail if it were executed now, in the newest state here; none where it wouldn't.
    #[must_use]
    pub fn waits(&self, state: &dyn StateRead) -> Option<Wait> {
        // A little behind is no harm: at worst the call fails, and is made again. (What one peer claims is no reason to
        // wait: it could claim so for ever.)
        let known = self.status.last.0.max(self.status.vouched);
        if self.status.executed.0.saturating_add(WINDOW) < known || self.peers < self.set.faulty_max() {
            return Some(Wait::CatchingUp);
        }
        if self.set.index_of(self.key).is_none() {
            return Some(Wait::NoSeat);
        }
        if registry::epoch_change(state).is_some() {
            return Some(Wait::Ending);
        }
        let free = registry::REJOINS.get(state, self.key).map(|last| last.at.saturating_add(REJOIN_INTERVAL_MS));
        free.filter(|free| self.wall < *free).map(Wait::Until)
    }
}

/// What is to be signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The encoded call.
    pub call: Vec<u8>,
    /// For how long it may be included.
    pub era: Era,
    /// The block that the era counts from: its hash is signed as well.
    pub born: BlockNumber,
    /// The account's next nonce.
    pub nonce: Nonce,
}

impl Request {
    /// A rejoin by the state after block `best`; none where the key has no account in it.
    #[must_use]
    pub fn new(challenge: H256, key: &AccountId, state: &dyn StateRead, best: BlockNumber) -> Option<Self> {
        let nonce = system::ACCOUNT.get(state, key)?.nonce;
        let era = Era::mortal(ERA_BLOCKS, best);
        let call = Call::Registry(registry::Call::Rejoin { challenge }).encode();
        Some(Self { call, era, born: era.birth(best), nonce })
    }
}
