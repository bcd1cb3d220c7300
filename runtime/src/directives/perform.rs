//! `directives.accept`, `done` and `fail`: what the host says. An agent that was killed may say it again.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::ports::StateRead;

use super::{Action, DirectiveId, DirectiveRecord, Error, Event, FailReason, Status, keep, record};
use crate::chains::{self, SERVERS};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::query;
use crate::registry::{Role, ensure_role, speaks_for};

/// The host takes a directive on.
///
/// - The signer is a hypervisor and speaks for the directive's host.
/// - It is issued and its deadline isn't over. One that is accepted is accepted once more, which changes nothing; one
///   that is closed is refused, so that whoever accepts may act on the answer.
pub(super) fn accept(context: &mut Context<'_>, id: DirectiveId) -> Result<(), DispatchError> {
    let record = ensure_own(context, id)?;
    match record.status {
        Status::Issued if context.block.timestamp > record.directive.deadline => Err(Error::DirectiveOverdue.into()),
        Status::Issued => {
            let host = record.directive.host;
            keep(context, id, DirectiveRecord { status: Status::Accepted, ..record });
            context.report(Event::Accepted { id, host });
            Ok(())
        }
        Status::Accepted => {
            context.report(Event::RepeatIgnored { id });
            Ok(())
        }
        _ => Err(Error::DirectiveClosed.into()),
    }
}

/// The host did what was asked.
///
/// - The signer is a hypervisor and speaks for the directive's host, which has accepted it.
/// - A server that was created is named, is one of the order's lives, and stands on the ledger; of another action, the
///   directive's server may be named.
/// - The same outcome once more changes nothing; another one is refused.
pub(super) fn done(
    context: &mut Context<'_>,
    id: DirectiveId,
    server: Option<ServerId>,
    evidence: H256,
) -> Result<(), DispatchError> {
    let record = ensure_own(context, id)?;
    let server = server_of(&record, server)?;
    let after = DirectiveRecord { status: Status::Done, server: Some(server), evidence: Some(evidence), ..record };
    if is_repeat(context, id, &after)? {
        return Ok(());
    }
    let host = after.directive.host;
    if !is_on_ledger(&context.state, &server, &host) {
        return Err(chains::Error::NotAnnounced.into());
    }
    keep(context, id, after);
    context.report(Event::Done { id, host, server });
    Ok(())
}

/// The host couldn't do what was asked. As [`done`], but no server is named.
pub(super) fn fail(
    context: &mut Context<'_>,
    id: DirectiveId,
    reason: FailReason,
    evidence: H256,
) -> Result<(), DispatchError> {
    let record = ensure_own(context, id)?;
    let after = DirectiveRecord { status: Status::Failed { reason }, evidence: Some(evidence), ..record };
    if is_repeat(context, id, &after)? {
        return Ok(());
    }
    let host = after.directive.host;
    keep(context, id, after);
    context.report(Event::Failed { id, host, reason });
    Ok(())
}

/// The record of a directive whose host the signer speaks for.
fn ensure_own(context: &Context<'_>, id: DirectiveId) -> Result<DirectiveRecord, DispatchError> {
    ensure_role(&context.state, &context.signer, Role::Hypervisor)?;
    let record = record(&context.state, id)?;
    let is_host = speaks_for(&context.state, &context.signer, &record.directive.host)?;
    if is_host { Ok(record) } else { Err(Error::NotTheHost.into()) }
}

/// Whether an outcome is on record, and says so; refused where the directive isn't accepted, or another one is.
fn is_repeat(context: &mut Context<'_>, id: DirectiveId, after: &DirectiveRecord) -> Result<bool, Error> {
    let before = record(&context.state, id)?;
    match before.status {
        Status::Issued => Err(Error::NotAccepted),
        Status::Accepted => Ok(false),
        // The same status, server and evidence: the record as it would be made.
        _ if before == *after => {
            context.report(Event::RepeatIgnored { id });
            Ok(true)
        }
        _ => Err(Error::DirectiveClosed),
    }
}

/// The server that an outcome is about.
fn server_of(record: &DirectiveRecord, reported: Option<ServerId>) -> Result<ServerId, Error> {
    let found = match &record.directive.action {
        Action::Create(order) => reported.filter(|server| server.uuid == order.uuid),
        other => other.server().filter(|named| reported.is_none_or(|server| server == *named)),
    };
    found.ok_or(Error::OtherServer)
}

/// Whether a life is born, or announced by its host.
fn is_on_ledger(state: &dyn StateRead, server: &ServerId, host: &H256) -> bool {
    let announced = || query::announcements(state, server);
    SERVERS.has(state, server) || announced().iter().any(|known| known.announcement.host == *host)
}
