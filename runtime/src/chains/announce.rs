//! `chains.announce`: a hypervisor says which server it is going to run, before there is one.

use tierchain_primitives::ledger::{Announcement, RelationKind};

use super::server::announcement_hash;
use super::{ANNOUNCEMENTS, Announced, Error, Event, GENERATIONS, SERVERS};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::{Role, ensure_hypervisor, ensure_role, speaks_for};

/// Keeps an announcement until its birth.
///
/// - The signer is a hypervisor and speaks for the host that it names.
/// - The generation is the server's next one, or the announcement is that of a life that has begun (a repeat).
/// - Only who announced a server may announce it anew.
/// - The lives that it comes from are on the ledger; its own earlier ones needn't be told.
pub(super) fn announce(context: &mut Context<'_>, announcement: &Announcement) -> Result<(), DispatchError> {
    let (signer, server) = (context.signer, announcement.server);
    ensure_role(&context.state, &signer, Role::Hypervisor)?;
    ensure_hypervisor(&context.state, &signer, &announcement.host)?;
    if is_repeat(context, announcement)? {
        context.report(Event::RepeatIgnored { server, number: None, block: None });
        return Ok(());
    }
    ensure_relations(context, announcement)?;
    let announced = Announced { by: signer, announcement: announcement.clone() };
    ANNOUNCEMENTS.put(&mut context.state, &server, &announced);
    context.report(Event::Announced { server, host: announcement.host });
    Ok(())
}

/// Whether this very announcement stands, or stood before the birth; refused where another one does.
fn is_repeat(context: &Context<'_>, announcement: &Announcement) -> Result<bool, DispatchError> {
    let server = announcement.server;
    if let Some(born) = SERVERS.get(&context.state, &server) {
        let same = born.announcement == announcement_hash(announcement);
        return if same { Ok(true) } else { Err(Error::AlreadyBorn.into()) };
    }
    let next = GENERATIONS.get(&context.state, &server.uuid).unwrap_or(0);
    if server.generation != next {
        return Err(Error::WrongGeneration.into());
    }
    match ANNOUNCEMENTS.get(&context.state, &server) {
        // Who doesn't speak for that host any more, as a key that handed over, holds up nobody.
        Some(standing)
            if standing.by != context.signer
                && speaks_for(&context.state, &standing.by, &standing.announcement.host)? =>
        {
            Err(Error::AlreadyAnnounced.into())
        }
        Some(standing) => Ok(standing.announcement == *announcement),
        None => Ok(false),
    }
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
