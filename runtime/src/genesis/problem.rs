//! What can be wrong with a genesis, each in a sentence with its remedy.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::limits::{BLOCK_NONCE_BITS_MAX, VALIDATORS_MAX};
use tierchain_primitives::{AccountId, H256};

use super::{ENTRIES_MAX, GenesisConfig, LedgerBounds, NAME_BYTES_MAX, PEER_ID_BYTES_MAX};
use crate::registry::{ADDRESSES_MAX, HYPERVISOR_HOSTS_MAX, Role, VALIDATORS_MIN, Validator, is_address};

/// Something wrong with a genesis, or worth a warning.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum GenesisProblem {
    /// Too few validators to survive a fault.
    #[error("there are {0} validators; list at least 4 (PBFT survives one fault from 4 on), or set dev and list 1")]
    TooFewValidators(usize),
    /// More validators than a set may have.
    #[error("there are {0} validators; list at most {VALIDATORS_MAX}")]
    TooManyValidators(usize),
    /// Two validators would vote with one key.
    #[error("validators {0:?} and {1:?} have the same consensus key {2}; give each its own (tierchain key generate)")]
    DuplicateConsensusKey(String, String, AccountId),
    /// Two validators would have one network identity.
    #[error("validators {0:?} and {1:?} have the same peer id; give each a libp2p identity of its own")]
    DuplicatePeerId(String, String),
    /// Two validators have one operator.
    #[error("validators {0:?} and {1:?} have the same operator {2}; give each an operator account of its own")]
    DuplicateOperator(String, String, AccountId),
    /// Two validators have one name.
    #[error("two validators are named {0:?}; give each a name of its own")]
    DuplicateName(String),
    /// A peer id that can't be one.
    #[error("the peer id of {0} has {1} bytes; a libp2p peer id has 1 to {PEER_ID_BYTES_MAX}")]
    PeerId(String, usize),
    /// An address that can't be one, or too many of them.
    #[error(
        "validator {0:?} has an address that isn't one, or more than {ADDRESSES_MAX}: write multiaddresses such as \
         /ip4/192.0.2.7/tcp/10044"
    )]
    Addresses(String),
    /// An observer that is listed twice or is a validator.
    #[error("observer {0} (counted from 0) has the peer id of a validator or of another observer; list each node once")]
    DuplicateObserver(usize),
    /// Block nonces that would cost too much.
    #[error("block nonces of {0} bits are asked for; at most {BLOCK_NONCE_BITS_MAX} are allowed (4 are usual)")]
    BlockNonceBits(u8),
    /// A name that is missing or too long.
    #[error("the {0} has {1} bytes; it needs 1 to {NAME_BYTES_MAX}")]
    Name(&'static str, usize),
    /// No time.
    #[error("the time is 0; set the network's time of birth in milliseconds since 1970")]
    NoTime,
    /// A list that is too long.
    #[error("there are {1} {0}; list at most {ENTRIES_MAX}")]
    TooMany(&'static str, usize),
    /// An account that is listed twice.
    #[error("account {0} is listed twice; list it once with all its roles")]
    DuplicateAccount(AccountId),
    /// A data center that is listed twice.
    #[error("data center {0} is listed twice; list it once")]
    DuplicateDataCenter(H256),
    /// A host that is listed twice.
    #[error("host {0} is listed twice; list it once")]
    DuplicateHost(H256),
    /// A host that stands nowhere.
    #[error("host {host} stands in data center {data_center}, which isn't listed; list it or correct the host")]
    UnknownDataCenter {
        /// The host.
        host: H256,
        /// What it names.
        data_center: H256,
    },
    /// A host whose agent couldn't write anything.
    #[error("the agent {hypervisor} of host {host} lacks the role hypervisor; list the account with that role")]
    NoHypervisor {
        /// The host.
        host: H256,
        /// Its agent's account.
        hypervisor: AccountId,
    },
    /// A provider that is listed twice.
    #[error("provider {0} is listed twice; list it once")]
    DuplicateProvider(H256),
    /// An account that would act for two providers.
    #[error("account {0} is the account of two providers; give each an account of its own")]
    ActsTwice(AccountId),
    /// A consensus key that would do something else as well.
    #[error("account {0} is a validator's consensus key and a provider's account; give the provider one of its own")]
    ProviderVotes(AccountId),
    /// A role that is held for somebody, and nobody is named.
    #[error(
        "account {0} has the role {1} but for nobody, so it can do nothing with it; list a provider's account under \
         providers, and let the provider admit its tenants and appoint its orchestrators"
    )]
    RoleForNobody(AccountId, Role),
    /// An account that would speak for hosts in two places.
    #[error(
        "account {hypervisor} speaks for host {host} and for hosts of another data center; give the agents of each data          center accounts of their own"
    )]
    OtherDataCenter {
        /// The account.
        hypervisor: AccountId,
        /// The host.
        host: H256,
    },
    /// An account with too many hosts.
    #[error("account {0} speaks for {1} hosts; list at most {HYPERVISOR_HOSTS_MAX} for one account")]
    TooManyHosts(AccountId, usize),
    /// A quota that nobody could ever live with.
    #[error("the quota's rate is 0, so that an account that used it up could never do anything again; set at least 1")]
    NoRate,
    /// A bound that has passed at once.
    #[error("the bound {0} is 0 milliseconds, so that everything would be too late; set some seconds at least")]
    NoBound(&'static str),
    /// Servers without known images are born: a warning.
    #[error(
        "unknown_images is on: servers are born whose image their source doesn't know; leave it on for recordings and          test networks only"
    )]
    UnknownImages,
    /// Recordings are admitted: a warning.
    #[error("allow_replay is on: events of recordings are admitted; leave it on for demos and test networks only")]
    ReplayAllowed,
}

impl GenesisProblem {
    /// Whether a network may start in spite of it.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::ReplayAllowed | Self::UnknownImages | Self::RoleForNobody(..))
    }
}

impl GenesisConfig {
    /// Everything that is wrong with this genesis or worth a warning; empty when it is fine.
    #[must_use]
    pub fn check(&self) -> Vec<GenesisProblem> {
        let mut problems = Vec::new();
        self.check_settings(&mut problems);
        self.check_validators(&mut problems);
        self.check_observers(&mut problems);
        self.check_accounts(&mut problems);
        self.check_hosts(&mut problems);
        self.check_providers(&mut problems);
        problems
    }

    fn check_settings(&self, problems: &mut Vec<GenesisProblem>) {
        for (what, name) in [("network's name", &self.name), ("network's id", &self.id)] {
            check_name(what, name, problems);
        }
        if self.time == 0 {
            problems.push(GenesisProblem::NoTime);
        }
        if self.block_nonce_bits > BLOCK_NONCE_BITS_MAX {
            problems.push(GenesisProblem::BlockNonceBits(self.block_nonce_bits));
        }
        if self.allow_replay {
            problems.push(GenesisProblem::ReplayAllowed);
        }
        if self.unknown_images {
            problems.push(GenesisProblem::UnknownImages);
        }
        if !self.quota.is_sound() {
            problems.push(GenesisProblem::NoRate);
        }
        let LedgerBounds { silence_ms, witness_ms, move_ms } = self.bounds;
        let bounds = [("silence_ms", silence_ms), ("witness_ms", witness_ms), ("move_ms", move_ms)];
        problems.extend(bounds.into_iter().filter(|(_, ms)| *ms == 0).map(|(name, _)| GenesisProblem::NoBound(name)));
        let lists = [
            ("observers", self.observers.len()),
            ("accounts", self.accounts.len()),
            ("data centers", self.data_centers.len()),
            ("hosts", self.hosts.len()),
            ("providers", self.providers.len()),
        ];
        let long = lists.into_iter().filter(|(_, length)| *length > ENTRIES_MAX);
        problems.extend(long.map(|(what, length)| GenesisProblem::TooMany(what, length)));
    }

    fn check_validators(&self, problems: &mut Vec<GenesisProblem>) {
        let count = self.validators.len();
        match count {
            1 if self.dev => {}
            0..VALIDATORS_MIN => problems.push(GenesisProblem::TooFewValidators(count)),
            _ if count > VALIDATORS_MAX => problems.push(GenesisProblem::TooManyValidators(count)),
            _ => {}
        }
        for (at, validator) in self.validators.iter().enumerate() {
            check_name("validator's name", &validator.name, problems);
            check_peer_id(&format!("validator {:?}", validator.name), &validator.peer_id, problems);
            check_addresses(validator, problems);
            for earlier in &self.validators[..at] {
                let names = || (earlier.name.clone(), validator.name.clone());
                if earlier.consensus == validator.consensus {
                    let (one, other) = names();
                    problems.push(GenesisProblem::DuplicateConsensusKey(one, other, validator.consensus));
                }
                if earlier.peer_id == validator.peer_id {
                    let (one, other) = names();
                    problems.push(GenesisProblem::DuplicatePeerId(one, other));
                }
                if earlier.operator == validator.operator {
                    let (one, other) = names();
                    problems.push(GenesisProblem::DuplicateOperator(one, other, validator.operator));
                }
                if earlier.name == validator.name {
                    problems.push(GenesisProblem::DuplicateName(validator.name.clone()));
                }
            }
        }
    }

    fn check_observers(&self, problems: &mut Vec<GenesisProblem>) {
        let mut seen: BTreeSet<&[u8]> = self.validators.iter().map(|known| known.peer_id.as_slice()).collect();
        for (at, peer_id) in self.observers.iter().enumerate() {
            check_peer_id(&format!("observer {at}"), peer_id, problems);
            if !seen.insert(peer_id) {
                problems.push(GenesisProblem::DuplicateObserver(at));
            }
        }
    }

    fn check_accounts(&self, problems: &mut Vec<GenesisProblem>) {
        let mut seen = BTreeSet::new();
        let twice = self.accounts.iter().filter(|(account, _)| !seen.insert(*account));
        problems.extend(twice.map(|(account, _)| GenesisProblem::DuplicateAccount(*account)));
    }

    fn check_providers(&self, problems: &mut Vec<GenesisProblem>) {
        let voters: BTreeSet<AccountId> = self.validators.iter().map(|validator| validator.consensus).collect();
        let (mut ids, mut accounts) = (BTreeSet::new(), BTreeSet::new());
        for (id, account) in &self.providers {
            if !ids.insert(*id) {
                problems.push(GenesisProblem::DuplicateProvider(*id));
            }
            if !accounts.insert(*account) {
                problems.push(GenesisProblem::ActsTwice(*account));
            }
            if voters.contains(account) {
                problems.push(GenesisProblem::ProviderVotes(*account));
            }
        }
        let bound = |account: &AccountId, role| role == Role::Provider && accounts.contains(account);
        for (account, roles) in &self.accounts {
            let for_somebody = [Role::Provider, Role::Tenant, Role::Orchestrator].into_iter();
            let idle = for_somebody.filter(|role| roles.has(*role) && !bound(account, *role));
            problems.extend(idle.map(|role| GenesisProblem::RoleForNobody(*account, role)));
        }
    }

    fn check_hosts(&self, problems: &mut Vec<GenesisProblem>) {
        let mut centers = BTreeSet::new();
        for center in &self.data_centers {
            check_name("data center's name", &center.name, problems);
            if !centers.insert(center.id) {
                problems.push(GenesisProblem::DuplicateDataCenter(center.id));
            }
        }
        let roles = self.accounts_with_roles();
        let mut seen = BTreeSet::new();
        let mut speaks: BTreeMap<AccountId, (H256, usize)> = BTreeMap::new();
        for host in &self.hosts {
            let (id, data_center, hypervisor) = (host.id, host.data_center, host.hypervisor);
            if !seen.insert(id) {
                problems.push(GenesisProblem::DuplicateHost(id));
            }
            if !centers.contains(&data_center) {
                problems.push(GenesisProblem::UnknownDataCenter { host: id, data_center });
            }
            if !roles.get(&hypervisor).is_some_and(|roles| roles.has(Role::Hypervisor)) {
                problems.push(GenesisProblem::NoHypervisor { host: id, hypervisor });
            }
            let (place, count) = speaks.entry(hypervisor).or_insert((data_center, 0));
            *count += 1;
            if *place != data_center {
                problems.push(GenesisProblem::OtherDataCenter { hypervisor, host: id });
            }
        }
        let crowded = speaks.into_iter().filter(|(_, (_, count))| *count > HYPERVISOR_HOSTS_MAX);
        problems.extend(crowded.map(|(account, (_, count))| GenesisProblem::TooManyHosts(account, count)));
    }
}

fn check_name(what: &'static str, name: &str, problems: &mut Vec<GenesisProblem>) {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        problems.push(GenesisProblem::Name(what, name.len()));
    }
}

fn check_peer_id(whose: &str, peer_id: &[u8], problems: &mut Vec<GenesisProblem>) {
    if peer_id.is_empty() || peer_id.len() > PEER_ID_BYTES_MAX {
        problems.push(GenesisProblem::PeerId(whose.to_owned(), peer_id.len()));
    }
}

fn check_addresses(validator: &Validator, problems: &mut Vec<GenesisProblem>) {
    let addresses = &validator.addresses;
    if addresses.len() > ADDRESSES_MAX || !addresses.iter().all(|address| is_address(address)) {
        problems.push(GenesisProblem::Addresses(validator.name.clone()));
    }
}
