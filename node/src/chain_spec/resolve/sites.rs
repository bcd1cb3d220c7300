//! Data centers, hosts and providers: from what the file says to what it means.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::ledger::{Identifier, Resources};
use tierchain_primitives::limits::{HOST_LABELS_MAX, IDENTIFIER_BYTES_MAX};
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::registry::{HYPERVISOR_HOSTS_MAX, Labels, Overcommit};
use tierchain_runtime::{DataCenter, Host, Role, Roles};

use super::{Resolver, identifier};
use crate::chain_spec::sites::{CapacityEntry, DataCenterEntry, HostEntry, OvercommitEntry, ProviderEntry};

impl Resolver {
    pub(super) fn data_centers(&mut self, entries: &[DataCenterEntry]) -> Vec<DataCenter> {
        self.bounded("genesis.dataCenters", entries.len());
        let mut seen = BTreeMap::new();
        for (at, entry) in entries.iter().enumerate() {
            let place = format!("genesis.dataCenters[{at}]");
            self.name(&place, entry.name());
            if !entry.region().is_empty() {
                self.name(&format!("{place}.region"), entry.region());
            }
            if let Some(first) = seen.insert(identifier(entry.id()), at) {
                self.problems
                    .error(place, format!("{} stands at dataCenters[{first}] already: remove one", entry.id()));
            }
        }
        let parsed = entries.iter().map(|entry| DataCenter {
            id: identifier(entry.id()),
            name: entry.name().to_owned(),
            region: entry.region().to_owned(),
        });
        parsed.collect()
    }

    pub(super) fn hosts(
        &mut self,
        entries: &[HostEntry],
        data_centers: &[DataCenter],
        accounts: &[(AccountId, Roles)],
    ) -> Vec<Host> {
        self.bounded("genesis.hosts", entries.len());
        let places: BTreeSet<H256> = data_centers.iter().map(|known| known.id).collect();
        let roles: BTreeMap<AccountId, Roles> = accounts.iter().copied().collect();
        let (mut seen, mut speaks) = (BTreeMap::new(), BTreeMap::new());
        let mut hosts = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let place = format!("genesis.hosts[{at}]");
            let (id, data_center) = (identifier(&entry.id), identifier(&entry.data_center));
            if let Some(first) = seen.insert(id, at) {
                self.problems.error(&place, format!("{} stands at hosts[{first}] already: remove one", entry.id));
            }
            if !places.contains(&data_center) {
                let message = format!("{} is no data center of this chain: add it to dataCenters", entry.data_center);
                self.problems.error(format!("{place}.dataCenter"), message);
            }
            let labels = self.labels(&format!("{place}.labels"), entry);
            let place = format!("{place}.agent");
            let Some(hypervisor) = self.parsed::<AccountId>(&place, &entry.agent) else { continue };
            if !roles.get(&hypervisor).is_some_and(|roles| roles.has(Role::Hypervisor)) {
                let message = format!("{hypervisor} could write nothing: give the account the role hypervisor");
                self.problems.error(&place, message);
            }
            self.speaks(&place, hypervisor, data_center, speaks.entry(hypervisor).or_insert((data_center, 0)));
            let declared = |capacity: CapacityEntry| Resources {
                vcpus: capacity.vcpus,
                memory_mib: capacity.memory_mib,
                disk_gib: capacity.disk_gib,
            };
            let capacity = entry.capacity.map(declared);
            let overcommit = entry.overcommit.map_or_else(Overcommit::default, overcommit);
            hosts.push(Host { id, data_center, hypervisor, capacity, overcommit, labels });
        }
        hosts
    }

    /// An account's hosts stand in one data center, and aren't too many.
    fn speaks(&mut self, place: &str, account: AccountId, data_center: H256, so_far: &mut (H256, usize)) {
        so_far.1 += 1;
        if so_far.0 != data_center {
            let message = format!(
                "{account} speaks for a host of another data center too: give the agents of each data center accounts \
                 of their own"
            );
            self.problems.error(place, message);
        }
        if so_far.1 == HYPERVISOR_HOSTS_MAX + 1 {
            let message = format!("{account} speaks for more than {HYPERVISOR_HOSTS_MAX} hosts: use further accounts");
            self.problems.error(place, message);
        }
    }

    fn labels(&mut self, place: &str, entry: &HostEntry) -> Labels {
        if entry.labels.len() > HOST_LABELS_MAX {
            self.problems.error(place, format!("{} are too many: at most {HOST_LABELS_MAX}", entry.labels.len()));
        }
        let mut labels = Vec::new();
        for (name, value) in &entry.labels {
            match (Identifier::new(name.as_bytes()), Identifier::new(value.as_bytes())) {
                (Some(name), Some(value)) => labels.push((name, value)),
                _ => {
                    let message = format!("{name:?} or its value is longer than {IDENTIFIER_BYTES_MAX} bytes");
                    self.problems.error(place, message);
                }
            }
        }
        Labels(labels)
    }

    pub(super) fn providers(
        &mut self,
        entries: &[ProviderEntry],
        accounts: &[(AccountId, Roles)],
    ) -> Vec<(H256, AccountId)> {
        self.bounded("genesis.providers", entries.len());
        let (mut ids, mut bound) = (BTreeMap::new(), BTreeMap::new());
        let mut providers = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let place = format!("genesis.providers[{at}]");
            let id = identifier(&entry.id);
            if let Some(first) = ids.insert(id, at) {
                self.problems.error(&place, format!("{} stands at providers[{first}] already: remove one", entry.id));
            }
            let Some(account) = self.parsed::<AccountId>(&format!("{place}.account"), &entry.account) else { continue };
            if let Some(first) = bound.insert(account, at) {
                let message = format!("{account} is the account of providers[{first}] too: give each its own");
                self.problems.error(format!("{place}.account"), message);
            }
            providers.push((id, account));
        }
        for (at, (account, roles)) in accounts.iter().enumerate() {
            if roles.has(Role::Provider) && !bound.contains_key(account) {
                let message = format!("{account} is a provider, but nobody's: list it under providers with an id");
                self.problems.warning(format!("genesis.accounts[{at}].roles"), message);
            }
        }
        providers
    }
}

fn overcommit(entry: OvercommitEntry) -> Overcommit {
    Overcommit { cpu_permille: entry.cpu_permille, memory_permille: entry.memory_permille }
}
