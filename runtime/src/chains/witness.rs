//! `chains.witness` and `chains.note_discrepancy`: what the second witness says, and whether that contradicts the chain.
//!
//! The hypervisor writes the chain; the provider's orchestrator may say what it sees. A statement is about the moment of
//! the block that takes it: "it is in this state, since then". It contradicts the chain if the chain's state of that
//! moment is another one, or began at another time, and both have stood for a while.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::ledger::{Precision, ServerId, ServerState};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::notes::{self, Discrepancy, DiscrepancyKind, NoteKind};
use super::{Error, Event, NOTES, Parameters, SERVERS, Server, WITNESSED, capacity, parameters};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::{self, Roles, ensure_acts_for};

/// What a witness says of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Statement {
    /// Who says so.
    pub by: AccountId,
    /// The state it is in.
    pub state: ServerState,
    /// Since when.
    #[codec(compact)]
    pub since: Micros,
    /// SHA-256 of what that is known by.
    pub evidence: H256,
    /// Time of the block that took the statement.
    #[codec(compact)]
    pub noted: Millis,
}

/// `chains.witness`: keeps what the witness says, unless the chain says the same.
///
/// - The signer acts for the server's provider: its orchestrator, or the provider itself.
/// - The server lives, and the time lies between its birth and now.
pub(super) fn witness(
    context: &mut Context<'_>,
    id: ServerId,
    state: ServerState,
    since: Micros,
    evidence: H256,
) -> Result<(), DispatchError> {
    let server = SERVERS.get(&context.state, &id).ok_or(Error::NotBorn)?;
    ensure_acts_for(&context.state, &context.signer, &server.ownership.provider)?;
    if server.end.is_some() {
        return Err(Error::ChainEnded.into());
    }
    let parameters = parameters(&context.state);
    parameters.ensure_time(context.block, Precision::Event, since)?;
    if since < server.born {
        return Err(Error::TimeBeforeBirth.into());
    }
    let said = Statement { by: context.signer, state, since, evidence, noted: context.block.timestamp };
    keep(context, &parameters, id, &server, said);
    Ok(())
}

/// Keeps the statement if it differs from the chain and from the one that stands.
fn keep(context: &mut Context<'_>, parameters: &Parameters, id: ServerId, server: &Server, said: Statement) {
    let standing = WITNESSED.get(&context.state, &id);
    if said.agrees(server, parameters) {
        if standing.is_some() {
            WITNESSED.remove(&mut context.state, &id);
        }
        context.report(Event::WitnessAgreed { server: id, by: said.by });
    } else if standing.is_some_and(|standing| standing.is_repeated_by(&said)) {
        context.report(Event::RepeatIgnored { server: id, number: None, block: None });
    } else {
        WITNESSED.put(&mut context.state, &id, &said);
        context.report(Event::Witnessed { server: id, by: said.by, state: said.state, since: said.since });
    }
}

/// `chains.note_discrepancy`: notes what the state itself shows.
///
/// - The signer has a role, whichever.
/// - There is such a discrepancy now, and none of its kind is open; who had that one noted may say so again.
pub(super) fn note_discrepancy(
    context: &mut Context<'_>,
    id: ServerId,
    kind: DiscrepancyKind,
) -> Result<(), DispatchError> {
    if registry::roles(&context.state, &context.signer) == Roles::NONE {
        return Err(Error::NoRole.into());
    }
    let mut server = SERVERS.get(&context.state, &id).ok_or(Error::NotBorn)?;
    if let Some(note) = notes::open(&context.state, &id, kind) {
        return repeated(context, id, note);
    }
    let found = find(context, &server, &id, kind).ok_or(Error::NoDiscrepancy)?;
    let by = Some(context.signer);
    notes::dispute(context, id, &mut server, by, found)?;
    SERVERS.put(&mut context.state, &id, &server);
    Ok(())
}

/// Passes whoever had the open discrepancy noted.
fn repeated(context: &mut Context<'_>, id: ServerId, note: u32) -> Result<(), DispatchError> {
    let noted = NOTES.get(&context.state, &(id, note)).expect("an open discrepancy has a note");
    debug_assert!(matches!(noted.content, NoteKind::Discrepancy(_)));
    if noted.by != Some(context.signer) {
        return Err(Error::AlreadyNoted.into());
    }
    context.report(Event::RepeatIgnored { server: id, number: None, block: None });
    Ok(())
}

/// The discrepancy of that kind that the state shows.
fn find(context: &Context<'_>, server: &Server, id: &ServerId, kind: DiscrepancyKind) -> Option<Discrepancy> {
    let (state, now) = (&context.state, context.block.timestamp);
    let parameters = parameters(state);
    match kind {
        DiscrepancyKind::StateDisagrees => contradiction(state, server, id, &parameters, now),
        DiscrepancyKind::MoveUnfinished => unfinished(server, &parameters, now),
        DiscrepancyKind::CapacityExceeded => capacity::exceeded(state, server),
    }
}

fn contradiction(
    state: &dyn StateRead,
    server: &Server,
    id: &ServerId,
    parameters: &Parameters,
    now: Millis,
) -> Option<Discrepancy> {
    let said = WITNESSED.get(state, id)?;
    let stood = said.noted.saturating_add(parameters.bounds.witness_ms) <= now;
    // A state that began after the statement says nothing about it.
    let is_of_then = server.state_since <= said.noted.saturating_mul(1_000);
    let contradicts = stood && is_of_then && !said.agrees(server, parameters);
    contradicts.then_some(Discrepancy::StateDisagrees { said, state: server.state, since: server.state_since })
}

fn unfinished(server: &Server, parameters: &Parameters, now: Millis) -> Option<Discrepancy> {
    let (to, noted) = (server.moving_to?, server.moved_at?);
    let is_over = server.end.is_none() && noted.saturating_add(parameters.bounds.move_ms) <= now;
    is_over.then_some(Discrepancy::MoveUnfinished { from: server.host, to, noted })
}

impl Statement {
    /// Whether the chain says the same, but for a difference that the clocks may have.
    fn agrees(&self, server: &Server, parameters: &Parameters) -> bool {
        let bound_us = parameters.bounds.witness_ms.saturating_mul(1_000);
        self.state == server.state && self.since.abs_diff(server.state_since) <= bound_us
    }

    /// Whether a later statement says nothing new.
    fn is_repeated_by(&self, later: &Self) -> bool {
        *later == Self { noted: later.noted, ..*self }
    }
}
