//! What the machine wants done, in this order: records first, then whatever is said.

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};

use crate::input::Now;
use crate::message::{Message, NewView, Proposal, ViewChange, Vote};

/// Whom a message is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Target {
    /// Every other validator.
    All,
    /// One of them.
    One(ValidatorIndex),
}

/// An effect of [`Machine::step`](crate::Machine::step).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[expect(clippy::large_enum_variant, reason = "a step returns a handful of them, and each is taken apart at once")]
pub enum Effect {
    /// Must be on disk before any [`Effect::Send`] or [`Effect::Final`] of this or a later step leaves.
    Record(Record),
    /// To be sent once all records so far are on disk.
    Send {
        /// Whom it is for.
        to: Target,
        /// What it says.
        message: Message,
    },
    /// A fresh proposal: derive its body, check clock, window, `executed` and state root; answer with
    /// [`Input::Valid`](crate::Input::Valid) or [`Input::Invalid`](crate::Input::Invalid), whenever that is known. An
    /// answer for a view that has been left is harmless.
    Check {
        /// The view it is proposed in.
        view: View,
        /// The block's hash.
        hash: H256,
        /// The block's header.
        header: Header,
        /// Digests of the bundles its body is derived from.
        bundles: Vec<H256>,
    },
    /// A block that a quorum vouches for is missing here: get header and body by hash from any of `holders`; answer
    /// with [`Input::Obtained`](crate::Input::Obtained).
    Obtain {
        /// The block's number.
        number: BlockNumber,
        /// The block's hash.
        hash: H256,
        /// Who signed that they have it.
        holders: Vec<ValidatorIndex>,
    },
    /// The block is final; blocks come in order, each once. Execute it.
    Final {
        /// The block's header.
        header: Header,
        /// Its commit certificate, recorded before.
        certificate: Certificate,
    },
    /// A certificate above the next block was seen: this replica is behind, catch up from this peer.
    Behind {
        /// The highest certified block heard of.
        number: BlockNumber,
        /// Who has it.
        peer: ValidatorIndex,
    },
    /// A validator said two things of which it may say one.
    Evidence(Evidence),
    /// Step again with [`Input::Tick`](crate::Input::Tick) at this time, unless a later effect says otherwise.
    WakeAt(Now),
}

/// What binds this replica, as it stands in the write-ahead log. Replayed in order by
/// [`Machine::recover`](crate::Machine::recover).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub enum Record {
    /// It proposed.
    #[codec(index = 0)]
    Proposal(Proposal),
    /// It voted.
    #[codec(index = 1)]
    Vote(Vote),
    /// It holds this prepared certificate.
    #[codec(index = 2)]
    Prepared(Certificate),
    /// It holds this commit certificate: the block is final.
    #[codec(index = 3)]
    Certified(Certificate),
    /// It left all views below.
    #[codec(index = 4)]
    ViewChange(ViewChange),
    /// It entered this view, by its own NEW-VIEW or another's.
    #[codec(index = 5)]
    NewView(NewView),
}

impl Record {
    /// The epoch in which it binds.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        match self {
            Self::Proposal(it) => it.epoch,
            Self::Vote(it) => it.epoch,
            Self::Prepared(it) | Self::Certified(it) => it.epoch,
            Self::ViewChange(it) => it.epoch,
            Self::NewView(it) => it.epoch,
        }
    }
}

/// Two signed statements of one validator of which an honest one makes at most one.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct Evidence {
    /// Who.
    pub culprit: ValidatorIndex,
    /// The statement seen first.
    pub first: Message,
    /// The one that contradicts it.
    pub second: Message,
}
