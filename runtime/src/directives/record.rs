//! A directive's record: one leaf of the authenticated tree, kept for ever.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::{AccountId, BlockNumber, H256};

use super::Directive;

/// A directive's number: they are numbered from 0, on the whole network.
pub type DirectiveId = u64;

/// A directive and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DirectiveRecord {
    /// What is asked for.
    pub directive: Directive,
    /// Who asked.
    pub issuer: AccountId,
    /// The block in which that was.
    pub issued_in: BlockNumber,
    /// What became of it.
    pub status: Status,
    /// The server it is done to; of one that is to be created, as soon as its host says so.
    pub server: Option<ServerId>,
    /// The block in which the status became what it is.
    pub changed_in: BlockNumber,
    /// SHA-256 of what the host has to say about the outcome, once there is one.
    pub evidence: Option<H256>,
}

/// A step of a directive, as the list of them has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct Change {
    /// The block in which it was made.
    pub block: BlockNumber,
    /// The directive.
    pub id: DirectiveId,
    /// Its host.
    pub host: H256,
    /// What became of it.
    pub status: Status,
    /// The server it is done to, as far as it was known then.
    pub server: Option<ServerId>,
}

/// What became of a directive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub enum Status {
    /// It waits for its host.
    #[codec(index = 0)]
    Issued,
    /// Its host is going to do it.
    #[codec(index = 1)]
    Accepted,
    /// Its host did it.
    #[codec(index = 2)]
    Done,
    /// Its host couldn't do it.
    #[codec(index = 3)]
    Failed {
        /// Why.
        reason: FailReason,
    },
    /// Its provider called it off before the host accepted it.
    #[codec(index = 4)]
    Cancelled,
    /// Its time was over.
    #[codec(index = 5)]
    Expired,
}

impl Status {
    /// Whether the host may still have something to do about it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Issued | Self::Accepted)
    }

    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Failed { .. } => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// Why a host couldn't do what was asked. The evidence stands for the rest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub enum FailReason {
    /// Its driver has no such action.
    #[codec(index = 0)]
    Unsupported,
    /// It has no room for the server.
    #[codec(index = 1)]
    NoCapacity,
    /// It doesn't have the image.
    #[codec(index = 2)]
    NoImage,
    /// It doesn't run the server.
    #[codec(index = 3)]
    NoSuchServer,
    /// The server, or the host's own rules, don't admit it.
    #[codec(index = 4)]
    Refused,
    /// It tried, and something broke.
    #[codec(index = 5)]
    Broken,
}

impl FailReason {
    /// All reasons, in wire order.
    pub const ALL: [Self; 6] =
        [Self::Unsupported, Self::NoCapacity, Self::NoImage, Self::NoSuchServer, Self::Refused, Self::Broken];

    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::NoCapacity => "no-capacity",
            Self::NoImage => "no-image",
            Self::NoSuchServer => "no-such-server",
            Self::Refused => "refused",
            Self::Broken => "broken",
        }
    }
}
