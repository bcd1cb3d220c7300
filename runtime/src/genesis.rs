//! Genesis: the data a network starts from, what can be wrong with it, and the state it makes.

mod config;
mod problem;

use std::collections::BTreeMap;

use tierchain_primitives::AccountId;

pub use self::config::{BLOCK_NONCE_BITS, DRIFT_BOUND_US, GenesisConfig, LedgerBounds};
pub(crate) use self::config::{ENTRIES_MAX, NAME_BYTES_MAX, PEER_ID_BYTES_MAX};
pub use self::problem::GenesisProblem;
use crate::registry::{Role, Roles};
use crate::storage::Overlay;
use crate::{chains, registry, system, timestamp};

impl GenesisConfig {
    /// Every account that the genesis admits, with its roles: the listed ones, and the validators' operators and
    /// consensus keys, which have their roles without being told so.
    #[must_use]
    pub fn accounts_with_roles(&self) -> BTreeMap<AccountId, Roles> {
        let listed = self.accounts.iter().copied();
        let (operator, voter) = (Roles::NONE.with(Role::Operator), Roles::NONE.with(Role::Validator));
        let operators = self.validators.iter().map(|validator| (validator.operator, operator));
        let provider = Roles::NONE.with(Role::Provider);
        let providers = self.providers.iter().map(|(_, account)| (*account, provider));
        let voters = self.validators.iter().map(|validator| (validator.consensus, voter));
        let mut accounts: BTreeMap<AccountId, Roles> = BTreeMap::new();
        for (account, roles) in listed.chain(operators).chain(voters).chain(providers) {
            let entry = accounts.entry(account).or_default();
            *entry = entry.union(roles);
        }
        accounts
    }
}

/// The state of block 0, sorted by key. Whether the configuration makes sense is for [`GenesisConfig::check`] to say.
#[must_use]
pub fn genesis_state(config: &GenesisConfig) -> Vec<(Vec<u8>, Vec<u8>)> {
    let nothing = BTreeMap::new();
    let mut state = Overlay::new(&nothing);
    system::genesis(&mut state, config.accounts_with_roles().into_keys());
    timestamp::set(&mut state, config.time);
    registry::genesis(&mut state, config);
    chains::genesis(&mut state, config);
    state.into_changes().into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}
