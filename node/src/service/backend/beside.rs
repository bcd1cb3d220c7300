//! What stands beside chains, in JSON: notes, statements, what hosts attested and promised.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::ports::StateRead;
use tierchain_rpc::types::{
    Address, AttestationInfo, Committed, Dispute, Gap, Hash, Named, NoteContent, NoteInfo, OpenDiscrepancy, Page,
    Statement, U64, U128,
};
use tierchain_runtime::chains::{self, Discrepancy, DiscrepancyKind, Note, NoteKind, Verdict};
use tierchain_runtime::query;

use super::parties::page;

/// The notes of a life from a number on.
pub(super) fn notes(state: &dyn StateRead, server: &ServerId, from: u32, count: usize) -> Vec<NoteInfo> {
    let found = query::notes(state, server, from, count);
    (from..=u32::MAX).zip(found).map(|(number, note)| info(number, &note)).collect()
}

/// Lives with open discrepancies.
pub(super) fn disputes(state: &dyn StateRead, start: u64, count: usize) -> Page<Dispute, u64> {
    let of = |server: ServerId| {
        let open = query::open_discrepancies(state, &server).into_iter();
        let open = open.map(|(kind, note)| OpenDiscrepancy { kind: kind_name(kind).to_owned(), note });
        Dispute { server: server.into(), open: open.collect() }
    };
    page(query::disputed(state, start, count).into_iter().map(of).collect(), start, query::disputed_count(state))
}

/// When a host was watched.
pub(super) fn attestation(state: &dyn StateRead, host: &H256, from: u32, count: usize) -> Option<AttestationInfo> {
    let found = query::attested(state, host)?;
    let gap = |gap: chains::Gap| Gap { from: U64(gap.from), to: U64(gap.to) };
    Some(AttestationInfo {
        host: Hash(*host),
        from: U64(found.from),
        until: U64(found.until),
        noted: U64(found.noted),
        gap_count: found.gaps,
        gaps: query::gaps(state, host, from, count).into_iter().map(gap).collect(),
    })
}

pub(super) fn statement(said: &chains::Statement) -> Statement {
    Statement {
        by: Address(said.by),
        state: Named(said.state),
        since: U64(said.since),
        evidence: Hash(said.evidence),
        noted: U64(said.noted),
    }
}

pub(super) fn committed(found: &chains::Committed) -> Committed {
    Committed { vcpus: U128(found.vcpus), memory_mib: U128(found.memory_mib) }
}

/// The name of a kind of discrepancies in JSON; the command line has the same.
fn kind_name(kind: DiscrepancyKind) -> &'static str {
    match kind {
        DiscrepancyKind::StateDisagrees => "stateDisagrees",
        DiscrepancyKind::MoveUnfinished => "moveUnfinished",
        DiscrepancyKind::CapacityExceeded => "capacityExceeded",
    }
}

fn info(number: u32, note: &Note) -> NoteInfo {
    NoteInfo {
        number,
        at: U64(note.at),
        block: note.block,
        by: note.by.map(Address),
        content: match &note.content {
            NoteKind::Discrepancy(found) => discrepancy(found),
            NoteKind::Resolution { of, verdict, evidence } => NoteContent::Resolution {
                of: *of,
                verdict: verdict_name(*verdict).to_owned(),
                evidence: Hash(*evidence),
            },
        },
    }
}

fn discrepancy(found: &Discrepancy) -> NoteContent {
    match found {
        Discrepancy::StateDisagrees { said, state, since } => {
            NoteContent::StateDisagrees { said: statement(said), state: Named(*state), since: U64(*since) }
        }
        Discrepancy::MoveUnfinished { from, to, noted } => {
            NoteContent::MoveUnfinished { from: Hash(*from), to: Hash(*to), noted: U64(*noted) }
        }
        Discrepancy::CapacityExceeded { host, committed: promised, limit } => {
            NoteContent::CapacityExceeded { host: Hash(*host), committed: committed(promised), limit: committed(limit) }
        }
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ledger => "ledger",
        Verdict::Witness => "witness",
        Verdict::Agreed => "agreed",
    }
}
