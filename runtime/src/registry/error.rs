//! Why a call of [`crate::registry`] fails, or an account may not do what it asks another module for.

use scale_info::{Type, TypeInfo};

use super::INDEX;
use crate::dispatch::DispatchError;
use crate::errors;

/// Why an account may not do what it asks for; the number is the wire index, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The account is no foundry.
    NotAFoundry = 0,
    /// No host of that id is registered.
    UnknownHost = 1,
    /// The account isn't the one that speaks for the server's host.
    NotTheHypervisor = 2,
    /// The account operates no validator of the set in force.
    NotAnOperator = 3,
    /// There is no proposal of that number.
    UnknownProposal = 4,
    /// The proposal of that number isn't the one with that hash.
    OtherProposal = 5,
    /// The proposal was enacted or has expired.
    ProposalClosed = 6,
    /// The proposal's deadline is over.
    ProposalOverdue = 7,
    /// The proposal's deadline isn't over.
    ProposalNotDue = 8,
    /// The account approved the proposal before.
    AlreadyApproved = 9,
    /// The same is proposed already.
    AlreadyProposed = 10,
    /// The account has as many open proposals as one may have.
    TooManyProposals = 11,
    /// The end of the epoch is decided; the next change has to wait for it.
    ChangePending = 12,
    /// No validator has that consensus key.
    UnknownValidator = 13,
    /// Fewer than four validators would be left.
    TooFewValidators = 14,
    /// There would be more validators than a set may have.
    TooManyValidators = 15,
    /// A validator has that consensus key.
    DuplicateConsensusKey = 16,
    /// A validator has that peer id.
    DuplicatePeerId = 17,
    /// A validator has that name.
    DuplicateName = 18,
    /// A key would serve two purposes.
    KeyHasOtherUse = 19,
    /// The name can't be shown.
    BadName = 20,
    /// The peer id isn't one of an ed25519 key.
    BadPeerId = 21,
    /// An address is missing or isn't one.
    BadAddress = 22,
    /// The new consensus key didn't sign for this network and operator.
    NoPossession = 23,
    /// The account is no consensus key of the set in force.
    NotAValidator = 24,
    /// The validator rejoined less than an hour ago.
    RejoinTooSoon = 25,
    /// The account is no hypervisor.
    NotAHypervisor = 26,
    /// The account is no tracker.
    NotATracker = 27,
    /// The account is no provider.
    NotAProvider = 28,
    /// The account is no tenant.
    NotATenant = 29,
    /// The account is no auditor.
    NotAnAuditor = 30,
    /// The account is no orchestrator.
    NotAnOrchestrator = 31,
    /// The account acts for another provider than the server's.
    NotTheProvider = 32,
    /// The host stands in another data center than the account's hosts.
    OtherDataCenter = 33,
    /// No data center of that id is registered.
    UnknownDataCenter = 34,
    /// The role isn't one that a proposal grants or takes alone.
    NotGrantable = 35,
    /// The account has that role, or acts for that provider, already.
    AlreadyGranted = 36,
    /// The account hasn't got that role.
    NotGranted = 37,
    /// The account is admitted already.
    AlreadyAdmitted = 38,
    /// No such account is admitted.
    UnknownAccount = 39,
    /// The provider has an account.
    ProviderTaken = 40,
    /// The tenant has an account.
    TenantTaken = 41,
    /// The account acts for a provider, or is a tenant's, already.
    ActsForAnother = 42,
    /// The account is neither a tenant's nor an orchestrator of this provider.
    NotYours = 43,
    /// The data center lies in another region.
    RegionFixed = 44,
    /// The host stands in another data center.
    HostFixed = 45,
    /// The account speaks for as many hosts as one may.
    TooManyHosts = 46,
    /// Nothing would ever drain.
    BadQuota = 47,
    /// A consensus key can't hand over.
    ConsensusKeyStays = 48,
    /// The account has no role.
    NothingToMove = 49,
    /// The new account has grants of its own.
    NotVacant = 50,
    /// The provider has no servers begin in the host's data center.
    SiteNotAdmitted = 51,
    /// More data centers are named than one provider names.
    TooManySites = 52,
    /// The provider names as many accounts as one may.
    TooManyPeople = 53,
    /// The node is an observer already.
    AlreadyAnObserver = 54,
    /// No observer has that network key.
    NotAnObserver = 55,
    /// There are as many observers as proposals may add up to.
    TooManyObservers = 56,
}

impl Error {
    /// All errors, in wire order.
    pub const ALL: [Self; 57] = [
        Self::NotAFoundry,
        Self::UnknownHost,
        Self::NotTheHypervisor,
        Self::NotAnOperator,
        Self::UnknownProposal,
        Self::OtherProposal,
        Self::ProposalClosed,
        Self::ProposalOverdue,
        Self::ProposalNotDue,
        Self::AlreadyApproved,
        Self::AlreadyProposed,
        Self::TooManyProposals,
        Self::ChangePending,
        Self::UnknownValidator,
        Self::TooFewValidators,
        Self::TooManyValidators,
        Self::DuplicateConsensusKey,
        Self::DuplicatePeerId,
        Self::DuplicateName,
        Self::KeyHasOtherUse,
        Self::BadName,
        Self::BadPeerId,
        Self::BadAddress,
        Self::NoPossession,
        Self::NotAValidator,
        Self::RejoinTooSoon,
        Self::NotAHypervisor,
        Self::NotATracker,
        Self::NotAProvider,
        Self::NotATenant,
        Self::NotAnAuditor,
        Self::NotAnOrchestrator,
        Self::NotTheProvider,
        Self::OtherDataCenter,
        Self::UnknownDataCenter,
        Self::NotGrantable,
        Self::AlreadyGranted,
        Self::NotGranted,
        Self::AlreadyAdmitted,
        Self::UnknownAccount,
        Self::ProviderTaken,
        Self::TenantTaken,
        Self::ActsForAnother,
        Self::NotYours,
        Self::RegionFixed,
        Self::HostFixed,
        Self::TooManyHosts,
        Self::BadQuota,
        Self::ConsensusKeyStays,
        Self::NothingToMove,
        Self::NotVacant,
        Self::SiteNotAdmitted,
        Self::TooManySites,
        Self::TooManyPeople,
        Self::AlreadyAnObserver,
        Self::NotAnObserver,
        Self::TooManyObservers,
    ];

    /// The name in the metadata.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAFoundry => "NotAFoundry",
            Self::UnknownHost => "UnknownHost",
            Self::NotTheHypervisor => "NotTheHypervisor",
            Self::NotAnOperator => "NotAnOperator",
            Self::UnknownProposal => "UnknownProposal",
            Self::OtherProposal => "OtherProposal",
            Self::ProposalClosed => "ProposalClosed",
            Self::ProposalOverdue => "ProposalOverdue",
            Self::ProposalNotDue => "ProposalNotDue",
            Self::AlreadyApproved => "AlreadyApproved",
            Self::AlreadyProposed => "AlreadyProposed",
            Self::TooManyProposals => "TooManyProposals",
            Self::ChangePending => "ChangePending",
            Self::UnknownValidator => "UnknownValidator",
            Self::TooFewValidators => "TooFewValidators",
            Self::TooManyValidators => "TooManyValidators",
            Self::DuplicateConsensusKey => "DuplicateConsensusKey",
            Self::DuplicatePeerId => "DuplicatePeerId",
            Self::DuplicateName => "DuplicateName",
            Self::KeyHasOtherUse => "KeyHasOtherUse",
            Self::BadName => "BadName",
            Self::BadPeerId => "BadPeerId",
            Self::BadAddress => "BadAddress",
            Self::NoPossession => "NoPossession",
            Self::NotAValidator => "NotAValidator",
            Self::RejoinTooSoon => "RejoinTooSoon",
            Self::NotAHypervisor => "NotAHypervisor",
            Self::NotATracker => "NotATracker",
            Self::NotAProvider => "NotAProvider",
            Self::NotATenant => "NotATenant",
            Self::NotAnAuditor => "NotAnAuditor",
            Self::NotAnOrchestrator => "NotAnOrchestrator",
            Self::NotTheProvider => "NotTheProvider",
            Self::OtherDataCenter => "OtherDataCenter",
            Self::UnknownDataCenter => "UnknownDataCenter",
            Self::NotGrantable => "NotGrantable",
            Self::AlreadyGranted => "AlreadyGranted",
            Self::NotGranted => "NotGranted",
            Self::AlreadyAdmitted => "AlreadyAdmitted",
            Self::UnknownAccount => "UnknownAccount",
            Self::ProviderTaken => "ProviderTaken",
            Self::TenantTaken => "TenantTaken",
            Self::ActsForAnother => "ActsForAnother",
            Self::NotYours => "NotYours",
            Self::RegionFixed => "RegionFixed",
            Self::HostFixed => "HostFixed",
            Self::TooManyHosts => "TooManyHosts",
            Self::BadQuota => "BadQuota",
            Self::ConsensusKeyStays => "ConsensusKeyStays",
            Self::NothingToMove => "NothingToMove",
            Self::NotVacant => "NotVacant",
            Self::SiteNotAdmitted => "SiteNotAdmitted",
            Self::TooManySites => "TooManySites",
            Self::TooManyPeople => "TooManyPeople",
            Self::AlreadyAnObserver => "AlreadyAnObserver",
            Self::NotAnObserver => "NotAnObserver",
            Self::TooManyObservers => "TooManyObservers",
        }
    }

    /// What it means and what to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NotAFoundry => {
                "The call needs the role foundry, which a quorum of operators grants (registry.propose). Sign with an \
                 account that has it; registry_roles names who could grant it."
            }
            Self::UnknownHost => "No host of that id is registered. Check the host's id in the agent's settings.",
            Self::NotTheHypervisor => {
                "The account doesn't speak for the host that runs the server. Sign with the account of the agent of \
                 the server's current host."
            }
            Self::NotAnOperator => {
                "The account operates no validator of the set in force, so it has no vote. Sign with the account of an \
                 operator that registry_validators lists."
            }
            Self::UnknownProposal => "There is no proposal of that number. Read the numbers with registry_proposals.",
            Self::OtherProposal => {
                "The proposal of that number isn't the one with that hash. Read it with registry_proposal, and approve \
                 it by the hash that stands there if it is what you want."
            }
            Self::ProposalClosed => {
                "The proposal was enacted or has expired. Read which with registry_proposal; propose it anew if it is \
                 still wanted."
            }
            Self::ProposalOverdue => {
                "The proposal's deadline is over, so it can't be approved any more. Have it expired with \
                 registry.expire and propose it anew."
            }
            Self::ProposalNotDue => {
                "The proposal's deadline isn't over. Wait for the time that registry_proposal names, or let the \
                 proposal be."
            }
            Self::AlreadyApproved => {
                "The account approved this proposal before, and its votes are counted. There is nothing more to do; \
                 registry_proposal names who hasn't approved yet."
            }
            Self::AlreadyProposed => {
                "The very same is proposed already and open. Find it with registry_proposals and approve it."
            }
            Self::TooManyProposals => {
                "The account has 4 open proposals, as many as one may have. Wait until one is enacted, or have an \
                 overdue one expired."
            }
            Self::ChangePending => {
                "The end of this epoch is decided already, and there is one change of validators at a time. Try again after the \
                 block that registry_validators names as the epoch's last."
            }
            Self::UnknownValidator => {
                "No validator of the set has that consensus key. Read the keys with registry_validators."
            }
            Self::TooFewValidators => {
                "Fewer than 4 validators can't survive a fault, so no change goes below 4 (a development network keeps \
                 its one). Add a validator first."
            }
            Self::TooManyValidators => "A set has at most 100 validators. Remove one before another is added.",
            Self::DuplicateConsensusKey => {
                "A validator has that consensus key. Make another with tierchain key generate."
            }
            Self::DuplicatePeerId => "A validator has that peer id. Give the new one a network key of its own.",
            Self::DuplicateName => "A validator has that name. Give the new one a name of its own.",
            Self::KeyHasOtherUse => {
                "Operator account, consensus key and network key must be three keys, and a consensus key can't be an \
                 account with another role. Make a key of its own with tierchain key generate."
            }
            Self::BadName => {
                "A name has 1 to 64 bytes, not all blank, and no control characters; a region may be empty. Correct it."
            }
            Self::BadPeerId => {
                "The peer id isn't one of an ed25519 key. Take the peerId that tierchain key inspect prints for the \
                 node's network key."
            }
            Self::BadAddress => {
                "A validator needs 1 to 4 addresses at which the others reach it, each a multiaddress such as \
                 /ip4/192.0.2.7/tcp/10044."
            }
            Self::NoPossession => {
                "The proof isn't the new key's signature for this network and the account that asks (a validator's operator, \
                 or who hands over). Make it with tierchain key prove-possession on the machine that holds the key."
            }
            Self::NotAValidator => {
                "Only a validator's own consensus key can rejoin, and only while it is in the set in force. Read the \
                 keys with registry_validators."
            }
            Self::RejoinTooSoon => {
                "The validator rejoined less than an hour ago, by the blocks' time. Try again when the hour is over."
            }
            Self::NotAHypervisor => {
                "The call needs the role hypervisor, which a quorum of operators grants (registry.propose). Sign with \
                 an account that has it; registry_roles names who could grant it."
            }
            Self::NotATracker => {
                "The call needs the role tracker, which a quorum of operators grants (registry.propose). Sign with an \
                 account that has it; registry_roles names who could grant it."
            }
            Self::NotAProvider => {
                "The call needs the role provider, which a quorum of operators grants (registry.propose). Sign with \
                 an account that has it; registry_roles names who could grant it."
            }
            Self::NotATenant => {
                "The call needs the role tenant, which the tenant's provider grants (registry.admit_tenant). Sign with \
                 an account that has it; registry_roles names who could grant it."
            }
            Self::NotAnAuditor => {
                "The call needs the role auditor, which a quorum of operators grants (registry.propose). Sign with an \
                 account that has it; registry_roles names who could grant it."
            }
            Self::NotAnOrchestrator => {
                "The call needs the role provider or orchestrator; a provider appoints its orchestrators \
                 (registry.appoint_orchestrator). Sign with such an account; registry_roles names who could grant it."
            }
            Self::NotTheProvider => {
                "The account acts for another provider than the one whose server this is. Sign with an account of the \
                 server's own provider (chains_get names it)."
            }
            Self::OtherDataCenter => {
                "The host stands in another data center than the hosts that the account speaks for. Sign with the \
                 account of an agent of that data center, or correct the host's id."
            }
            Self::UnknownDataCenter => {
                "No data center of that id is registered. Have it registered first (registry.propose), or correct the id."
            }
            Self::NotGrantable => {
                "Foundry, hypervisor, auditor and tracker are granted by themselves (registry.propose \
                 grant_role). A provider is admitted (admit_provider), a tenant by its provider \
                 (registry.admit_tenant), an orchestrator too (registry.appoint_orchestrator); operators and \
                 validators come and go with the set (add_validator, remove_validator)."
            }
            Self::AlreadyGranted => {
                "The account has that role, or acts for that provider, already: there is nothing to do. \
                 registry_grants says what an account has."
            }
            Self::NotGranted => {
                "The account hasn't got that role, so it can't lose it. Read what it has with \
                 registry_grants."
            }
            Self::AlreadyAdmitted => {
                "The account is admitted already: it may remark. Grant it a role if it is to do more."
            }
            Self::UnknownAccount => {
                "No such account is admitted. Check the address, or have it admitted first (registry.propose \
                 admit_account)."
            }
            Self::ProviderTaken => {
                "The provider of that id has an account. It can hand over to a new key itself \
                 (registry.move_grants); where it lost its key, have the old account's role revoked first \
                 (registry.propose revoke_role)."
            }
            Self::TenantTaken => {
                "The tenant of that id has an account. Dismiss that one first (registry.dismiss), or let it \
                 hand over to a new key (registry.move_grants)."
            }
            Self::ActsForAnother => {
                "The account acts for a provider, or is another tenant's account, and can serve one only. Use \
                 an account of its own, or have this one dismissed first (registry.dismiss)."
            }
            Self::NotYours => {
                "The account is neither an account of this provider's tenants nor one of its orchestrators, \
                 so there is nothing to take from it. Read what it has with registry_grants."
            }
            Self::RegionFixed => {
                "The data center was registered in another region, and what servers proved about their \
                 custody rests on that. Register a data center of its own where hosts really moved."
            }
            Self::HostFixed => {
                "A host never changes its data center: what servers proved about their custody rests on that. \
                 Register the machine as a host of its own in the new place."
            }
            Self::TooManyHosts => {
                "The account speaks for 256 hosts, as many as one may. Give the agent of further hosts an \
                 account of its own."
            }
            Self::BadQuota => {
                "A quota needs a rate of at least 1 in 1,000, or an account that used it up could never do \
                 anything again. Revoke its roles to stop an account."
            }
            Self::ConsensusKeyStays => {
                "A validator's consensus key votes, so it changes with an epoch only. Have it replaced \
                 (registry.propose replace_key)."
            }
            Self::NothingToMove => {
                "The account has no role that it could hand over. Sign with the account that has the grants; \
                 registry_grants says which has what."
            }
            Self::NotVacant => {
                "The new account has a role or acts for somebody already, and grants aren't mixed. Move to a \
                 fresh key (tierchain key generate)."
            }
            Self::SiteNotAdmitted => {
                "The provider that is named lets no server begin in the host's data center. Check the provider; if it is \
                 right, have its account say so first (registry.set_sites), or use a host where it does \
                 (registry_providers)."
            }
            Self::TooManySites => {
                "A provider names at most 256 data centers. Name fewer, or say everywhere (registry.set_sites)."
            }
            Self::TooManyPeople => {
                "The provider names 256 accounts of tenants and orchestrators, as many as one may. Dismiss one first \
                 (registry.dismiss); a tenant needs no account to have servers."
            }
            Self::AlreadyAnObserver => {
                "A node with that network key is an observer already: registry_validators lists it. There is nothing to do."
            }
            Self::NotAnObserver => {
                "No observer has that network key. Read the peer ids with registry_validators; a validator is removed with \
                 RemoveValidator first."
            }
            Self::TooManyObservers => {
                "There are 1,000 observers or more, as many as proposals add up to. Remove one that is gone (RemoveObserver)."
            }
        }
    }
}

impl TypeInfo for Error {
    type Identity = Self;

    fn type_info() -> Type {
        errors::type_info(module_path!(), Self::ALL.map(|error| (error as u8, error.name(), error.remedy())))
    }
}

impl From<Error> for DispatchError {
    fn from(error: Error) -> Self {
        Self::module(INDEX, error as u8)
    }
}
