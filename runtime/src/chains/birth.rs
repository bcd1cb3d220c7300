//! `chains.birth`: a foundry sends a tracker's request, and every validator derives block 0 of a new chain.
//!
//! Three keys must agree: the hypervisor's announcement names the tracker, the tracker signed the request, the foundry
//! sends it. One stolen key invents nothing.

use tierchain_primitives::H256;
use tierchain_primitives::crypto::{Signature, verify_zip215};
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, DeclaredRelation, Detail, EndReason, Event as LedgerEvent, EventKind, Relation,
    ServerId, ServerState,
};

use super::announce::ensure_begins;
use super::capacity;
use super::server::{announcement_hash, birth_content};
use super::{
    ANNOUNCEMENTS, Announced, Error, Event, GENERATIONS, Parameters, SERVER_COUNT, SERVER_LIST, SERVERS, Server, Sums,
    TENANT_SERVER_COUNT, TENANT_SERVERS, TenantEntry, Writer, WriterKey, newest, parameters, seal,
};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::foundry::ensure_image;
use crate::registry::{Role, ensure_role};

/// Makes a birth block.
///
/// - The signer is a foundry.
/// - A birth whose content is on the ledger is a repeat; another one for a life that has begun is refused.
/// - The generation is the server's next one, and `previous` is the end hash of the newest life (none for the first).
/// - The server is announced, and an announced tracker's key signed this very request for this network.
/// - The announcement's provider has servers begin on that host, or the life goes on there.
/// - The image is in its provider's catalog, and not retired.
pub(super) fn birth(
    context: &mut Context<'_>,
    request: &BirthRequest,
    signature: &Signature,
) -> Result<(), DispatchError> {
    let server = request.server;
    ensure_role(&context.state, &context.signer, Role::Foundry)?;
    if is_repeat(context, request)? {
        context.report(Event::RepeatIgnored { server, number: None, block: Some(0) });
        return Ok(());
    }
    let predecessor = ensure_follows(context, request)?;
    let announced = ANNOUNCEMENTS.get(&context.state, &server).ok_or(Error::NotAnnounced)?;
    let parameters = parameters(&context.state);
    parameters.ensure_time(context.block, request.precision, request.occurred_at)?;
    // Each announcement has another tracker, so the signature says which is meant. Those that mislead were paid for by
    // who sent them.
    let signed = request.signed_bytes(&context.block.genesis);
    let is_meant = |known: &Announced| verify_zip215(&known.announcement.tracker, &signed, signature);
    let announced = announced.into_iter().find(is_meant).ok_or(Error::BadTrackerSignature)?.announcement;
    ensure_begins(&context.state, &announced, predecessor.as_ref())?;
    ensure_image(&context.state, &announced.ownership.provider, &announced.image, parameters.unknown_images)?;
    found(context, &parameters, request, announced, predecessor.as_ref());
    Ok(())
}

/// Whether the birth is on the ledger; refused where the life began otherwise.
fn is_repeat(context: &Context<'_>, request: &BirthRequest) -> Result<bool, Error> {
    match SERVERS.get(&context.state, &request.server) {
        Some(born) if born.is_born_of(request) => Ok(true),
        Some(_) => Err(Error::AlreadyBorn),
        None => Ok(false),
    }
}

/// The life that the birth follows, if it isn't the server's first.
fn ensure_follows(context: &Context<'_>, request: &BirthRequest) -> Result<Option<Server>, Error> {
    let server = request.server;
    let Some(newest) = newest(&context.state, server.uuid) else {
        return match (server.generation, request.previous) {
            (0, None) => Ok(None),
            (0, Some(_)) => Err(Error::UnknownPrevious),
            _ => Err(Error::WrongGeneration),
        };
    };
    let predecessor = SERVERS.get(&context.state, &newest).expect("a generation that counts has a record");
    let previous = request.previous.ok_or(Error::AlreadyBorn)?;
    // The last generation of all is refused too, so that lives can always be counted.
    if Some(server.generation) != newest.generation.checked_add(1) || server.generation == u32::MAX {
        return Err(Error::WrongGeneration);
    }
    match predecessor.end {
        None => Err(Error::PreviousAlive),
        Some(end) if end.hash != previous => Err(Error::UnknownPrevious),
        Some(end) if request.occurred_at < end.at => Err(Error::TimeBeforeBirth),
        Some(_) => Ok(Some(predecessor)),
    }
}

/// Makes block 0, the server's record and its places in the lists.
fn found(
    context: &mut Context<'_>,
    parameters: &Parameters,
    request: &BirthRequest,
    announcement: Announcement,
    predecessor: Option<&Server>,
) {
    let id = request.server;
    let rolled_over = predecessor.filter(|life| life.end.is_some_and(|end| end.reason == EndReason::Rollover));
    let numbered_from = rolled_over.map_or(id.generation, |life| life.numbered_from);
    let key = WriterKey::new(&id, numbered_from, context.signer);
    let writer = Writer::load(&context.state, &key);
    let tenant_index = list(context, id, &announcement.ownership.tenant, request);
    let mut server = unborn(context, request, &announcement, numbered_from, tenant_index);
    let event = born_event(request, announcement, writer.next);
    let block = seal(context, &server, context.signer, &event, parameters);
    server.take(&block).expect("a chain without blocks isn't full");
    server.birth_hash = block.hash;

    writer.note(&mut context.state, &key, &event, Some(0));
    capacity::settle(context, id, None, &mut server);
    SERVERS.put(&mut context.state, &id, &server);
    ANNOUNCEMENTS.remove(&mut context.state, &id);
    context.report(Event::Born { server: id, chain: server.chain, hash: block.hash });
    context.entity_blocks.push(block);
}

/// The record that block 0 is sealed on.
fn unborn(
    context: &Context<'_>,
    request: &BirthRequest,
    announcement: &Announcement,
    numbered_from: u32,
    tenant_index: u64,
) -> Server {
    Server {
        chain: request.server.chain(&context.block.genesis),
        ownership: announcement.ownership,
        host: announcement.host,
        moving_to: None,
        moved_at: None,
        tracker: announcement.tracker,
        relations: announcement.relations.iter().map(|declared| relation(context, declared)).collect(),
        resources: announcement.resources,
        state: ServerState::Stopped,
        state_since: request.occurred_at,
        seen: context.block.timestamp,
        suspected: None,
        head: H256::ZERO,
        length: 0,
        birth_hash: H256::ZERO,
        born: request.occurred_at,
        last_at: request.occurred_at,
        usage: Sums::default(),
        late: 0,
        notes: 0,
        end: None,
        anchored: None,
        numbered_from,
        tenant_index,
        announcement: announcement_hash(announcement),
        birth_content: birth_content(request),
    }
}

/// A declared relation as chains have them.
fn relation(context: &Context<'_>, declared: &DeclaredRelation) -> Relation {
    Relation { kind: declared.kind, chain: declared.server.chain(&context.block.genesis) }
}

/// The event of block 0: the birth is a number of its foundry's.
fn born_event(request: &BirthRequest, announcement: Announcement, number: u64) -> LedgerEvent {
    LedgerEvent {
        server: request.server,
        number,
        occurred_at: request.occurred_at,
        precision: request.precision,
        event: EventKind::Born { announcement, previous: request.previous },
        meter: None,
        evidence: request.evidence,
        detail: Detail::default(),
    }
}

/// Enters the life into the lists and says which place its tenant's list gave it.
fn list(context: &mut Context<'_>, id: ServerId, tenant: &H256, request: &BirthRequest) -> u64 {
    let state = &mut context.state;
    let lives = id.generation.checked_add(1).expect("the last generation of all is refused");
    GENERATIONS.put(state, &id.uuid, &lives);
    let count = SERVER_COUNT.get(state).unwrap_or(0);
    SERVER_LIST.put(state, &count, &id);
    SERVER_COUNT.put(state, &(count + 1));
    let place = TENANT_SERVER_COUNT.get(state, tenant).unwrap_or(0);
    let entry = TenantEntry { server: id, born: request.occurred_at, ended: None };
    TENANT_SERVERS.put(state, &(*tenant, place), &entry);
    TENANT_SERVER_COUNT.put(state, tenant, &(place + 1));
    place
}
