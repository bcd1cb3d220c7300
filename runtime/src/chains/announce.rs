//! `chains.announce`: a hypervisor says which server it is going to run, before there is one.
//!
//! An announcement is one account's word and stands in nobody's way: several may announce the same server, and it is born
//! of the announcement whose tracker signs the request. So nobody keeps a server from being born by announcing it first.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Announcement, EndReason, RelationKind};
use tierchain_primitives::ports::StateRead;

use super::server::announcement_hash;
use super::{ANNOUNCEMENTS, Announced, Error, Event, GENERATIONS, SERVERS, Server, newest};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::{self, HOSTS, Role, ensure_hypervisor, ensure_role, ensure_site, speaks_for};

/// Most announcements that one server waits with, each of another account.
pub const ANNOUNCEMENTS_MAX: usize = 24;
/// Most of them that are of one data center, so that others get through.
pub const ANNOUNCEMENTS_OF_CENTER_MAX: usize = 4;

/// Keeps an announcement until its birth.
///
/// - The signer is a hypervisor and speaks for the host that it names.
/// - The generation is the server's next one, or the announcement is that of a life that has begun (a repeat).
/// - The server was no other provider's before, and the provider lets servers begin in that data center.
/// - No other account announced it with the same tracker's key, and not as many have as may.
/// - The lives that it comes from are on the ledger; its own earlier ones needn't be told.
pub(super) fn announce(context: &mut Context<'_>, announcement: &Announcement) -> Result<(), DispatchError> {
    let (signer, server) = (context.signer, announcement.server);
    ensure_role(&context.state, &signer, Role::Hypervisor)?;
    ensure_hypervisor(&context.state, &signer, &announcement.host)?;
    let announced = Announced { by: signer, announcement: announcement.clone() };
    if is_born(context, announcement)? {
        context.report(Event::RepeatIgnored { server, number: None, block: None });
        return Ok(());
    }
    let before = ANNOUNCEMENTS.get(&context.state, &server).unwrap_or_default();
    if before.contains(&announced) {
        context.report(Event::RepeatIgnored { server, number: None, block: None });
        return Ok(());
    }
    ensure_announced_for(&context.state, announcement)?;
    ensure_relations(context, announcement)?;
    let standing = with(&context.state, before, announced)?;
    ANNOUNCEMENTS.put(&mut context.state, &server, &standing);
    context.report(Event::Announced { server, host: announcement.host });
    Ok(())
}

/// Whether the life began with this very announcement; refused where it began with another, or isn't the next one.
fn is_born(context: &Context<'_>, announcement: &Announcement) -> Result<bool, Error> {
    let server = announcement.server;
    match SERVERS.get(&context.state, &server) {
        Some(born) if born.announcement == announcement_hash(announcement) => return Ok(true),
        Some(_) => return Err(Error::AlreadyBorn),
        None => {}
    }
    let next = GENERATIONS.get(&context.state, &server.uuid).unwrap_or(0);
    if server.generation == next { Ok(false) } else { Err(Error::WrongGeneration) }
}

/// Passes a server of a provider that it was before, on a host where that provider's servers begin, or on the one that
/// it is on. The birth asks again, knowing how the life before has ended.
fn ensure_announced_for(state: &dyn StateRead, announcement: &Announcement) -> Result<(), DispatchError> {
    let provider = &announcement.ownership.provider;
    let before = newest(state, announcement.server.uuid).and_then(|id| SERVERS.get(state, &id));
    match before {
        Some(life) if life.ownership.provider != *provider => Err(Error::OtherProvider.into()),
        Some(life) if life.host == announcement.host => Ok(()),
        _ => Ok(ensure_site(state, provider, &announcement.host)?),
    }
}

/// Passes a life that may begin where it was announced: its provider says so still, or it goes on there from a rollover.
pub(super) fn ensure_begins(
    state: &dyn StateRead,
    announcement: &Announcement,
    predecessor: Option<&Server>,
) -> Result<(), DispatchError> {
    let goes_on =
        |life: &Server| life.host == announcement.host && life.end.is_some_and(|end| end.reason == EndReason::Rollover);
    match predecessor {
        Some(life) if life.ownership.provider != announcement.ownership.provider => Err(Error::OtherProvider.into()),
        Some(life) if goes_on(life) => Ok(()),
        _ => Ok(ensure_site(state, &announcement.ownership.provider, &announcement.host)?),
    }
}

/// The announcements of a server that hold, with one more, or with it instead of its signer's earlier one.
fn with(state: &dyn StateRead, standing: Vec<Announced>, new: Announced) -> Result<Vec<Announced>, DispatchError> {
    let center = data_center(state, &new.announcement.host)?;
    let (mut left, mut here) = (Vec::with_capacity(standing.len() + 1), 0);
    for known in standing {
        // Who doesn't speak for that host any more, as a key that handed over, holds up nobody.
        if known.by == new.by || !holds(state, &known)? {
            continue;
        }
        if known.announcement.tracker == new.announcement.tracker {
            return Err(Error::AlreadyAnnounced.into());
        }
        here += usize::from(data_center(state, &known.announcement.host)? == center);
        left.push(known);
    }
    if here >= ANNOUNCEMENTS_OF_CENTER_MAX || left.len() >= ANNOUNCEMENTS_MAX {
        return Err(Error::TooManyAnnouncements.into());
    }
    left.push(new);
    Ok(left)
}

/// Whether who announced it speaks for the host still, on which the provider's servers begin still.
fn holds(state: &dyn StateRead, announced: &Announced) -> Result<bool, registry::Error> {
    let Announcement { host, ownership, .. } = &announced.announcement;
    Ok(speaks_for(state, &announced.by, host)? && ensure_site(state, &ownership.provider, host).is_ok())
}

fn data_center(state: &dyn StateRead, host: &H256) -> Result<H256, registry::Error> {
    Ok(HOSTS.get(state, host).ok_or(registry::Error::UnknownHost)?.data_center)
}

/// Passes relations to lives on this ledger. Lives don't go away, so nobody has to ask again at the birth.
fn ensure_relations(context: &Context<'_>, announcement: &Announcement) -> Result<(), Error> {
    for declared in announcement.relations.iter() {
        if declared.kind == RelationKind::Predecessor {
            return Err(Error::RelationNotAllowed);
        }
        if !SERVERS.has(&context.state, &declared.server) {
            return Err(Error::UnknownRelative);
        }
    }
    Ok(())
}
