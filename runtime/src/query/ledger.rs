//! Questions about what stands beside chains: announcements, images, notes, witnesses, attestations, promises.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;

use super::page;
use crate::chains::{
    self, Announced, Attested, Committed, DiscrepancyKind, Gap, Note, Server, Statement, last_sign, parameters,
};
use crate::foundry::{self, Image};
use crate::meta;

/// The announcements that wait for a server's birth, in the order in which they came: at most one of each account.
#[must_use]
pub fn announcements(state: &dyn StateRead, server: &ServerId) -> Vec<Announced> {
    chains::ANNOUNCEMENTS.get(state, server).unwrap_or_default()
}

/// An image of a provider's catalog.
#[must_use]
pub fn image(state: &dyn StateRead, provider: &H256, image: &H256) -> Option<Image> {
    foundry::IMAGES.get(state, &(*provider, *image))
}

/// How many images a provider has approved, retired ones included.
#[must_use]
pub fn image_count(state: &dyn StateRead, provider: &H256) -> u64 {
    foundry::IMAGE_COUNT.get(state, provider).unwrap_or(0)
}

/// A provider's images in the order in which they were approved: at most `limit`, from place `start` on.
#[must_use]
pub fn images(state: &dyn StateRead, provider: &H256, start: u64, limit: usize) -> Vec<(H256, Image)> {
    let places = page(start, image_count(state, provider), limit);
    let listed = places.filter_map(|place| foundry::IMAGE_LIST.get(state, &(*provider, place)));
    listed.filter_map(|id| Some((id, image(state, provider, &id)?))).collect()
}

/// The notes beside a life's chain: at most `limit`, from number `start` on. [`Server::notes`] says how many there are.
#[must_use]
pub fn notes(state: &dyn StateRead, server: &ServerId, start: u32, limit: usize) -> Vec<Note> {
    let count = chains::SERVERS.get(state, server).map_or(0, |life| life.notes);
    let numbers = page(start.into(), count.into(), limit);
    let numbers = numbers.filter_map(|number| u32::try_from(number).ok());
    numbers.filter_map(|number| chains::NOTES.get(state, &(*server, number))).collect()
}

/// What the witness of a life says, where that differs from the chain.
#[must_use]
pub fn witnessed(state: &dyn StateRead, server: &ServerId) -> Option<Statement> {
    chains::WITNESSED.get(state, server)
}

/// Kind and number of a life's open discrepancies: at most one of a kind.
#[must_use]
pub fn open_discrepancies(state: &dyn StateRead, server: &ServerId) -> Vec<(DiscrepancyKind, u32)> {
    chains::DISPUTES.get(state, server).map(|dispute| dispute.open).unwrap_or_default()
}

/// How many lives have open discrepancies.
#[must_use]
pub fn disputed_count(state: &dyn StateRead) -> u64 {
    chains::DISPUTED_COUNT.get(state).unwrap_or(0)
}

/// The lives with open discrepancies, in no order: at most `limit`, from place `start` on.
#[must_use]
pub fn disputed(state: &dyn StateRead, start: u64, limit: usize) -> Vec<ServerId> {
    page(start, disputed_count(state), limit).filter_map(|place| chains::DISPUTED.get(state, &place)).collect()
}

/// Up to when a host was watched; none where nothing was ever attested.
#[must_use]
pub fn attested(state: &dyn StateRead, host: &H256) -> Option<Attested> {
    chains::ATTESTED.get(state, host)
}

/// When a host wasn't watched: at most `limit` gaps, from number `start` on. [`Attested::gaps`] says how many there are.
#[must_use]
pub fn gaps(state: &dyn StateRead, host: &H256, start: u32, limit: usize) -> Vec<Gap> {
    let count = attested(state, host).map_or(0, |attested| attested.gaps);
    let numbers = page(start.into(), count.into(), limit).filter_map(|number| u32::try_from(number).ok());
    numbers.filter_map(|number| chains::GAPS.get(state, &(*host, number))).collect()
}

/// What a host has promised to its living servers, as far as their resources are known.
#[must_use]
pub fn committed(state: &dyn StateRead, host: &H256) -> Committed {
    chains::COMMITTED.get(state, host).unwrap_or_default()
}

/// From when on a foundry may suspect a living server, as block time, if its host gives no sign of life.
#[must_use]
pub fn suspectable_at(state: &dyn StateRead, server: &Server) -> Millis {
    last_sign(state, server).saturating_add(parameters(state).bounds.silence_ms)
}

/// From when on a foundry may give a suspected server up, as block time; none where no suspicion stands.
#[must_use]
pub fn orphaned_at(state: &dyn StateRead, server: &Server) -> Option<Millis> {
    let suspicion = chains::standing(state, server)?;
    Some(suspicion.noted.saturating_add(parameters(state).bounds.silence_ms))
}

/// From when on a foundry may have an ended chain linked, as block time; none where it lives or is linked.
#[must_use]
pub fn anchorable_at(state: &dyn StateRead, server: &Server) -> Option<Millis> {
    let end = server.end.filter(|_| server.anchored.is_none())?;
    Some(end.noted.saturating_add(parameters(state).bounds.silence_ms))
}

/// How many meta-chains a provider's servers have.
#[must_use]
pub fn provider_meta_count(state: &dyn StateRead, provider: &H256) -> u64 {
    meta::PROVIDER_META_COUNT.get(state, provider).unwrap_or(0)
}

/// A provider's meta-chains in the order of their first blocks: at most `limit`, from place `start` on.
#[must_use]
pub fn provider_metas(state: &dyn StateRead, provider: &H256, start: u64, limit: usize) -> Vec<H256> {
    let places = page(start, provider_meta_count(state, provider), limit);
    places.filter_map(|place| meta::PROVIDER_METAS.get(state, &(*provider, place))).collect()
}

/// How many meta-chains a tenant's servers have.
#[must_use]
pub fn tenant_meta_count(state: &dyn StateRead, tenant: &H256) -> u64 {
    meta::TENANT_META_COUNT.get(state, tenant).unwrap_or(0)
}

/// A tenant's meta-chains in the order of their first blocks: at most `limit`, from place `start` on.
#[must_use]
pub fn tenant_metas(state: &dyn StateRead, tenant: &H256, start: u64, limit: usize) -> Vec<H256> {
    let places = page(start, tenant_meta_count(state, tenant), limit);
    places.filter_map(|place| meta::TENANT_METAS.get(state, &(*tenant, place))).collect()
}
