//! `chains.append`, `chains.append_batch` and `chains.late`: what the agent of a server's host writes.
//!
//! Everything is checked before anything is written, so that a refused item of a batch leaves nothing behind.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EndReason, Event as LedgerEvent, EventKind};
use tierchain_primitives::ports::StateRead;

use super::writer::Place;
use super::{Error, Event, Parameters, SERVERS, Server, TENANT_SERVERS, Writer, WriterKey, parameters, seal};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::{self, HOSTS, Role, ensure_role, speaks_for};

/// Writes one event on a living chain.
///
/// - The signer is a hypervisor and speaks for the server's host, or for the host it is moving to.
/// - The event was written before (a repeat, which changes nothing), or has the writer's next number.
/// - The chain lives; the event is of a kind that writers append, in time, with a meter that doesn't run backwards.
pub(super) fn append(context: &mut Context<'_>, event: &LedgerEvent) -> Result<(), DispatchError> {
    ensure_role(&context.state, &context.signer, Role::Hypervisor)?;
    let parameters = parameters(&context.state);
    append_one(context, &parameters, event)
}

/// Writes the events in order, each by the rules of [`append`] and each for itself: one that fails is noted and stops
/// nobody else's. The call fails, with the first item's error, when not even one was written or a repeat.
pub(super) fn append_batch(context: &mut Context<'_>, events: &[LedgerEvent]) -> Result<(), DispatchError> {
    ensure_role(&context.state, &context.signer, Role::Hypervisor)?;
    let parameters = parameters(&context.state);
    let (mut accepted, mut first_error) = (false, None);
    for (index, event) in (0u32..).zip(events) {
        match append_one(context, &parameters, event) {
            Ok(()) => accepted = true,
            Err(error) => {
                let expected = expected(context, event);
                context.report(Event::ItemRefused { index, error: error.as_module(), expected });
                first_error = first_error.or(Some(error));
            }
        }
    }
    match first_error {
        Some(error) if !accepted => Err(error),
        _ => Ok(()),
    }
}

/// Counts an event that comes after its server's end, by the rules of [`append`]: it makes no block, and the sealed
/// chain stays as it is.
pub(super) fn late(context: &mut Context<'_>, event: &LedgerEvent) -> Result<(), DispatchError> {
    ensure_role(&context.state, &context.signer, Role::Hypervisor)?;
    let parameters = parameters(&context.state);
    let Some(mut item) = admit(context, &parameters, event)? else { return Ok(()) };
    if item.server.end.is_none() {
        return Err(Error::ChainAlive.into());
    }
    item.server.late = item.server.late.saturating_add(1);
    item.writer.note(&mut context.state, &item.key, event, None);
    SERVERS.put(&mut context.state, &event.server, &item.server);
    context.report(Event::LateEventNoted { server: event.server, late: item.server.late });
    Ok(())
}

/// An event that may be written, with the records that it changes.
struct Item {
    server: Server,
    key: WriterKey,
    writer: Writer,
}

fn append_one(context: &mut Context<'_>, parameters: &Parameters, event: &LedgerEvent) -> Result<(), DispatchError> {
    let Some(mut item) = admit(context, parameters, event)? else { return Ok(()) };
    if item.server.end.is_some() {
        return Err(Error::ChainEnded.into());
    }
    ensure_move(context, &item.server, event)?;
    if let Some(meter) = &event.meter {
        item.server.ensure_meter(meter)?;
    }
    let block = seal(context, &item.server, event, parameters);
    item.server.take(&block)?;

    item.writer.note(&mut context.state, &item.key, event, Some(block.number));
    SERVERS.put(&mut context.state, &event.server, &item.server);
    close_entry(context, &item.server);
    report_block(context, event, &item.server, block.number);
    context.entity_blocks.push(block);
    Ok(())
}

/// What holds for an event whether its chain lives or has ended; none for a repeat, which is reported here.
///
/// A repeat passes before anything else is asked: a writer that sends again what is on the ledger hears so, even if
/// the server has moved away or ended since.
fn admit(
    context: &mut Context<'_>,
    parameters: &Parameters,
    event: &LedgerEvent,
) -> Result<Option<Item>, DispatchError> {
    let server = SERVERS.get(&context.state, &event.server).ok_or(Error::NotBorn)?;
    let key = WriterKey::new(&event.server, server.numbered_from, context.signer);
    let writer = Writer::load(&context.state, &key);
    let place = writer.place(&context.state, &key, event);
    if let Place::Repeat { block } = place {
        context.report(Event::RepeatIgnored { server: event.server, number: Some(event.number), block });
        return Ok(None);
    }
    ensure_writer(context, &server)?;
    match place {
        Place::Conflict => return Err(Error::SequenceConflict.into()),
        Place::Gap => return Err(Error::SequenceGap.into()),
        Place::Next | Place::Repeat { .. } => {}
    }
    ensure_kind(event)?;
    parameters.ensure_time(context.block, event.precision, event.occurred_at)?;
    if event.occurred_at < server.born {
        return Err(Error::TimeBeforeBirth.into());
    }
    if event.occurred_at < writer.last_at {
        return Err(Error::TimeWentBack.into());
    }
    Ok(Some(Item { server, key, writer }))
}

/// Passes who speaks for the server's host, or for the host it is moving to.
fn ensure_writer(context: &Context<'_>, server: &Server) -> Result<(), registry::Error> {
    let speaks = |host: &H256| speaks_for(&context.state, &context.signer, host);
    if speaks(&server.host)? {
        return Ok(());
    }
    match &server.moving_to {
        Some(host) if speaks(host)? => Ok(()),
        _ => Err(registry::Error::NotTheHypervisor),
    }
}

/// Passes an event that a writer may append at all.
fn ensure_kind(event: &LedgerEvent) -> Result<(), Error> {
    match event.event {
        EventKind::Born { .. } | EventKind::Ended { reason: EndReason::Orphaned } => Err(Error::EventNotAllowed),
        _ if !event.detail.is_within_limit() => Err(Error::DetailTooLong),
        _ => Ok(()),
    }
}

/// Passes a move that fits: out of the writer's own host to a known one, into the one that was named.
fn ensure_move(context: &Context<'_>, server: &Server, event: &LedgerEvent) -> Result<(), DispatchError> {
    let (state, signer) = (&context.state, &context.signer);
    match &event.event {
        EventKind::MovedOut { to } => {
            registry::ensure_hypervisor(state, signer, &server.host)?;
            if HOSTS.has(state, to) { Ok(()) } else { Err(registry::Error::UnknownHost.into()) }
        }
        EventKind::MovedIn { from } => match &server.moving_to {
            Some(to) if *from == server.host => Ok(registry::ensure_hypervisor(state, signer, to)?),
            _ => Err(Error::NotMoving.into()),
        },
        _ => Ok(()),
    }
}

/// Enters an end into the tenant's list.
fn close_entry(context: &mut Context<'_>, server: &Server) {
    let Some(end) = server.end else { return };
    let place = (server.ownership.tenant, server.tenant_index);
    let mut entry = TENANT_SERVERS.get(&context.state, &place).expect("every server stands in its tenant's list");
    entry.ended = Some(end.at);
    TENANT_SERVERS.put(&mut context.state, &place, &entry);
}

fn report_block(context: &mut Context<'_>, event: &LedgerEvent, server: &Server, number: u32) {
    let (id, chain, hash) = (event.server, server.chain, server.head);
    context.report(match event.event {
        EventKind::Ended { reason } => Event::Ended { server: id, chain, number, hash, reason },
        _ => Event::BlockMade { server: id, chain, number, hash, state: server.state },
    });
}

/// The writer's next number for the server of an event; 0 where there is no such server.
fn expected(context: &Context<'_>, event: &LedgerEvent) -> u64 {
    let state: &dyn StateRead = &context.state;
    let Some(server) = SERVERS.get(state, &event.server) else { return 0 };
    Writer::load(state, &WriterKey::new(&event.server, server.numbered_from, context.signer)).next
}
