//! What RPC and agents ask of the state. Everything reads through [`StateRead`], so any retained block can answer.

mod directives;
mod ledger;
mod parties;

use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

pub use self::directives::{
    directive, directive_change_count, directive_changes, directive_count, directive_named, directives, directives_open,
};
pub use self::ledger::*;
pub use self::parties::{
    Granters, Grants, data_center, data_center_count, data_centers, granters, grants, host, host_count, hosts,
    provider, provider_count, providers, tenant, trail, trail_count,
};
use crate::chains::{self, Server, TenantEntry, Writer, WriterKey};
use crate::meta::{self, MetaChain};

/// A life of a server with its id: the newest one unless a generation is named.
#[must_use]
pub fn server(state: &dyn StateRead, uuid: Uuid, generation: Option<u32>) -> Option<(ServerId, Server)> {
    let id = match generation {
        Some(generation) => ServerId { uuid, generation },
        None => chains::newest(state, uuid)?,
    };
    Some((id, chains::SERVERS.get(state, &id)?))
}

/// How many lives a server has had, the present one included.
#[must_use]
pub fn generations(state: &dyn StateRead, uuid: Uuid) -> u32 {
    chains::GENERATIONS.get(state, &uuid).unwrap_or(0)
}

/// The number that the writer's next event of a server must have; none where the server has no such life.
#[must_use]
pub fn writer_next(state: &dyn StateRead, server: &ServerId, writer: &AccountId) -> Option<u64> {
    let numbered_from = chains::SERVERS.get(state, server)?.numbered_from;
    Some(writer_record(state, server, numbered_from, writer).next)
}

fn writer_record(state: &dyn StateRead, server: &ServerId, numbered_from: u32, writer: &AccountId) -> Writer {
    chains::WRITERS.get(state, &WriterKey::new(server, numbered_from, *writer)).unwrap_or_default()
}

/// How many lives there are in all.
#[must_use]
pub fn server_count(state: &dyn StateRead) -> u64 {
    chains::SERVER_COUNT.get(state).unwrap_or(0)
}

/// Lives in the order of their births: at most `limit`, from place `start` on.
#[must_use]
pub fn servers(state: &dyn StateRead, start: u64, limit: usize) -> Vec<ServerId> {
    page(start, server_count(state), limit).filter_map(|place| chains::SERVER_LIST.get(state, &place)).collect()
}

/// How many lives a tenant's servers have had.
#[must_use]
pub fn tenant_server_count(state: &dyn StateRead, tenant: &H256) -> u64 {
    chains::TENANT_SERVER_COUNT.get(state, tenant).unwrap_or(0)
}

/// A tenant's lives in the order of their births: at most `limit`, from place `start` on.
#[must_use]
pub fn tenant_servers(state: &dyn StateRead, tenant: &H256, start: u64, limit: usize) -> Vec<TenantEntry> {
    let places = page(start, tenant_server_count(state, tenant), limit);
    places.filter_map(|place| chains::TENANT_SERVERS.get(state, &(*tenant, place))).collect()
}

/// A meta-chain.
#[must_use]
pub fn meta(state: &dyn StateRead, id: &H256) -> Option<MetaChain> {
    meta::META_CHAINS.get(state, id)
}

/// How many meta-chains there are.
#[must_use]
pub fn meta_count(state: &dyn StateRead) -> u64 {
    meta::META_COUNT.get(state).unwrap_or(0)
}

/// Meta-chains in the order of their first blocks: at most `limit`, from place `start` on.
#[must_use]
pub fn meta_list(state: &dyn StateRead, start: u64, limit: usize) -> Vec<H256> {
    page(start, meta_count(state), limit).filter_map(|place| meta::META_LIST.get(state, &place)).collect()
}

/// The places of one page of a list with `count` entries.
fn page(start: u64, count: u64, limit: usize) -> std::ops::Range<u64> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    start..count.min(start.saturating_add(limit))
}
