//! `registry` (2): who is who. Data centers, hosts, accounts and their roles, validators and observers.
//!
//! All of it comes from genesis for now. A role says what an account may ask for at all; whether it may ask for it of
//! this very server is the business of the module that owns the server.

mod roles;

use parity_scale_codec::{Decode, Encode, Error as CodecError, Input};
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::ledger::party_id;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::storage_key::Hasher;
use tierchain_primitives::{AccountId, Epoch, H256};

pub use self::roles::{ParseRoleError, Role, Roles};
use crate::bounded;
use crate::dispatch::DispatchError;
use crate::genesis::{GenesisConfig, GenesisValidator, NAME_BYTES_MAX};
use crate::storage::{Map, Overlay, Value};

/// The module's index.
pub const INDEX: u8 = 2;

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
/// Keys and names of the validators, in the order of the set.
pub const VALIDATORS: Value<Vec<GenesisValidator>> = Value::new("Registry", "Validators");
/// Peer ids of the observers.
pub const OBSERVERS: Value<Vec<Vec<u8>>> = Value::new("Registry", "Observers");

/// A place where hosts and a validator stand.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct DataCenter {
    /// Its 32-byte id.
    pub id: H256,
    /// Its name for people.
    pub name: String,
}

impl DataCenter {
    /// The data center whose id is made from its name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { id: party_id(name), name: name.to_owned() }
    }
}

impl Decode for DataCenter {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        Ok(Self { id: H256::decode(input)?, name: bounded::text(input, NAME_BYTES_MAX)? })
    }
}

/// A compute host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Host {
    /// Its 32-byte id.
    pub id: H256,
    /// Where it stands.
    pub data_center: H256,
    /// The account of its agent.
    pub hypervisor: AccountId,
}

// Errors.

/// Why an account may not do what it asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The account lacks the role that the call needs.
    MissingRole = 0,
    /// No host of that id is registered.
    UnknownHost = 1,
    /// The account isn't the one that speaks for the server's host.
    NotTheHypervisor = 2,
}

impl Error {
    /// All errors, in wire order.
    pub const ALL: [Self; 3] = [Self::MissingRole, Self::UnknownHost, Self::NotTheHypervisor];

    /// The name in the metadata.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingRole => "MissingRole",
            Self::UnknownHost => "UnknownHost",
            Self::NotTheHypervisor => "NotTheHypervisor",
        }
    }

    /// What it means and what to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::MissingRole => {
                "The account lacks the role this call needs (hypervisor for announce, append, late and anchor, foundry \
                 for birth). Sign with an account that has it, or have it granted."
            }
            Self::UnknownHost => "No host of that id is registered. Check the host's id in the agent's settings.",
            Self::NotTheHypervisor => {
                "The account doesn't speak for the host that runs the server. Sign with the account of the agent of \
                 the server's current host."
            }
        }
    }
}

impl From<Error> for DispatchError {
    fn from(error: Error) -> Self {
        Self::module(INDEX, error as u8)
    }
}

// Genesis.

/// The module's part of the state before block 1.
pub(crate) fn genesis(state: &mut Overlay<'_>, config: &GenesisConfig) {
    NETWORK.put(state, &(config.id.clone(), config.name.clone()));
    for (account, roles) in config.accounts_with_roles() {
        ROLES.put(state, &account, &roles);
    }
    for data_center in &config.data_centers {
        DATA_CENTERS.put(state, &data_center.id, data_center);
    }
    for host in &config.hosts {
        HOSTS.put(state, &host.id, host);
    }
    let keys = config.validators.iter().map(|validator| validator.consensus).collect();
    VALIDATOR_SET.put(state, &ValidatorSet { epoch: Epoch(0), keys });
    VALIDATORS.put(state, &config.validators);
    OBSERVERS.put(state, &config.observers);
}

// Helpers.

/// The roles of an account.
#[must_use]
pub fn roles(state: &dyn StateRead, account: &AccountId) -> Roles {
    ROLES.get(state, account).unwrap_or_default()
}

/// The validator set in force.
#[must_use]
pub fn validator_set(state: &dyn StateRead) -> ValidatorSet {
    VALIDATOR_SET.get(state).expect("genesis sets the validators")
}

/// Passes an account that has the role.
pub(crate) fn ensure_role(state: &dyn StateRead, account: &AccountId, role: Role) -> Result<(), Error> {
    if roles(state, account).has(role) { Ok(()) } else { Err(Error::MissingRole) }
}

/// Passes the account that speaks for the host.
pub(crate) fn ensure_hypervisor(state: &dyn StateRead, account: &AccountId, host: &H256) -> Result<(), Error> {
    if speaks_for(state, account, host)? { Ok(()) } else { Err(Error::NotTheHypervisor) }
}

/// Whether the account speaks for the host.
pub(crate) fn speaks_for(state: &dyn StateRead, account: &AccountId, host: &H256) -> Result<bool, Error> {
    let host = HOSTS.get(state, host).ok_or(Error::UnknownHost)?;
    Ok(host.hypervisor == *account)
}
