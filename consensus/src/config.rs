//! What a machine is told once: whose epoch this is, who it is, how patient it shall be, and where it starts.

use tierchain_primitives::certificate::{Certificate, ValidatorSet};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::header::Header;
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::{BlockNumber, H256, ValidatorIndex, View};

/// Who votes, who I am, and how patient I am.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Config {
    /// Hash of the genesis block: part of everything that is signed.
    pub genesis: H256,
    /// The validators of the epoch.
    pub set: ValidatorSet,
    /// This replica's place among them.
    pub me: ValidatorIndex,
    /// Window and patience.
    pub parameters: Parameters,
}

impl Config {
    /// The primary of a view.
    #[must_use]
    pub fn primary(&self, view: View) -> ValidatorIndex {
        self.set.primary(view)
    }

    /// How many votes count as everybody's.
    pub(crate) fn quorum(&self) -> usize {
        #[cfg(feature = "bugs")]
        if self.parameters.bug == Some(crate::Bug::QuorumOfTwoF) {
            return 2 * self.set.faulty_max();
        }
        self.set.quorum()
    }
}

/// Window and patience. The defaults suit one machine or one data center; what a wide area needs beyond them, the
/// machine learns from the commit times it observes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Parameters {
    /// W: block s may be proposed once s - W is certified. The same on all validators.
    pub window: u32,
    /// The shortest time-out.
    pub timeout_ms_min: u64,
    /// The longest time-out, however often it doubles.
    pub timeout_ms_max: u64,
    /// The time-out in observed commit times.
    pub timeout_commits: u64,
    /// How long a primary's connection may be lost before that is a suspicion. A refused redial is one at once.
    pub lost_ms: u64,
    /// First pause between two repeats of what stands, and the pause between two SUSPECTs.
    pub repeat_ms_min: u64,
    /// Longest pause between two repeats: it doubles up to here while nothing changes.
    pub repeat_ms_max: u64,
    /// How long another's SUSPECT counts, and a cause that the replica itself handed in.
    pub suspect_life_ms: u64,
    /// How long a block that a quorum vouches for may be on its way before it is asked for.
    pub obtain_ms: u64,
    /// A suspicion raised for nothing is forgotten after this time without another.
    pub doubt_ms: u64,
    /// A bug that is put in.
    #[cfg(feature = "bugs")]
    pub bug: Option<crate::Bug>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            window: WINDOW,
            timeout_ms_min: 100,
            timeout_ms_max: 10_000,
            timeout_commits: 20,
            lost_ms: 20,
            repeat_ms_min: 100,
            repeat_ms_max: 1_000,
            suspect_life_ms: 350,
            obtain_ms: 20,
            doubt_ms: 10_000,
            #[cfg(feature = "bugs")]
            bug: None,
        }
    }
}

/// The block a machine starts on: the epoch's first, or the last final block it knows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Base {
    /// The block's header.
    pub header: Header,
    /// Its certificate of this epoch; none for the block the epoch began on.
    pub certificate: Option<Certificate>,
}

/// What this replica may propose now, as the primary of its view.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slot {
    /// The view it is proposed in.
    pub view: View,
    /// The block's number.
    pub number: BlockNumber,
    /// The block's parent.
    pub parent: H256,
}

/// Signs for this replica. A port, so that the machine never holds a key and a model checker needs none.
pub trait Signer {
    /// Signs the bytes with this replica's consensus key.
    fn sign(&self, bytes: &[u8]) -> Signature;
}

impl Signer for KeyPair {
    fn sign(&self, bytes: &[u8]) -> Signature {
        Self::sign(self, bytes)
    }
}
