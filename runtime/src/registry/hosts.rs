//! Data centers and hosts: where things stand, and who speaks for them.
//!
//! What an auditor concludes from a host is where it stands, so that never changes: a host stays in its data center, and
//! a data center in the region that it was given. One account speaks for hosts of one data center only.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::{
    DATA_CENTER_COUNT, DATA_CENTER_LIST, DATA_CENTERS, DataCenter, Error, HOST_COUNT, HOST_LIST, HOSTS, HYPERVISORS,
    Host, Role, enlist, ensure_role,
};
use crate::storage::Overlay;

/// Most hosts that one account speaks for: handing them to another key is one call.
pub const HYPERVISOR_HOSTS_MAX: usize = 256;

/// What an account speaks for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Hypervisor {
    /// The data center in which all its hosts stand.
    pub data_center: H256,
    /// Its hosts, at most [`HYPERVISOR_HOSTS_MAX`].
    pub hosts: Vec<H256>,
}

/// Passes a data center that can be registered, or described anew.
pub(super) fn check_data_center(state: &dyn StateRead, new: &DataCenter) -> Result<(), Error> {
    let is_shown = |text: &str| !text.chars().any(char::is_control);
    if new.name.trim().is_empty() || !is_shown(&new.name) || !is_shown(&new.region) {
        return Err(Error::BadName);
    }
    match DATA_CENTERS.get(state, &new.id) {
        Some(known) if !known.region.is_empty() && known.region != new.region => Err(Error::RegionFixed),
        _ => Ok(()),
    }
}

/// Passes a host that can be registered, or described anew.
pub(super) fn check_host(state: &dyn StateRead, new: &Host) -> Result<(), Error> {
    if !DATA_CENTERS.has(state, &new.data_center) {
        return Err(Error::UnknownDataCenter);
    }
    let known = HOSTS.get(state, &new.id);
    if known.as_ref().is_some_and(|known| known.data_center != new.data_center) {
        return Err(Error::HostFixed);
    }
    ensure_role(state, &new.hypervisor, Role::Hypervisor)?;
    match HYPERVISORS.get(state, &new.hypervisor) {
        Some(speaks) if speaks.data_center != new.data_center => Err(Error::OtherDataCenter),
        Some(speaks) if speaks.hosts.len() >= HYPERVISOR_HOSTS_MAX && !speaks.hosts.contains(&new.id) => {
            Err(Error::TooManyHosts)
        }
        _ => Ok(()),
    }
}

/// Writes a data center down.
pub(super) fn put_data_center(state: &mut Overlay<'_>, data_center: &DataCenter) {
    if !DATA_CENTERS.has(state, &data_center.id) {
        enlist(state, &DATA_CENTER_COUNT, &DATA_CENTER_LIST, &data_center.id);
    }
    DATA_CENTERS.put(state, &data_center.id, data_center);
}

/// Writes a host down and who speaks for it.
pub(super) fn put_host(state: &mut Overlay<'_>, host: &Host) {
    match HOSTS.get(state, &host.id) {
        None => drop(enlist(state, &HOST_COUNT, &HOST_LIST, &host.id)),
        Some(known) if known.hypervisor != host.hypervisor => silence(state, &known.hypervisor, &host.id),
        Some(_) => {}
    }
    HOSTS.put(state, &host.id, host);
    let nothing = Hypervisor { data_center: host.data_center, hosts: Vec::new() };
    let mut speaks = HYPERVISORS.get(state, &host.hypervisor).unwrap_or(nothing);
    if !speaks.hosts.contains(&host.id) {
        speaks.hosts.push(host.id);
        HYPERVISORS.put(state, &host.hypervisor, &speaks);
    }
}

/// Why an account that doesn't speak for a host is refused.
pub(super) fn stranger(state: &dyn StateRead, account: &AccountId, host: &Host) -> Error {
    match HYPERVISORS.get(state, account) {
        Some(speaks) if speaks.data_center != host.data_center => Error::OtherDataCenter,
        _ => Error::NotTheHypervisor,
    }
}

/// Hands all hosts of one account to another, which has none.
pub(super) fn hand_over(state: &mut Overlay<'_>, from: &AccountId, to: &AccountId) {
    let Some(speaks) = HYPERVISORS.get(state, from) else { return };
    for id in &speaks.hosts {
        if let Some(host) = HOSTS.get(state, id) {
            HOSTS.put(state, id, &Host { hypervisor: *to, ..host });
        }
    }
    HYPERVISORS.remove(state, from);
    HYPERVISORS.put(state, to, &speaks);
}

/// An account doesn't speak for a host any more; one that is left with none may begin in another data center.
fn silence(state: &mut Overlay<'_>, account: &AccountId, host: &H256) {
    let Some(mut speaks) = HYPERVISORS.get(state, account) else { return };
    speaks.hosts.retain(|known| known != host);
    if speaks.hosts.is_empty() {
        HYPERVISORS.remove(state, account);
    } else {
        HYPERVISORS.put(state, account, &speaks);
    }
}
