//! Silence: when a host counts as silent, so that a foundry may suspect its servers and, later, give them up.
//!
//! Absence is never an end. A foundry says that a server is suspect, in a block of its chain; if its host stays silent,
//! the foundry may end the chain as an orphan's. Both are explicit acts, and the ledger checks that they are due.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::ledger::{EndReason, Event, EventKind};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_primitives::ports::StateRead;

use super::{ATTESTED, Error, Parameters, Server};

/// A foundry's word that a server's host is silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Suspicion {
    /// The last sign of life, by the foundry.
    #[codec(compact)]
    pub since: Micros,
    /// Time of the block that took it.
    #[codec(compact)]
    pub noted: Millis,
}

/// The last sign of life of a server's host, as block time: the newest event of its hypervisor in the server's chain, or
/// the host's newest attestation.
#[must_use]
pub fn last_sign(state: &dyn StateRead, server: &Server) -> Millis {
    let attested = ATTESTED.get(state, &server.host).map_or(0, |attested| attested.noted);
    server.seen.max(attested)
}

/// The suspicion of a server that no sign of life has refuted since.
#[must_use]
pub fn standing(state: &dyn StateRead, server: &Server) -> Option<Suspicion> {
    let suspicion = server.suspected?;
    (last_sign(state, server) < suspicion.noted).then_some(suspicion)
}

/// Passes what a foundry may say about the silence of a server's host.
pub(super) fn ensure_silent(
    state: &dyn StateRead,
    parameters: &Parameters,
    server: &Server,
    event: &Event,
    now: Millis,
) -> Result<(), Error> {
    let bound = parameters.bounds.silence_ms;
    if now < last_sign(state, server).saturating_add(bound) {
        return Err(Error::HostNotSilent);
    }
    let standing = standing(state, server);
    match event.event {
        EventKind::Suspected { since } if since > event.occurred_at => Err(Error::TimeInFuture),
        EventKind::Suspected { .. } if standing.is_some() => Err(Error::AlreadySuspected),
        EventKind::Suspected { .. } => Ok(()),
        EventKind::Ended { reason: EndReason::Orphaned } => {
            let noted = standing.ok_or(Error::NotSuspected)?.noted;
            if now < noted.saturating_add(bound) { Err(Error::NotSuspectedLongEnough) } else { Ok(()) }
        }
        _ => Err(Error::EventNotAllowed),
    }
}
