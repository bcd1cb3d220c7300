//! `chains.append_guest`: what servers' tracking applications saw, signed by them and carried by the hypervisor.
//!
//! The writer of such a block is the tracker, with numbers of its own. The hypervisor only carries it: it can hold a
//! report back, which the numbers then show, and neither invent nor change one.

use tierchain_primitives::crypto::verify_zip215;
use tierchain_primitives::ledger::{EventKind, GuestReport};
use tierchain_primitives::limits::GUEST_REPORTS_MAX;

use super::append::{each, ensure_place, find, next_number, write};
use super::{Error, Parameters, SERVERS, parameters};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::{Role, ensure_hypervisor, ensure_role};

/// Writes the reports in order, each for itself, as a batch.
pub(super) fn append_guest(context: &mut Context<'_>, reports: &[GuestReport]) -> Result<(), DispatchError> {
    ensure_role(&context.state, &context.signer, Role::Hypervisor)?;
    if reports.len() > GUEST_REPORTS_MAX {
        return Err(Error::BatchTooLong.into());
    }
    let parameters = parameters(&context.state);
    each(context, reports, |context, report| {
        append_report(context, &parameters, report).map_err(|error| (error, expected(context, report)))
    })
}

/// Writes one report.
///
/// - It is a guest event without a meter. The tracker wrote it before (a repeat), or it has the tracker's next number.
/// - The signer speaks for the server's host, and the tracker's key signed this very event for this network.
/// - The chain lives, and the event is in time.
fn append_report(
    context: &mut Context<'_>,
    parameters: &Parameters,
    report: &GuestReport,
) -> Result<(), DispatchError> {
    let GuestReport { event, signature } = report;
    match event.event {
        EventKind::GuestEvent { .. } if event.meter.is_none() => {}
        EventKind::GuestEvent { .. } => return Err(Error::MeterNotAllowed.into()),
        _ => return Err(Error::NotAGuestEvent.into()),
    }
    let Some((item, place)) = find(context, event, |server| server.tracker)? else { return Ok(()) };
    ensure_hypervisor(&context.state, &context.signer, &item.server.host)?;
    if !verify_zip215(&item.server.tracker, &event.guest_signed_bytes(&context.block.genesis), signature) {
        return Err(Error::BadTrackerSignature.into());
    }
    ensure_place(context, parameters, &item, place, event)?;
    if item.server.end.is_some() {
        return Err(Error::ChainEnded.into());
    }
    write(context, parameters, item, event)
}

/// The tracker's next number for the server of a report; 0 where there is no such server.
fn expected(context: &Context<'_>, report: &GuestReport) -> u64 {
    let id = &report.event.server;
    SERVERS.get(&context.state, id).map_or(0, |server| next_number(&context.state, id, &server, server.tracker))
}
