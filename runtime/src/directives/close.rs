//! `directives.cancel` and `expire`: a directive is closed without having been done.

use super::{DirectiveId, DirectiveRecord, Error, Event, GRACE_MS, Status, keep, provider_of, record};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::acts_for;

/// Calls a directive off.
///
/// - The signer acts for the provider that issued it: by whichever account, for keys change.
/// - Its host hasn't accepted it.
pub(super) fn cancel(context: &mut Context<'_>, id: DirectiveId) -> Result<(), DispatchError> {
    let provider = acts_for(&context.state, &context.signer)?;
    let record = record(&context.state, id)?;
    if provider_of(&context.state, &record) != provider {
        return Err(Error::NotYourServer.into());
    }
    match record.status {
        Status::Issued => {}
        Status::Accepted => return Err(Error::AlreadyAccepted.into()),
        _ => return Err(Error::DirectiveClosed.into()),
    }
    let host = record.directive.host;
    keep(context, id, DirectiveRecord { status: Status::Cancelled, ..record });
    context.report(Event::Cancelled { id, host });
    Ok(())
}

/// Closes a directive whose time is over. Every admitted account may.
///
/// - One that is issued: after its deadline. One that is accepted: [`GRACE_MS`] later, for its host may be at it.
pub(super) fn expire(context: &mut Context<'_>, id: DirectiveId) -> Result<(), DispatchError> {
    let record = record(&context.state, id)?;
    let until = match record.status {
        Status::Issued => record.directive.deadline,
        Status::Accepted => record.directive.deadline.saturating_add(GRACE_MS),
        _ => return Err(Error::DirectiveClosed.into()),
    };
    if context.block.timestamp <= until {
        return Err(Error::NotDue.into());
    }
    let host = record.directive.host;
    keep(context, id, DirectiveRecord { status: Status::Expired, ..record });
    context.report(Event::Expired { id, host });
    Ok(())
}
