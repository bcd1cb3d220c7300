//! Notes: what stands beside a chain. Where the ledger and somebody else disagree, and how that was settled.
//!
//! A chain holds what its writers said, for ever; a note never changes it. A server's notes are numbered without gaps
//! and counted in its record, so that "these are all the notes" is provable. The ledger checks each discrepancy against
//! its own state before it notes it: nobody can invent one.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::ledger::{ServerId, ServerState};
use tierchain_primitives::numbers::{BlockNumber, Micros, Millis};
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::capacity::Committed;
use super::witness::Statement;
use super::{DISPUTED, DISPUTED_COUNT, DISPUTES, Error, Event, NOTES, SERVERS, Server, WITNESSED};
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::registry;
use crate::storage::Overlay;

/// Most notes of one life.
pub const NOTES_MAX: u32 = 1_024;

/// A note beside a chain.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Note {
    /// Time of the network's block that took it.
    #[codec(compact)]
    pub at: Millis,
    /// Number of that block.
    #[codec(compact)]
    pub block: BlockNumber,
    /// Who had it noted; none for what the ledger noted by itself.
    pub by: Option<AccountId>,
    /// What it says.
    pub content: NoteKind,
}

/// What a note says.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum NoteKind {
    /// Two disagree.
    #[codec(index = 0)]
    Discrepancy(Discrepancy),
    /// A discrepancy is settled.
    #[codec(index = 1)]
    Resolution {
        /// The note that it settles.
        #[codec(compact)]
        of: u32,
        /// Who was right.
        verdict: Verdict,
        /// SHA-256 of what that is known by.
        evidence: H256,
    },
}

/// Kinds of discrepancies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, TypeInfo)]
pub enum DiscrepancyKind {
    /// The witness sees the server in another state than its hypervisor, or since another time.
    #[codec(index = 0)]
    StateDisagrees,
    /// The server left a host and arrived nowhere.
    #[codec(index = 1)]
    MoveUnfinished,
    /// Its host has promised more than it may.
    #[codec(index = 2)]
    CapacityExceeded,
}

/// A discrepancy, with what each side says.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Discrepancy {
    /// The witness sees the server in another state than its hypervisor, or since another time.
    #[codec(index = 0)]
    StateDisagrees {
        /// What the witness says.
        said: Statement,
        /// What the chain says.
        state: ServerState,
        /// Since when, by the chain.
        #[codec(compact)]
        since: Micros,
    },
    /// The server left a host and arrived nowhere.
    #[codec(index = 1)]
    MoveUnfinished {
        /// The host that it left.
        from: H256,
        /// The host that it was to reach.
        to: H256,
        /// Time of the block that took its departure.
        #[codec(compact)]
        noted: Millis,
    },
    /// Its host has promised more than it may. The server runs all the same: that is a fact.
    #[codec(index = 2)]
    CapacityExceeded {
        /// The host.
        host: H256,
        /// What its living servers were promised together, this one included.
        committed: Committed,
        /// What it may promise.
        limit: Committed,
    },
}

/// Who was right.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Verdict {
    /// The chain.
    #[codec(index = 0)]
    Ledger,
    /// The witness.
    #[codec(index = 1)]
    Witness,
    /// The parties agreed on something else, which the evidence says.
    #[codec(index = 2)]
    Agreed,
}

/// The open discrepancies of a life.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Dispute {
    /// Its place in the list of disputed lives.
    #[codec(compact)]
    pub place: u64,
    /// Kind and number of each open discrepancy: at most one of a kind.
    pub open: Vec<(DiscrepancyKind, u32)>,
}

impl Discrepancy {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> DiscrepancyKind {
        match self {
            Self::StateDisagrees { .. } => DiscrepancyKind::StateDisagrees,
            Self::MoveUnfinished { .. } => DiscrepancyKind::MoveUnfinished,
            Self::CapacityExceeded { .. } => DiscrepancyKind::CapacityExceeded,
        }
    }
}

/// The open discrepancy of that kind, if there is one.
pub(super) fn open(state: &dyn StateRead, id: &ServerId, kind: DiscrepancyKind) -> Option<u32> {
    let dispute = DISPUTES.get(state, id)?;
    dispute.open.into_iter().find(|(known, _)| *known == kind).map(|(_, note)| note)
}

/// Notes a discrepancy of a kind that isn't open. The caller stores the server's record.
///
/// A place is kept for the resolution of each that is open, so that whatever is noted can be settled.
pub(super) fn dispute(
    context: &mut Context<'_>,
    id: ServerId,
    server: &mut Server,
    by: Option<AccountId>,
    discrepancy: Discrepancy,
) -> Result<(), Error> {
    let known = DISPUTES.get(&context.state, &id);
    let open = known.as_ref().map_or(0, |dispute| dispute.open.len());
    let needed = u32::try_from(open).expect("one of each kind at most") + 2;
    if server.notes + needed > NOTES_MAX {
        return Err(Error::TooManyNotes);
    }
    let kind = discrepancy.kind();
    let mut dispute = known.unwrap_or_else(|| list(&mut context.state, id));
    dispute.open.push((kind, server.notes));
    DISPUTES.put(&mut context.state, &id, &dispute);
    context.report(Event::DiscrepancyNoted { server: id, note: server.notes, kind });
    add(context, id, server, by, NoteKind::Discrepancy(discrepancy));
    Ok(())
}

/// `chains.resolve`: settles a discrepancy by another note.
///
/// - The signer is the account of the server's provider.
/// - The note is a discrepancy, and no resolution stands; the same resolution again is a repeat.
pub(super) fn resolve(
    context: &mut Context<'_>,
    id: ServerId,
    note: u32,
    verdict: Verdict,
    evidence: H256,
) -> Result<(), DispatchError> {
    let provider = registry::provider_of(&context.state, &context.signer)?;
    let mut server = SERVERS.get(&context.state, &id).ok_or(Error::NotBorn)?;
    if server.ownership.provider != provider {
        return Err(registry::Error::NotTheProvider.into());
    }
    let noted = NOTES.get(&context.state, &(id, note)).ok_or(Error::UnknownNote)?;
    let NoteKind::Discrepancy(discrepancy) = noted.content else { return Err(Error::NotADiscrepancy.into()) };
    if open(&context.state, &id, discrepancy.kind()) != Some(note) {
        return repeated(context, id, &server, NoteKind::Resolution { of: note, verdict, evidence });
    }
    close(&mut context.state, id, note);
    if let Discrepancy::StateDisagrees { said, .. } = discrepancy {
        withdraw(&mut context.state, id, &said);
    }
    context.report(Event::DiscrepancyResolved { server: id, note, verdict });
    let by = Some(context.signer);
    add(context, id, &mut server, by, NoteKind::Resolution { of: note, verdict, evidence });
    SERVERS.put(&mut context.state, &id, &server);
    Ok(())
}

/// Passes the resolution that stands, said again.
fn repeated(context: &mut Context<'_>, id: ServerId, server: &Server, said: NoteKind) -> Result<(), DispatchError> {
    let mut later = (0..server.notes).rev().filter_map(|number| NOTES.get(&context.state, &(id, number)));
    if later.any(|note| note.content == said) {
        context.report(Event::RepeatIgnored { server: id, number: None, block: None });
        return Ok(());
    }
    Err(Error::AlreadyResolved.into())
}

/// Adds the next note. Whether there is room was asked before.
fn add(context: &mut Context<'_>, id: ServerId, server: &mut Server, by: Option<AccountId>, content: NoteKind) {
    let (at, block) = (context.block.timestamp, context.block.header.number);
    NOTES.put(&mut context.state, &(id, server.notes), &Note { at, block, by, content });
    server.notes += 1;
}

/// Enters a life into the list of disputed ones.
fn list(state: &mut Overlay<'_>, id: ServerId) -> Dispute {
    let place = DISPUTED_COUNT.get(state).unwrap_or(0);
    DISPUTED.put(state, &place, &id);
    DISPUTED_COUNT.put(state, &(place + 1));
    Dispute { place, open: Vec::new() }
}

/// Takes a discrepancy from the open ones; a life without any leaves the list, and the last one takes its place.
fn close(state: &mut Overlay<'_>, id: ServerId, note: u32) {
    let mut dispute = DISPUTES.get(state, &id).expect("an open discrepancy is listed");
    dispute.open.retain(|(_, open)| *open != note);
    if !dispute.open.is_empty() {
        DISPUTES.put(state, &id, &dispute);
        return;
    }
    let last = DISPUTED_COUNT.get(state).and_then(|count| count.checked_sub(1)).expect("this one is counted");
    let mover = DISPUTED.get(state, &last).expect("the list has no gaps");
    let moved = DISPUTES.get(state, &mover).expect("whoever is listed is disputed");
    DISPUTED.put(state, &dispute.place, &mover);
    DISPUTES.put(state, &mover, &Dispute { place: dispute.place, ..moved });
    DISPUTES.remove(state, &id);
    DISPUTED.remove(state, &last);
    DISPUTED_COUNT.put(state, &last);
}

/// Takes back the statement that was settled, unless the witness has said something else since.
fn withdraw(state: &mut Overlay<'_>, id: ServerId, said: &Statement) {
    if WITNESSED.get(state, &id).as_ref() == Some(said) {
        WITNESSED.remove(state, &id);
    }
}
