//! `registry` (2): who is who. Data centers, hosts, accounts and their roles, validators and observers.
//!
//! It starts from genesis. Who validates is changed by *governance*: an operator of a validator proposes, a quorum of
//! them approves, each with a vote per validator it operates, and the change ends the epoch (`epochs`). A role says what
//! an account may ask for at all; whether it may ask for it of this very server is the business of the module that owns
//! the server.

mod call;
mod entries;
mod epochs;
mod error;
mod event;
mod governance;
mod hosts;
mod moving;
mod observers;
mod parties;
mod proposal;
mod rejoin;
mod roles;
mod sites;
mod trail;
mod validator;

use parity_scale_codec::{Decode, Encode, Error as CodecError, Input};
use scale_info::TypeInfo;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::ledger::{Identifier, Resources, party_id};
use tierchain_primitives::limits::{HOST_LABELS_MAX, WINDOW};
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::storage_key::Hasher;
use tierchain_primitives::{AccountId, Epoch, H256};

pub use self::call::Call;
pub use self::epochs::{EpochRecord, PendingEpoch, epoch, epoch_change, next_validators, validator_set, validators};
pub use self::error::Error;
pub use self::event::Event;
pub use self::governance::{Votes, votes};
pub use self::hosts::{HYPERVISOR_HOSTS_MAX, Hypervisor};
pub use self::moving::move_bytes;
pub use self::observers::{OBSERVERS_MAX, observers};
pub use self::parties::{PEOPLE_MAX, standing as provider_account};
pub use self::proposal::{OpenProposal, Proposal, ProposalId, ProposalRecord, Status};
pub use self::rejoin::{RejoinRecord, Rejoined, rejoined};
pub use self::roles::{ParseRoleError, Role, Roles};
pub use self::sites::{SITES_MAX, Sites, ensure_site, sites};
pub use self::trail::{Act, Deed};
pub use self::validator::{ADDRESS_BYTES_MAX, ADDRESSES_MAX, VALIDATORS_MIN, Validator, is_address, possession_bytes};
use crate::bounded;
use crate::dispatch::DispatchError;
use crate::execute::{BlockContext, Context};
use crate::genesis::{GenesisConfig, NAME_BYTES_MAX};
use crate::metadata::Module;
use crate::quota::{FAILED_FACTOR, Quota};
use crate::storage::{Map, Overlay, Value};

/// The module's index.
pub const INDEX: u8 = 2;

/// How long a proposal can be approved, in milliseconds of the blocks' time: a week.
pub const PROPOSAL_LIFE_MS: Millis = 7 * 24 * 60 * 60 * 1_000;
/// Most open proposals of one account, so that nobody can fill the list.
pub const PROPOSALS_OPEN_MAX: usize = 4;
/// Least time between two rejoins of one validator, in milliseconds of the blocks' time: an hour.
pub const REJOIN_INTERVAL_MS: Millis = 60 * 60 * 1_000;

// Storage.

/// The network's id and name, so that no two networks share a genesis hash.
pub const NETWORK: Value<(String, String)> = Value::new("Registry", "Network");
/// Roles of the accounts that have any.
pub const ROLES: Map<AccountId, Roles> = Map::new("Registry", "Roles", Hasher::Blake2_128Concat);
/// Data centers by id.
pub const DATA_CENTERS: Map<H256, DataCenter> = Map::new("Registry", "DataCenters", Hasher::Blake2_128Concat);
/// Hosts by id.
pub const HOSTS: Map<H256, Host> = Map::new("Registry", "Hosts", Hasher::Blake2_128Concat);
/// The validator set in force.
pub const VALIDATOR_SET: Value<ValidatorSet> = Value::new("Registry", "ValidatorSet");
/// Keys, names and addresses of the validators, in the order of the set.
pub const VALIDATORS: Value<Vec<Validator>> = Value::new("Registry", "Validators");
/// The decided end of the epoch in force, and what follows.
pub const PENDING: Value<PendingEpoch> = Value::new("Registry", "Pending");
/// Every epoch that has begun.
pub const EPOCHS: Map<Epoch, EpochRecord> = Map::new("Registry", "Epochs", Hasher::Twox64Concat);
/// Peer ids of the observers.
pub const OBSERVERS: Value<Vec<Vec<u8>>> = Value::new("Registry", "Observers");
/// How many proposals there have been.
pub const PROPOSAL_COUNT: Value<ProposalId> = Value::new("Registry", "ProposalCount");
/// Every proposal and what became of it.
pub const PROPOSALS: Map<ProposalId, ProposalRecord> = Map::new("Registry", "Proposals", Hasher::Twox64Concat);
/// The open proposals, oldest first.
pub const OPEN_PROPOSALS: Value<Vec<OpenProposal>> = Value::new("Registry", "OpenProposals");
/// The newest rejoin of each consensus key that ever rejoined.
pub const REJOINS: Map<AccountId, RejoinRecord> = Map::new("Registry", "Rejoins", Hasher::Blake2_128Concat);

/// The accounts of the service providers, by the provider's id.
pub const PROVIDERS: Map<H256, AccountId> = Map::new("Registry", "Providers", Hasher::Blake2_128Concat);
/// The accounts of tenants, by the ids of provider and tenant: a tenant is what its provider calls so.
pub const TENANTS: Map<(H256, H256), AccountId> = Map::new("Registry", "Tenants", Hasher::Blake2_128Concat);
/// The provider that an account acts for: its own account, or an orchestrator's.
pub const ACTS_FOR: Map<AccountId, H256> = Map::new("Registry", "ActsFor", Hasher::Blake2_128Concat);
/// The tenant that an account is the account of: the ids of provider and tenant.
pub const TENANT_OF: Map<AccountId, (H256, H256)> = Map::new("Registry", "TenantOf", Hasher::Blake2_128Concat);
/// How many accounts each provider names, of its tenants and of its orchestrators.
pub const PEOPLE: Map<H256, u32> = Map::new("Registry", "People", Hasher::Blake2_128Concat);
/// Where the servers of each provider may begin that has said so.
pub const SITES: Map<H256, Sites> = Map::new("Registry", "Sites", Hasher::Blake2_128Concat);
/// How many providers there have been.
pub const PROVIDER_COUNT: Value<u64> = Value::new("Registry", "ProviderCount");
/// All providers in the order of their admissions, from 0.
pub const PROVIDER_LIST: Map<u64, H256> = Map::new("Registry", "ProviderList", Hasher::Twox64Concat);
/// How many data centers there are.
pub const DATA_CENTER_COUNT: Value<u64> = Value::new("Registry", "DataCenterCount");
/// All data centers in the order in which they came, from 0.
pub const DATA_CENTER_LIST: Map<u64, H256> = Map::new("Registry", "DataCenterList", Hasher::Twox64Concat);
/// How many hosts there are.
pub const HOST_COUNT: Value<u64> = Value::new("Registry", "HostCount");
/// All hosts in the order in which they came, from 0.
pub const HOST_LIST: Map<u64, H256> = Map::new("Registry", "HostList", Hasher::Twox64Concat);
/// What each account that speaks for hosts speaks for.
pub const HYPERVISORS: Map<AccountId, Hypervisor> = Map::new("Registry", "Hypervisors", Hasher::Blake2_128Concat);
/// What an account may use that has no quota of its own.
pub const QUOTA: Value<Quota> = Value::new("Registry", "Quota");
/// How many acts the trail has.
pub const TRAIL_COUNT: Value<u64> = Value::new("Registry", "TrailCount");
/// Who did what to the registry, from 0: it only grows.
pub const TRAIL: Map<u64, Act> = Map::new("Registry", "Trail", Hasher::Twox64Concat);

/// A place where hosts and a validator stand.
#[derive(Clone, PartialEq, Eq, Debug, Encode, TypeInfo)]
pub struct DataCenter {
    /// Its 32-byte id.
    pub id: H256,
    /// Its name for people.
    pub name: String,
    /// The region it lies in, by a name for people and contracts (as EU, or eu-central); empty where nobody said.
    pub region: String,
}

impl DataCenter {
    /// The data center whose id is made from its name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { id: party_id(name), name: name.to_owned(), region: String::new() }
    }
}

impl Decode for DataCenter {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        Ok(Self {
            id: H256::decode(input)?,
            name: bounded::text(input, NAME_BYTES_MAX)?,
            region: bounded::text(input, NAME_BYTES_MAX)?,
        })
    }
}

/// A compute host.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Host {
    /// Its 32-byte id.
    pub id: H256,
    /// Where it stands.
    pub data_center: H256,
    /// The account of its agent.
    pub hypervisor: AccountId,
    /// What it can give to servers, where it is declared.
    pub capacity: Option<Resources>,
    /// How much more than that it may promise.
    pub overcommit: Overcommit,
    /// What it is like, for whoever places servers.
    pub labels: Labels,
}

impl Host {
    /// A host of which nothing is declared but where it stands and who speaks for it.
    #[must_use]
    pub fn new(id: H256, data_center: H256, hypervisor: AccountId) -> Self {
        let (overcommit, labels) = (Overcommit::default(), Labels::default());
        Self { id, data_center, hypervisor, capacity: None, overcommit, labels }
    }
}

/// How much of its capacity a host may promise, in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Overcommit {
    /// Of its CPUs: 4,000 for four vCPUs on each.
    #[codec(compact)]
    pub cpu_permille: u32,
    /// Of its memory.
    #[codec(compact)]
    pub memory_permille: u32,
}

impl Default for Overcommit {
    /// No more than there is.
    fn default() -> Self {
        Self { cpu_permille: 1_000, memory_permille: 1_000 }
    }
}

/// What a host is like: at most [`HOST_LABELS_MAX`] names with their values.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, TypeInfo)]
pub struct Labels(pub Vec<(Identifier, Identifier)>);

impl Decode for Labels {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        bounded::list(input, HOST_LABELS_MAX).map(Self)
    }
}

// Metadata.

/// What clients are told about this module.
pub(crate) fn metadata() -> Module {
    let storage = [
        NETWORK.entry("The network's id and name, so that no two networks share a genesis hash."),
        ROLES.entry("Roles of the accounts that have any: bit i is role i.").or(&Roles::NONE),
        DATA_CENTERS.entry("Data centers by id."),
        HOSTS.entry("Hosts by id."),
        VALIDATOR_SET.entry("The validator set in force."),
        VALIDATORS.entry("Keys, names and addresses of the validators, in the order of the set."),
        PENDING.entry("The decided end of the epoch in force, and what follows."),
        EPOCHS.entry("Every epoch that has begun."),
        OBSERVERS.entry("Peer ids of the observers.").or(&Vec::<Vec<u8>>::new()),
        PROPOSAL_COUNT.entry("How many proposals there have been.").or(&0u32),
        PROPOSALS.entry("Every proposal and what became of it."),
        OPEN_PROPOSALS.entry("The open proposals, oldest first.").or(&Vec::<OpenProposal>::new()),
        REJOINS.entry("The newest rejoin of each consensus key that ever rejoined."),
        PROVIDERS.entry("The accounts of the service providers, by the provider's id."),
        TENANTS.entry("The accounts of tenants, by the ids of provider and tenant."),
        ACTS_FOR.entry("The provider that an account acts for: its own account, or an orchestrator's."),
        TENANT_OF.entry("The tenant that an account is the account of: the ids of provider and tenant."),
        PEOPLE.entry("How many accounts each provider names, of its tenants and of its orchestrators.").or(&0u32),
        SITES.entry("Where the servers of each provider may begin that has said so."),
        PROVIDER_COUNT.entry("How many providers there have been.").or(&0u64),
        PROVIDER_LIST.entry("All providers in the order of their admissions, from 0."),
        DATA_CENTER_COUNT.entry("How many data centers there are.").or(&0u64),
        DATA_CENTER_LIST.entry("All data centers in the order in which they came, from 0."),
        HOST_COUNT.entry("How many hosts there are.").or(&0u64),
        HOST_LIST.entry("All hosts in the order in which they came, from 0."),
        HYPERVISORS.entry("What each account that speaks for hosts speaks for."),
        QUOTA.entry("What an account may use that has no quota of its own.").or(&Quota::default()),
        TRAIL_COUNT.entry("How many acts the trail has.").or(&0u64),
        TRAIL.entry("Who did what to the registry, from 0: it only grows."),
    ];
    let votable = "How long a proposal can be approved, in milliseconds of the blocks' time.";
    let rejoins = "Least time between two rejoins of one validator, in milliseconds of the blocks' time.";
    Module::new(INDEX, "Registry", "Who is who: accounts and their roles, hosts, validators, governance and epochs.")
        .storage(storage)
        .calls::<Call>()
        .events::<Event>()
        .errors::<Error>()
        .constant("EpochWindow", &WINDOW, "Blocks between the decision to end an epoch and its end.")
        .constant("ProposalLifeMs", &PROPOSAL_LIFE_MS, votable)
        .constant("RejoinIntervalMs", &REJOIN_INTERVAL_MS, rejoins)
        .constant("HypervisorHostsMax", &(HYPERVISOR_HOSTS_MAX as u32), "Most hosts that one account speaks for.")
        .constant("PeopleMax", &PEOPLE_MAX, "Most accounts that one provider names.")
        .constant("SitesMax", &(SITES_MAX as u32), "Most data centers that one provider names.")
        .constant("FailedFactor", &FAILED_FACTOR, "How many times its weight an extrinsic costs whose call fails.")
}

// Genesis.

/// The module's part of the state before block 1.
pub(crate) fn genesis(state: &mut Overlay<'_>, config: &GenesisConfig) {
    NETWORK.put(state, &(config.id.clone(), config.name.clone()));
    for (account, roles) in config.accounts_with_roles() {
        ROLES.put(state, &account, &roles);
    }
    for data_center in &config.data_centers {
        hosts::put_data_center(state, data_center);
    }
    for host in &config.hosts {
        hosts::put_host(state, host);
    }
    OBSERVERS.put(state, &config.observers);
    for (provider, account) in &config.providers {
        parties::bind_provider(state, provider, account);
        // Who founds a network together knows whose data centers they are.
        SITES.put(state, provider, &Sites::Everywhere);
    }
    QUOTA.put(state, &config.quota);
    epochs::genesis(state, &config.validators);
}

// Hooks.

/// Before the first extrinsic: the next epoch begins where one ends.
pub(crate) fn on_initialize(state: &mut Overlay<'_>, block: &BlockContext<'_>) -> Option<Event> {
    epochs::on_initialize(state, block)
}

// Calls.

/// Executes a call.
pub(crate) fn dispatch(context: &mut Context<'_>, call: &Call) -> Result<(), DispatchError> {
    match call {
        Call::Propose { proposal } => governance::propose(context, proposal),
        Call::Approve { id, hash } => governance::approve(context, *id, *hash),
        Call::Expire { id } => governance::expire(context, *id),
        Call::Rejoin { challenge } => rejoin::rejoin(context, *challenge),
        Call::AdmitTenant { tenant, account } => parties::admit_tenant(context, tenant, account),
        Call::AppointOrchestrator { account } => parties::appoint_orchestrator(context, account),
        Call::Dismiss { account } => parties::dismiss(context, account),
        Call::MoveGrants { to, proof } => moving::move_grants(context, to, proof),
        Call::SetSites { sites } => sites::set_sites(context, sites),
    }
}

// Helpers.

/// What an account may use that has no quota of its own.
#[must_use]
pub fn quota(state: &dyn StateRead) -> Quota {
    QUOTA.get(state).unwrap_or_default()
}

/// Enters something into a list that only grows.
fn enlist<T: Encode + Decode>(state: &mut Overlay<'_>, count: &Value<u64>, list: &Map<u64, T>, entry: &T) -> u64 {
    let place = count.get(state).unwrap_or(0);
    list.put(state, &place, entry);
    count.put(state, &(place + 1));
    place
}

/// The roles of an account.
#[must_use]
pub fn roles(state: &dyn StateRead, account: &AccountId) -> Roles {
    ROLES.get(state, account).unwrap_or_default()
}

/// Gives an account a role.
fn grant(state: &mut Overlay<'_>, account: &AccountId, role: Role) {
    let roles = roles(state, account);
    if !roles.has(role) {
        ROLES.put(state, account, &roles.with(role));
    }
}

/// Takes a role from an account; one without any leaves no entry.
fn revoke(state: &mut Overlay<'_>, account: &AccountId, role: Role) {
    match roles(state, account).without(role) {
        Roles::NONE => ROLES.remove(state, account),
        left => ROLES.put(state, account, &left),
    }
}

/// Passes an account that has the role.
pub(crate) fn ensure_role(state: &dyn StateRead, account: &AccountId, role: Role) -> Result<(), Error> {
    if roles(state, account).has(role) { Ok(()) } else { Err(role.missing()) }
}

/// Passes an account of the provider: its own, or an orchestrator's.
pub(crate) fn ensure_acts_for(state: &dyn StateRead, account: &AccountId, provider: &H256) -> Result<(), Error> {
    let held = roles(state, account);
    if !held.has(Role::Provider) && !held.has(Role::Orchestrator) {
        return Err(Error::NotAnOrchestrator);
    }
    if ACTS_FOR.get(state, account).as_ref() == Some(provider) { Ok(()) } else { Err(Error::NotTheProvider) }
}

/// The provider that an account acts for, by its own role or as an orchestrator.
pub(crate) fn acts_for(state: &dyn StateRead, account: &AccountId) -> Result<H256, Error> {
    let held = roles(state, account);
    if !held.has(Role::Provider) && !held.has(Role::Orchestrator) {
        return Err(Error::NotAnOrchestrator);
    }
    ACTS_FOR.get(state, account).ok_or(Error::NotTheProvider)
}

/// The provider whose own account this is.
pub(crate) fn provider_of(state: &dyn StateRead, account: &AccountId) -> Result<H256, Error> {
    ensure_role(state, account, Role::Provider)?;
    ACTS_FOR.get(state, account).ok_or(Error::NotAProvider)
}

/// Passes the account that speaks for the host.
pub(crate) fn ensure_hypervisor(state: &dyn StateRead, account: &AccountId, host: &H256) -> Result<(), Error> {
    let host = HOSTS.get(state, host).ok_or(Error::UnknownHost)?;
    if host.hypervisor == *account { Ok(()) } else { Err(hosts::stranger(state, account, &host)) }
}

/// Whether the account speaks for the host.
pub(crate) fn speaks_for(state: &dyn StateRead, account: &AccountId, host: &H256) -> Result<bool, Error> {
    let host = HOSTS.get(state, host).ok_or(Error::UnknownHost)?;
    Ok(host.hypervisor == *account)
}
