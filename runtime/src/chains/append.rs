//! `chains.append`, `chains.append_batch` and `chains.late`: what the agent of a server's host writes, and a foundry
//! where that host is silent.
//!
//! Everything is checked before anything is written, so that a refused item of a batch leaves nothing behind.

use tierchain_primitives::ledger::{Event as LedgerEvent, EventKind, ServerId};
use tierchain_primitives::limits::BATCH_EVENTS_MAX;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::capacity::{self, Held};
use super::server::is_foundrys;
use super::silence::ensure_silent;
use super::writer::Place;
use super::{Error, Event, Parameters, SERVERS, Server, TENANT_SERVERS, Writer, WriterKey, parameters, seal};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::{self, HOSTS, Role, ensure_role, speaks_for};

/// Writes one event on a living chain.
///
/// - The signer is a hypervisor and speaks for the server's host; if the server is on its way to the signer's host, its
///   arrival alone may be written. What a foundry appends, a foundry signs.
/// - The event was written before (a repeat, which changes nothing), or has the writer's next number.
/// - The chain lives; the event is of a kind that writers append, in time, with a meter that neither runs backwards nor
///   faster than the server's vCPUs.
pub(super) fn append(context: &mut Context<'_>, event: &LedgerEvent) -> Result<(), DispatchError> {
    let author = Author::of(context);
    append_one(context, &author, event)
}

/// Writes the events in order, each by the rules of [`append`] and each for itself: one that fails is noted and stops
/// nobody else's. The call fails, with the first item's error, when not even one was written or a repeat.
pub(super) fn append_batch(context: &mut Context<'_>, events: &[LedgerEvent]) -> Result<(), DispatchError> {
    if events.len() > BATCH_EVENTS_MAX {
        return Err(Error::BatchTooLong.into());
    }
    let author = Author::of(context);
    each(context, events, |context, event| {
        append_one(context, &author, event).map_err(|error| (error, expected(context, event)))
    })
}

/// Handles the items of a batch, each for itself: a refusal comes with the number that its writer should have sent.
pub(super) fn each<T>(
    context: &mut Context<'_>,
    items: &[T],
    handle: impl Fn(&mut Context<'_>, &T) -> Result<(), (DispatchError, u64)>,
) -> Result<(), DispatchError> {
    let (mut accepted, mut first_error) = (false, None);
    for (index, item) in (0u32..).zip(items) {
        match handle(context, item) {
            Ok(()) => accepted = true,
            Err((error, expected)) => {
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
/// chain stays as it is. A foundry has nothing to say any more.
pub(super) fn late(context: &mut Context<'_>, event: &LedgerEvent) -> Result<(), DispatchError> {
    let author = Author::of(context);
    author.hypervisor?;
    if is_foundrys(&event.event) {
        return Err(Error::EventNotAllowed.into());
    }
    let Some(mut item) = admit(context, &author.parameters, event)? else { return Ok(()) };
    if item.server.end.is_none() {
        return Err(Error::ChainAlive.into());
    }
    item.server.late = item.server.late.saturating_add(1);
    item.writer.note(&mut context.state, &item.key, event, None);
    SERVERS.put(&mut context.state, &event.server, &item.server);
    context.report(Event::LateEventNoted { server: event.server, late: item.server.late });
    Ok(())
}

/// What is read once for all items of a batch.
struct Author {
    parameters: Parameters,
    /// Whether the signer is a hypervisor.
    hypervisor: Result<(), registry::Error>,
}

impl Author {
    fn of(context: &Context<'_>) -> Self {
        let hypervisor = ensure_role(&context.state, &context.signer, Role::Hypervisor);
        Self { parameters: parameters(&context.state), hypervisor }
    }
}

/// An event that may be written, with the records that it changes.
pub(super) struct Item {
    pub(super) server: Server,
    pub(super) key: WriterKey,
    pub(super) writer: Writer,
}

fn append_one(context: &mut Context<'_>, author: &Author, event: &LedgerEvent) -> Result<(), DispatchError> {
    match is_foundrys(&event.event) {
        true => ensure_role(&context.state, &context.signer, Role::Foundry)?,
        false => author.hypervisor?,
    }
    let Some(item) = admit(context, &author.parameters, event)? else { return Ok(()) };
    if item.server.end.is_some() {
        return Err(Error::ChainEnded.into());
    }
    ensure_move(context, &item.server, event)?;
    if is_foundrys(&event.event) {
        let now = context.block.timestamp;
        ensure_silent(&context.state, &author.parameters, &item.server, event, now)?;
    }
    write(context, &author.parameters, item, event)
}

/// Writes an event that passed: the block, the records, the report.
pub(super) fn write(
    context: &mut Context<'_>,
    parameters: &Parameters,
    item: Item,
    event: &LedgerEvent,
) -> Result<(), DispatchError> {
    let Item { mut server, key, writer } = item;
    if let Some(meter) = &event.meter {
        server.ensure_meter(meter, event.occurred_at, parameters.drift_bound_us)?;
    }
    let held = Held::by(&server);
    let block = seal(context, &server, key.writer, event, parameters);
    server.take(&block)?;

    writer.note(&mut context.state, &key, event, Some(block.number));
    capacity::settle(context, event.server, held, &mut server);
    SERVERS.put(&mut context.state, &event.server, &server);
    close_entry(context, &server);
    report_block(context, event, &server, block.number);
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
    let signer = context.signer;
    let Some((item, place)) = find(context, event, |_| signer)? else { return Ok(None) };
    ensure_writer(context, &item.server, event)?;
    ensure_kind(event)?;
    ensure_place(context, parameters, &item, place, event)?;
    Ok(Some(item))
}

/// The records that a writer's event changes, and what its number says; none for a repeat, which is reported here.
pub(super) fn find(
    context: &mut Context<'_>,
    event: &LedgerEvent,
    writer: impl Fn(&Server) -> AccountId,
) -> Result<Option<(Item, Place)>, Error> {
    let server = SERVERS.get(&context.state, &event.server).ok_or(Error::NotBorn)?;
    let key = WriterKey::new(&event.server, server.numbered_from, writer(&server));
    let writer = Writer::load(&context.state, &key);
    let place = writer.place(&context.state, &key, event);
    if let Place::Repeat { block } = place {
        context.report(Event::RepeatIgnored { server: event.server, number: Some(event.number), block });
        return Ok(None);
    }
    Ok(Some((Item { server, key, writer }, place)))
}

/// Passes a writer's next event, short enough and in time.
pub(super) fn ensure_place(
    context: &Context<'_>,
    parameters: &Parameters,
    item: &Item,
    place: Place,
    event: &LedgerEvent,
) -> Result<(), Error> {
    match place {
        Place::Conflict => return Err(Error::SequenceConflict),
        Place::Gap => return Err(Error::SequenceGap),
        Place::Next | Place::Repeat { .. } => {}
    }
    if !event.detail.is_within_limit() {
        return Err(Error::DetailTooLong);
    }
    parameters.ensure_time(context.block, event.precision, event.occurred_at)?;
    match event.occurred_at {
        at if at < item.server.born => Err(Error::TimeBeforeBirth),
        at if at < item.writer.last_at => Err(Error::TimeWentBack),
        _ => Ok(()),
    }
}

/// Passes who speaks for the server's host. The host that it is moving to writes the arrival, which makes it the
/// server's host, before anything else; what comes after an end may come from both.
fn ensure_writer(context: &Context<'_>, server: &Server, event: &LedgerEvent) -> Result<(), DispatchError> {
    let speaks = |host: &H256| speaks_for(&context.state, &context.signer, host);
    if is_foundrys(&event.event) || speaks(&server.host)? {
        return Ok(());
    }
    match &server.moving_to {
        Some(host) if speaks(host)? => match event.event {
            EventKind::MovedIn { .. } => Ok(()),
            _ if server.end.is_some() => Ok(()),
            _ => Err(Error::ArrivalMissing.into()),
        },
        _ => Err(registry::Error::NotTheHypervisor.into()),
    }
}

/// Passes an event that its writer may append at all.
fn ensure_kind(event: &LedgerEvent) -> Result<(), Error> {
    match event.event {
        EventKind::Born { .. } => Err(Error::EventNotAllowed),
        EventKind::GuestEvent { .. } => Err(Error::NotTheTracker),
        _ if is_foundrys(&event.event) && event.meter.is_some() => Err(Error::MeterNotAllowed),
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

/// The signer's next number for the server of an event; 0 where there is no such server.
fn expected(context: &Context<'_>, event: &LedgerEvent) -> u64 {
    let state: &dyn StateRead = &context.state;
    SERVERS.get(state, &event.server).map_or(0, |server| next_number(state, &event.server, &server, context.signer))
}

/// A writer's next number for a server.
pub(super) fn next_number(state: &dyn StateRead, id: &ServerId, server: &Server, writer: AccountId) -> u64 {
    Writer::load(state, &WriterKey::new(id, server.numbered_from, writer)).next
}
