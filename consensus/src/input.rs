//! What can happen to the machine.

use tierchain_primitives::H256;
use tierchain_primitives::ValidatorIndex;
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;

use crate::message::Message;

/// Milliseconds of a clock that never goes back; its zero means nothing.
pub type Now = u64;

/// An input of [`Machine::step`](crate::Machine::step).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// A message whose signatures all hold ([`verify`](crate::verify())), from an authenticated peer. Votes,
    /// VIEW-CHANGEs and the like may be passed on by others: what counts is who signed.
    Message {
        /// Who sent it over the wire.
        from: ValidatorIndex,
        /// What it says.
        message: Message,
    },
    /// The answer to [`Effect::Check`](crate::Effect::Check): the proposal is good; header and whole body are staged
    /// for the disk before whatever this step says.
    Valid {
        /// The block.
        hash: H256,
    },
    /// The answer to [`Effect::Check`](crate::Effect::Check): this proposal breaks a rule, so the primary is at fault.
    Invalid {
        /// The block.
        hash: H256,
    },
    /// The answer to [`Effect::Obtain`](crate::Effect::Obtain): the block's header and body are here, staged for the
    /// disk before whatever this step says.
    Obtained {
        /// The block's header.
        header: Header,
    },
    /// This replica, as primary, fills the slot that [`Machine::slot`](crate::Machine::slot) offers. Header and body
    /// are staged for the disk. Let go when it isn't this replica's own child of the slot's parent (any more).
    Propose {
        /// The block's header.
        header: Header,
        /// Digests of the bundles it is made of.
        bundles: Vec<H256>,
    },
    /// Catch-up brought a certified block: its header and a checked commit certificate; header and body are staged for
    /// the disk. To be given in order; one more than two windows above the last final block is let go.
    Certified {
        /// The block's header.
        header: Header,
        /// Its certificate.
        certificate: Certificate,
    },
    /// Whether there is work: an includable extrinsic, an uncovered non-empty block, an overdue heartbeat. Proposed
    /// blocks without certificate the machine knows by itself.
    Work(bool),
    /// The replica has a cause of its own to suspect the primary: a bundle passed over, a stale clock. It counts for
    /// [`suspect_life_ms`](crate::Parameters::suspect_life_ms): say it again while the cause lasts.
    SuspectPrimary,
    /// It is proven elsewhere that this validator lies.
    Convicted(ValidatorIndex),
    /// A validator's connection is up: it is told what stands.
    Connected(ValidatorIndex),
    /// A validator's connection is lost; `refused` when nothing listens at its address any more.
    Lost {
        /// Which.
        peer: ValidatorIndex,
        /// A redial was refused, so it isn't a flapping link.
        refused: bool,
    },
    /// Time passed. A late or repeated tick is harmless.
    Tick,
}
