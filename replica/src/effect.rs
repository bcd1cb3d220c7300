//! What a replica wants done.

use std::sync::Arc;

use tierchain_consensus::Message;
use tierchain_primitives::certificate::{Certificate, ValidatorSet};
use tierchain_primitives::epoch::next_set;
use tierchain_primitives::header::Header;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_runtime::Checked;

use crate::evidence::Evidence;
use crate::input::{Member, Ticket};
use crate::pool::Refusal;
use crate::wire::{CertifiedBlock, SignedBundle, SyncMessage};

/// A certified block to be executed. Blocks come in order, each once per start of the process.
#[derive(Clone, Debug)]
pub struct ExecuteJob {
    /// The block's hash.
    pub hash: H256,
    /// Its header.
    pub header: Header,
    /// Its extrinsics.
    pub body: Arc<Vec<Checked>>,
    /// The proof that it is final.
    pub certificate: Certificate,
}

impl ExecuteJob {
    /// Whether it is the last block of an epoch. Then it has to be on stable storage before anybody is shown the state
    /// after it: an operator may act on that at once, and start the node again with a key that has no vote in the epoch
    /// before, while nobody else knows yet that the block is final.
    #[must_use]
    pub fn ends_epoch(&self) -> bool {
        next_set(&self.header).is_some()
    }
}

/// Why an extrinsic left the pool without having been included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DropReason {
    /// Its era ended.
    Expired,
    /// Another extrinsic with its account and nonce was included.
    Usurped {
        /// The other one.
        by: H256,
    },
    /// The log remembers it, but after a restart the pool doesn't take it back. It may have been included: whoever
    /// tells of this looks there first.
    NotTakenBack(Refusal),
    /// This node isn't a validator any more, so it can't have it included: send it to one that is.
    LeftTheSet,
}

/// Whom a consensus message is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recipients {
    /// Every other validator.
    All,
    /// The validator with this consensus key.
    One(AccountId),
}

/// An effect of [`Replica::step`](crate::Replica::step).
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send a consensus message.
    SendConsensus {
        /// To whom.
        to: Recipients,
        /// What.
        message: Message,
    },
    /// Send a request or an answer.
    SendSync {
        /// To whom.
        to: Member,
        /// What.
        message: SyncMessage,
    },
    /// Spread a bundle to all.
    GossipBundle(Arc<SignedBundle>),
    /// Spread a final block to whoever follows.
    GossipBlock(Arc<CertifiedBlock>),
    /// Answer a submission: the hash once the extrinsic is on disk, or why it is refused.
    Answer {
        /// Whose.
        ticket: Ticket,
        /// The extrinsic's hash, or why not.
        result: Result<H256, Refusal>,
    },
    /// Execute a certified block and commit its state, off the consensus step; answer with
    /// [`Input::Executed`](crate::Input::Executed). Only then tell anybody that the block is final.
    Execute(ExecuteJob),
    /// Verify the signatures of a held bundle's entries for these birth blocks; answer with
    /// [`Input::Verdicts`](crate::Input::Verdicts).
    Verify {
        /// The bundle.
        digest: H256,
        /// By entry: the extrinsic and the birth block to verify it for.
        entries: Vec<(Checked, H256)>,
    },
    /// An extrinsic left the pool without having been included.
    Dropped {
        /// Which.
        hash: H256,
        /// Why.
        reason: DropReason,
    },
    /// A validator's fault is proven, and wasn't known here: keep it, and hand it in again at the next start.
    Evidence(Arc<Evidence>),
    /// A validator hands out what no honest one gathers: the account didn't stand, or its nonces weren't there yet. It isn't
    /// held. Said once of a validator in an epoch; no proof for others, who may have executed less.
    Implausible {
        /// The validator's consensus key.
        maker: AccountId,
        /// The account.
        signer: AccountId,
    },
    /// This replica's state differs from the one a primary names, at this block: one of the two is wrong.
    Diverged {
        /// The block after which the states differ.
        number: BlockNumber,
        /// The root here.
        here: H256,
        /// The root in the header.
        there: H256,
    },
    /// An epoch is over: its last block is final, and from here on this set certifies.
    EpochBegan {
        /// The last block of the epoch before.
        begins_after: BlockNumber,
        /// The set of the epoch that begins.
        set: ValidatorSet,
    },
    /// Step again at this monotonic time, in milliseconds.
    WakeAt(u64),
}
