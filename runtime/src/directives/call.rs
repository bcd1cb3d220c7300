//! The calls of [`crate::directives`].

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;

use super::{Directive, DirectiveId, FailReason};
use crate::weights::Weights;

/// What providers ask of hosts, and what hosts answer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
#[expect(clippy::large_enum_variant, reason = "a call lives once per extrinsic, behind the Arc of a Checked")]
pub enum Call {
    /// The server's provider, or its orchestrator, asks a host to do something.
    #[codec(index = 0)]
    Issue {
        /// What, by whom, until when.
        directive: Directive,
    },
    /// The host is going to do it: it may act once this is final, and not before.
    #[codec(index = 1)]
    Accept {
        /// The directive.
        id: DirectiveId,
    },
    /// The host did it.
    #[codec(index = 2)]
    Done {
        /// The directive.
        id: DirectiveId,
        /// The life that was created; of another action, the one it names or nothing.
        server: Option<ServerId>,
        /// SHA-256 of what the host's driver said.
        evidence: H256,
    },
    /// The host couldn't do it.
    #[codec(index = 3)]
    Fail {
        /// The directive.
        id: DirectiveId,
        /// Why.
        reason: FailReason,
        /// SHA-256 of what the host's driver said.
        evidence: H256,
    },
    /// The provider calls it off, before the host accepted it.
    #[codec(index = 4)]
    Cancel {
        /// The directive.
        id: DirectiveId,
    },
    /// Anybody closes a directive whose time is over.
    #[codec(index = 5)]
    Expire {
        /// The directive.
        id: DirectiveId,
    },
}

impl Call {
    pub(crate) fn weight(&self, weights: &Weights) -> u64 {
        // The record, the list of its host, its provider's share of that, and the list of changes.
        weights.plain(self.encoded_size()) + weights.records(3)
    }
}
