//! `chains.attest`: a hypervisor says that it watched its host without a break. What it didn't watch is a gap, for ever.
//!
//! An attestation is what makes silence mean something: where the host was watched, "no event" says that nothing
//! happened. It is a sign of life too.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::Precision;
use tierchain_primitives::numbers::{Micros, Millis};

use super::{ATTESTED, Error, Event, GAPS, parameters};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry::{Role, ensure_hypervisor, ensure_role};

/// Up to when a host was watched, and how often it wasn't.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Attested {
    /// When it was watched first: nothing is attested before.
    #[codec(compact)]
    pub from: Micros,
    /// Up to when it was watched, but for the gaps.
    #[codec(compact)]
    pub until: Micros,
    /// Time of the block that took the newest attestation.
    #[codec(compact)]
    pub noted: Millis,
    /// How many gaps there are.
    #[codec(compact)]
    pub gaps: u32,
}

/// A time for which nobody says that the host was watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Gap {
    /// Its begin: the end of the attestation before.
    #[codec(compact)]
    pub from: Micros,
    /// Its end: the begin of the next attestation.
    #[codec(compact)]
    pub to: Micros,
}

/// Takes an attestation.
///
/// - The signer is a hypervisor and speaks for the host.
/// - The interval doesn't end before it begins, nor in the future.
/// - It reaches beyond what is attested already; else it is a repeat.
pub(super) fn attest(context: &mut Context<'_>, host: H256, since: Micros, until: Micros) -> Result<(), DispatchError> {
    ensure_role(&context.state, &context.signer, Role::Hypervisor)?;
    ensure_hypervisor(&context.state, &context.signer, &host)?;
    if since > until {
        return Err(Error::IntervalBackwards.into());
    }
    parameters(&context.state).ensure_time(context.block, Precision::Event, until)?;
    let noted = context.block.timestamp;
    let known = ATTESTED.get(&context.state, &host);
    if known.is_some_and(|known| until <= known.until) {
        context.report(Event::AttestationRepeated { host, until });
        return Ok(());
    }
    let mut attested = known.unwrap_or(Attested { from: since, until: since, noted, gaps: 0 });
    if since > attested.until {
        let gap = Gap { from: attested.until, to: since };
        let gaps = attested.gaps.checked_add(1).ok_or(Error::TooManyGaps)?;
        GAPS.put(&mut context.state, &(host, attested.gaps), &gap);
        context.report(Event::GapNoted { host, gap: attested.gaps, from: gap.from, to: gap.to });
        attested.gaps = gaps;
    }
    ATTESTED.put(&mut context.state, &host, &Attested { until, noted, ..attested });
    context.report(Event::Attested { host, until });
    Ok(())
}
