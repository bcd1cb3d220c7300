//! `directives.issue`: somebody who acts for a server's provider asks a host to do something.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;

use super::{
    Action, COUNT, DEADLINE_AHEAD_MS_MAX, DIRECTIVES, Directive, DirectiveRecord, Error, Event, Order, REFERENCES,
    Status, keep, put_on,
};
use crate::chains::{self, SERVERS};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::{acts_for, ensure_site};

/// Puts a directive on its host's list.
///
/// - The signer is a provider or an orchestrator.
/// - Its reference is new; the same directive under it is a repeat, another one is refused.
/// - What is asked for is the signer's to ask, of a host that can be asked.
/// - The deadline is ahead, by a week at most, and the host's list has room, and room for this provider.
pub(super) fn issue(context: &mut Context<'_>, directive: &Directive) -> Result<(), DispatchError> {
    let (issuer, host) = (context.signer, directive.host);
    let provider = acts_for(&context.state, &issuer)?;
    let named = (issuer, directive.reference);
    if let Some(id) = REFERENCES.get(&context.state, &named) {
        let standing = DIRECTIVES.get(&context.state, &id).expect("a reference names a directive that has a record");
        if standing.directive != *directive {
            return Err(Error::ReferenceConflict.into());
        }
        context.report(Event::RepeatIgnored { id });
        return Ok(());
    }
    ensure_action(&context.state, directive, &provider)?;
    ensure_deadline(context.block.timestamp, directive.deadline)?;
    let id = COUNT.get(&context.state).unwrap_or(0);
    put_on(&mut context.state, &host, &provider, id)?;

    let issued_in = context.block.header.number;
    let record = DirectiveRecord {
        directive: directive.clone(),
        issuer,
        issued_in,
        status: Status::Issued,
        server: directive.action.server(),
        changed_in: issued_in,
        evidence: None,
    };
    let state = &mut context.state;
    COUNT.put(state, &id.checked_add(1).expect("there are fewer directives than extrinsics"));
    REFERENCES.put(state, &named, &id);
    keep(context, id, record);
    context.report(Event::Issued { id, host, reference: directive.reference });
    Ok(())
}

/// Passes what the provider may ask of the host.
fn ensure_action(state: &dyn StateRead, directive: &Directive, provider: &H256) -> Result<(), DispatchError> {
    let host = &directive.host;
    match &directive.action {
        Action::Create(order) => ensure_order(state, order, host, provider),
        Action::Destroy { server } | Action::Pause { server } | Action::Resume { server } => {
            ensure_runs(state, server, host, provider)
        }
        Action::Migrate { server, to } => {
            ensure_runs(state, server, host, provider)?;
            if to == host {
                return Err(Error::SameHost.into());
            }
            Ok(ensure_site(state, provider, to)?)
        }
    }
}

/// Passes a life that goes on, of this provider, on this host.
fn ensure_runs(state: &dyn StateRead, id: &ServerId, host: &H256, provider: &H256) -> Result<(), DispatchError> {
    let server = SERVERS.get(state, id).ok_or(chains::Error::NotBorn)?;
    if server.ownership.provider != *provider {
        return Err(Error::NotYourServer.into());
    }
    if server.end.is_some() {
        return Err(chains::Error::ChainEnded.into());
    }
    if server.host == *host { Ok(()) } else { Err(Error::OtherHost.into()) }
}

/// Passes an order of this provider, for a server that was nobody else's and doesn't live, where its servers begin.
fn ensure_order(state: &dyn StateRead, order: &Order, host: &H256, provider: &H256) -> Result<(), DispatchError> {
    let newest = chains::newest(state, order.uuid).and_then(|id| SERVERS.get(state, &id));
    let is_theirs = newest.as_ref().is_some_and(|life| life.ownership.provider != *provider);
    if order.ownership.provider != *provider || is_theirs {
        return Err(Error::NotYourServer.into());
    }
    if newest.is_some_and(|life| life.end.is_none()) {
        return Err(chains::Error::PreviousAlive.into());
    }
    Ok(ensure_site(state, provider, host)?)
}

/// Passes a deadline that is ahead, by a week at most.
fn ensure_deadline(now: Millis, deadline: Millis) -> Result<(), Error> {
    match deadline.checked_sub(now) {
        None | Some(0) => Err(Error::DeadlineOver),
        Some(ahead) if ahead > DEADLINE_AHEAD_MS_MAX => Err(Error::DeadlineTooFar),
        Some(_) => Ok(()),
    }
}
