//! What [`crate::registry`] reports.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256};

use super::{Deed, ProposalId};

/// What this module reports.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Event {
    /// An operator proposed something; it has approved it by that.
    #[codec(index = 0)]
    ProposalMade {
        /// Its number.
        id: ProposalId,
        /// Its hash, by which it is approved.
        hash: H256,
        /// Who.
        by: AccountId,
        /// The block time after which it can't be approved any more.
        deadline: Millis,
    },
    /// An operator approved a proposal.
    #[codec(index = 1)]
    Approved {
        /// Which.
        id: ProposalId,
        /// Who.
        by: AccountId,
        /// How many votes it has now.
        votes: u32,
        /// How many it needs.
        quorum: u32,
    },
    /// A quorum approved a proposal: it is done.
    #[codec(index = 2)]
    Enacted {
        /// Which.
        id: ProposalId,
    },
    /// A proposal's deadline was over before a quorum approved it.
    #[codec(index = 3)]
    Expired {
        /// Which.
        id: ProposalId,
    },
    /// The end of the epoch is decided.
    #[codec(index = 4)]
    EpochEnding {
        /// The epoch's last block.
        end: BlockNumber,
        /// The epoch that follows.
        next: Epoch,
    },
    /// This block was the last of an epoch: every block above is the next epoch's.
    #[codec(index = 5)]
    EpochBegan {
        /// The epoch.
        epoch: Epoch,
        /// How many validators it has.
        validators: u32,
    },
    /// A validator that lost its vote log ends the epoch; it votes again from the next one on.
    #[codec(index = 6)]
    Rejoined {
        /// Its consensus key.
        validator: AccountId,
        /// What its new vote log begins with.
        challenge: H256,
        /// The first epoch in which it votes again.
        epoch: Epoch,
    },
    /// Somebody changed what the registry says, and the trail has it.
    #[codec(index = 7)]
    Noted {
        /// Its place in the trail.
        place: u64,
        /// What was done.
        deed: Deed,
    },
}
