//! What can happen to a replica. Everything here was decoded within limits and its signatures were verified.

use std::sync::Arc;

use tierchain_consensus::Message;
use tierchain_primitives::header::Header;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256};
use tierchain_runtime::Checked;

use crate::evidence::Evidence;
use crate::wire::{CertifiedBlock, SignedBundle};

/// A member of the network, as the body knows its peers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Member {
    /// A validator, by its consensus key: of the current set, or of one that is decided or over.
    Validator(AccountId),
    /// An observer, by a number that the body gave it.
    Observer(u32),
}

/// Names a submission, so that the answer finds its caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticket(pub u64);

/// An extrinsic with what is known about its signature.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The extrinsic, taken apart.
    pub checked: Checked,
    /// Whether its signature holds.
    pub verdict: Verdict,
}

/// Whether a signature holds. It covers the hash of the era's birth block, so it holds for one such block only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It holds for this birth block.
    Holds {
        /// Hash of the birth block.
        birth: H256,
    },
    /// It doesn't hold for this birth block; it may for another.
    Fails {
        /// Hash of the birth block.
        birth: H256,
    },
    /// The birth block wasn't known when it arrived.
    Unknown,
}

impl Verdict {
    /// Whether the signature holds for `birth`, if that is known.
    #[must_use]
    pub fn holds_for(self, birth: &H256) -> Option<bool> {
        match self {
            Self::Holds { birth: known } => Some(known == *birth),
            Self::Fails { birth: known } if known == *birth => Some(false),
            Self::Fails { .. } | Self::Unknown => None,
        }
    }
}

/// A bundle taken apart: entries that aren't extrinsics of this chain are left out.
#[derive(Clone, Debug)]
pub struct OpenBundle {
    /// Its name.
    pub digest: H256,
    /// Whose signature it carries.
    pub maker: AccountId,
    /// As it arrived, for passing it on.
    pub signed: Arc<SignedBundle>,
    /// Its well-formed extrinsics, in order.
    pub entries: Vec<Entry>,
    /// What convicts its maker, where something in it does.
    pub fault: Option<Arc<Evidence>>,
}

/// What execution of a certified block gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Executed {
    /// The block.
    pub number: BlockNumber,
    /// Root of the authenticated state after it. The state is committed where the ports read it.
    pub root: H256,
}

/// An input of [`Replica::step`](crate::Replica::step).
#[derive(Clone, Debug)]
pub enum Input {
    /// A consensus message whose signatures hold.
    Consensus {
        /// The consensus key of whoever sent it over the wire.
        from: AccountId,
        /// What it says.
        message: Message,
    },
    /// A member speaks in another epoch than the one in force here: it is ahead, or this replica is.
    OtherEpoch {
        /// Who.
        from: Member,
        /// The epoch it speaks in.
        epoch: Epoch,
    },
    /// Somebody submits an extrinsic to this node; its signature holds for `birth`.
    Submit {
        /// For the answer.
        ticket: Ticket,
        /// The extrinsic.
        checked: Checked,
        /// Hash of the birth block for which its signature holds.
        birth: H256,
    },
    /// A bundle came, by gossip, push or as an answer; its maker's signature holds.
    Bundle(OpenBundle),
    /// Verdicts for a bundle held here, asked for by [`Effect::Verify`](crate::Effect::Verify).
    Verdicts {
        /// The bundle.
        digest: H256,
        /// By entry.
        verdicts: Vec<Verdict>,
    },
    /// Somebody asks for a bundle.
    BundleRequest {
        /// Who.
        from: Member,
        /// Its digest.
        digest: H256,
    },
    /// Somebody asks for a block that isn't final.
    BlockRequest {
        /// Who.
        from: Member,
        /// Its number.
        number: BlockNumber,
        /// Its hash.
        hash: H256,
    },
    /// Header and body of a block; they belong together.
    Block {
        /// Its header.
        header: Header,
        /// Its extrinsics, taken apart.
        body: Arc<Vec<Checked>>,
    },
    /// Certified blocks; each is whole and its certificate holds.
    Range {
        /// Who sent them.
        from: Member,
        /// In order. Empty when the sender has nothing newer.
        blocks: Vec<(CertifiedBlock, Arc<Vec<Checked>>)>,
    },
    /// A certified block that its proposer spread; it is whole and its certificate holds.
    Gossiped {
        /// The block.
        block: CertifiedBlock,
        /// Its extrinsics, taken apart.
        body: Arc<Vec<Checked>>,
    },
    /// A peer says how far it is.
    Height {
        /// Who.
        from: Member,
        /// Its newest final block.
        number: BlockNumber,
    },
    /// A validator's fault; everything about it was verified.
    Evidence {
        /// Who sent it.
        from: Member,
        /// The proof.
        evidence: Arc<Evidence>,
    },
    /// A certified block was executed and its state committed.
    Executed(Executed),
    /// A peer is connected.
    Connected(Member),
    /// A peer is lost.
    Lost {
        /// Which.
        peer: Member,
        /// Its address refuses connections: the process is gone.
        refused: bool,
    },
    /// Time passed. A late or repeated tick is harmless.
    Tick,
}
