//! The trail: who did what to the registry, in order and for ever.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256};

use super::{Event, ProposalId, Role, TRAIL, TRAIL_COUNT, enlist};
use crate::execute::Context;
use crate::quota::Quota;

/// An entry of the trail.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Act {
    /// The block in which it was done.
    pub block: BlockNumber,
    /// That block's time.
    pub at: Millis,
    /// Who signed what did it: for a proposal, the operator whose approval made the quorum.
    pub by: AccountId,
    /// The proposal that asked for it, where it took one: its record names everybody who approved.
    pub proposal: Option<ProposalId>,
    /// What was done.
    pub deed: Deed,
}

/// What can be done to the registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Deed {
    /// An account got a role.
    #[codec(index = 0)]
    RoleGranted {
        /// The account.
        account: AccountId,
        /// The role.
        role: Role,
    },
    /// An account lost a role.
    #[codec(index = 1)]
    RoleRevoked {
        /// The account.
        account: AccountId,
        /// The role.
        role: Role,
    },
    /// An account was admitted without a role.
    #[codec(index = 2)]
    AccountAdmitted {
        /// The account.
        account: AccountId,
    },
    /// A provider got its account.
    #[codec(index = 3)]
    ProviderAdmitted {
        /// The provider.
        provider: H256,
        /// Its account.
        account: AccountId,
    },
    /// A data center was registered or described anew.
    #[codec(index = 4)]
    DataCenterSet {
        /// The data center.
        data_center: H256,
    },
    /// A host was registered or described anew.
    #[codec(index = 5)]
    HostSet {
        /// The host.
        host: H256,
        /// Who speaks for it.
        hypervisor: AccountId,
    },
    /// An account got a quota of its own, or the network's again.
    #[codec(index = 6)]
    QuotaSet {
        /// The account.
        account: AccountId,
        /// The quota; none for the network's.
        quota: Option<Quota>,
    },
    /// A tenant got its account.
    #[codec(index = 7)]
    TenantAdmitted {
        /// The provider whose tenant it is.
        provider: H256,
        /// The tenant.
        tenant: H256,
        /// Its account.
        account: AccountId,
    },
    /// An account acts for a provider.
    #[codec(index = 8)]
    OrchestratorAppointed {
        /// The provider.
        provider: H256,
        /// The account.
        account: AccountId,
    },
    /// A provider took what it had given to an account.
    #[codec(index = 9)]
    Dismissed {
        /// The provider.
        provider: H256,
        /// The account.
        account: AccountId,
    },
    /// An account handed everything to a new key.
    #[codec(index = 10)]
    GrantsMoved {
        /// The old key's account.
        from: AccountId,
        /// The new key's.
        to: AccountId,
    },
    /// The next set of validators was decided.
    #[codec(index = 11)]
    SetDecided {
        /// Its epoch.
        epoch: Epoch,
    },
    /// A provider said where its servers may begin.
    #[codec(index = 12)]
    SitesSet {
        /// The provider.
        provider: H256,
    },
    /// A node may follow without a vote.
    #[codec(index = 13)]
    ObserverAdded {
        /// Its network key.
        network_key: AccountId,
    },
    /// A node may follow no more.
    #[codec(index = 14)]
    ObserverRemoved {
        /// Its network key.
        network_key: AccountId,
    },
}

/// Enters an act of the signer's into the trail and reports it.
pub(super) fn note(context: &mut Context<'_>, proposal: Option<ProposalId>, deed: Deed) {
    let (block, at, by) = (context.block.header.number, context.block.timestamp, context.signer);
    let act = Act { block, at, by, proposal, deed };
    let place = enlist(&mut context.state, &TRAIL_COUNT, &TRAIL, &act);
    context.report(Event::Noted { place, deed });
}
