//! `chains` (3): entity chains. A hypervisor announces a server, its tracker asks for a birth, a foundry sends it, the
//! agent of its host writes what happens and carries what the tracker saw, and an end seals the chain. Beside the chain
//! stand attestations, witnesses' statements, and notes of what doesn't agree.
//!
//! Invariants:
//! - Blocks are derived here and nowhere else, numbered from 0 without gaps, each naming the hash of the one before.
//! - Nothing follows an end. The same UUID starts a new generation, whose birth names the old end.
//! - A writer's numbers are dense per server, so that a repeat is told from a conflict and a gap is seen.
//! - Usage is summed over pieces between a chain's birth and its end: the pieces cover that time exactly once.
//! - Facts of a running server are recorded, never judged: what they cost is the tariff's to say.

mod announce;
mod append;
mod attest;
mod birth;
mod call;
mod capacity;
mod error;
mod event;
mod guest;
mod notes;
mod server;
mod silence;
mod sums;
mod witness;
mod writer;

use parity_scale_codec::{Decode, Encode};
use scale_info::{Type, TypeInfo};
use tierchain_primitives::ledger::{Announcement, EntityBlock, Event as LedgerEvent, Precision, ServerId, Uuid};
use tierchain_primitives::limits::{BATCH_EVENTS_MAX, DETAIL_BYTES_MAX, GUEST_REPORTS_MAX, REPEATS_KEPT};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::storage_key::Hasher;
use tierchain_primitives::{AccountId, H256};

pub use self::announce::{ANNOUNCEMENTS_MAX, ANNOUNCEMENTS_OF_CENTER_MAX};
pub use self::attest::{Attested, Gap};
pub use self::call::Call;
pub use self::capacity::Committed;
pub use self::error::Error;
pub use self::event::Event;
pub use self::notes::{Discrepancy, DiscrepancyKind, Dispute, NOTES_MAX, Note, NoteKind, Verdict};
pub use self::server::{Anchor, End, Server, TenantEntry};
pub use self::silence::{Suspicion, last_sign, standing};
pub use self::sums::Sums;
pub use self::witness::Statement;
pub use self::writer::{Kept, Writer, WriterKey};
use crate::dispatch::DispatchError;
use crate::errors;
use crate::execute::{BlockContext, Context};
use crate::genesis::{GenesisConfig, LedgerBounds};
use crate::metadata::Module;
use crate::storage::{Map, Overlay, Value};

/// The module's index.
pub const INDEX: u8 = 3;

// Storage.

/// What genesis says about chains.
pub const PARAMETERS: Value<Parameters> = Value::new("Chains", "Parameters");
/// The announcements of each server that isn't born yet, in the order in which they came.
pub const ANNOUNCEMENTS: Map<ServerId, Vec<Announced>> = Map::new("Chains", "Announcements", Hasher::Blake2_128Concat);
/// Every life of every server.
pub const SERVERS: Map<ServerId, Server> = Map::new("Chains", "Servers", Hasher::Blake2_128Concat);
/// How many lives a server has had, the present one included.
pub const GENERATIONS: Map<Uuid, u32> = Map::new("Chains", "Generations", Hasher::Blake2_128Concat);
/// How many lives there are in all.
pub const SERVER_COUNT: Value<u64> = Value::new("Chains", "ServerCount");
/// All lives in the order of their births, from 0.
pub const SERVER_LIST: Map<u64, ServerId> = Map::new("Chains", "ServerList", Hasher::Twox64Concat);
/// How many lives a tenant's servers have had.
pub const TENANT_SERVER_COUNT: Map<H256, u64> = Map::new("Chains", "TenantServerCount", Hasher::Blake2_128Concat);
/// A tenant's servers in the order of their births, from 0: what isn't here isn't on this ledger.
pub const TENANT_SERVERS: Map<(H256, u64), TenantEntry> = Map::new("Chains", "TenantServers", Hasher::Blake2_128Concat);
/// Where each writer is with its numbers.
pub const WRITERS: Map<WriterKey, Writer> = Map::new("Chains", "Writers", Hasher::Blake2_128Concat);
/// What a writer's earlier numbers held, in pieces of 16 that take turns.
pub const WRITTEN: Map<(WriterKey, u8), Vec<Kept>> = Map::new("Chains", "Written", Hasher::Blake2_128Concat);
/// Up to when each host was watched.
pub const ATTESTED: Map<H256, Attested> = Map::new("Chains", "Attested", Hasher::Blake2_128Concat);
/// When a host wasn't watched, from number 0 without gaps.
pub const GAPS: Map<(H256, u32), Gap> = Map::new("Chains", "Gaps", Hasher::Blake2_128Concat);
/// What each host has promised to its living servers, where it is something.
pub const COMMITTED: Map<H256, Committed> = Map::new("Chains", "Committed", Hasher::Blake2_128Concat);
/// The newest word of a server's witness, where it differs from the chain's.
pub const WITNESSED: Map<ServerId, Statement> = Map::new("Chains", "Witnessed", Hasher::Blake2_128Concat);
/// The notes of each life, from number 0 without gaps.
pub const NOTES: Map<(ServerId, u32), Note> = Map::new("Chains", "Notes", Hasher::Blake2_128Concat);
/// The open discrepancies of the lives that have any.
pub const DISPUTES: Map<ServerId, Dispute> = Map::new("Chains", "Disputes", Hasher::Blake2_128Concat);
/// How many lives have open discrepancies.
pub const DISPUTED_COUNT: Value<u64> = Value::new("Chains", "DisputedCount");
/// The lives with open discrepancies, from 0, in no order.
pub const DISPUTED: Map<u64, ServerId> = Map::new("Chains", "Disputed", Hasher::Twox64Concat);

/// What genesis says about chains.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Parameters {
    /// D, the leading zero bits that a block nonce must give.
    pub block_nonce_bits: u8,
    /// How far ahead of its block an event may be.
    pub drift_bound_us: Micros,
    /// Whether events of recordings are admitted.
    pub allow_replay: bool,
    /// Whether servers are born whose image their source doesn't know.
    pub unknown_images: bool,
    /// How long what may be missing.
    pub bounds: LedgerBounds,
}

/// An announcement that waits for its birth.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Announced {
    /// Who announced it: each account has one announcement of a server at most.
    pub by: AccountId,
    /// What was announced.
    pub announcement: Announcement,
}

// Events: event.rs.

// Errors: error.rs.

impl TypeInfo for Error {
    type Identity = Self;

    fn type_info() -> Type {
        errors::type_info(module_path!(), Self::ALL.map(|error| (error as u8, error.name(), error.remedy())))
    }
}

impl From<Error> for DispatchError {
    fn from(error: Error) -> Self {
        Self::module(INDEX, error as u8)
    }
}

// Metadata.

/// What clients are told about this module.
pub(crate) fn metadata() -> Module {
    let storage = [
        PARAMETERS.entry("What genesis says about chains."),
        ANNOUNCEMENTS.entry("The announcements of each server that isn't born yet, at most one of each account."),
        SERVERS.entry("Every life of every server."),
        GENERATIONS.entry("How many lives a server has had, the present one included.").or(&0u32),
        SERVER_COUNT.entry("How many lives there are in all.").or(&0u64),
        SERVER_LIST.entry("All lives in the order of their births, from 0."),
        TENANT_SERVER_COUNT.entry("How many lives a tenant's servers have had.").or(&0u64),
        TENANT_SERVERS.entry("A tenant's lives in the order of their births, from 0: what isn't here isn't there."),
        WRITERS.entry("Where each writer is with its numbers for a server.").or(&Writer::default()),
        WRITTEN.entry("What a writer's earlier numbers held, in pieces of 16 that take turns."),
        ATTESTED.entry("Up to when each host was watched, and how often it wasn't."),
        GAPS.entry("When a host wasn't watched, from number 0 without gaps."),
        COMMITTED.entry("What each host has promised to its living servers.").or(&Committed::default()),
        WITNESSED.entry("The newest word of a server's witness, where it differs from the chain's."),
        NOTES.entry("Notes beside a chain, from number 0 without gaps; the server's record counts them."),
        DISPUTES.entry("The open discrepancies of the lives that have any."),
        DISPUTED_COUNT.entry("How many lives have open discrepancies.").or(&0u64),
        DISPUTED.entry("The lives with open discrepancies, from 0, in no order."),
    ];
    Module::new(INDEX, "Chains", "Entity chains: what happened to each server, from its birth to its end.")
        .storage(storage)
        .calls::<Call>()
        .events::<Event>()
        .errors::<Error>()
        .constant("BatchEventsMax", &(BATCH_EVENTS_MAX as u32), "Most events of one append_batch.")
        .constant("GuestReportsMax", &(GUEST_REPORTS_MAX as u32), "Most reports of one append_guest.")
        .constant("AnnouncementsMax", &(ANNOUNCEMENTS_MAX as u32), "Most announcements of one server.")
        .constant(
            "AnnouncementsOfCenterMax",
            &(ANNOUNCEMENTS_OF_CENTER_MAX as u32),
            "Most announcements of one server that are of one data center.",
        )
        .constant("NotesMax", &NOTES_MAX, "Most notes beside one chain.")
        .constant("DetailBytesMax", &(DETAIL_BYTES_MAX as u32), "Most bytes of an event's detail.")
        .constant(
            "RepeatsKept",
            &REPEATS_KEPT,
            "By how many of a writer's last numbers a repeat is told from a conflict.",
        )
}

// Genesis.

/// The module's part of the state before block 1.
pub(crate) fn genesis(state: &mut Overlay<'_>, config: &GenesisConfig) {
    let parameters = Parameters {
        block_nonce_bits: config.block_nonce_bits,
        drift_bound_us: config.drift_bound_us,
        allow_replay: config.allow_replay,
        unknown_images: config.unknown_images,
        bounds: config.bounds,
    };
    PARAMETERS.put(state, &parameters);
}

// Calls.

/// Executes a call.
pub(crate) fn dispatch(context: &mut Context<'_>, call: &Call) -> Result<(), DispatchError> {
    match call {
        Call::Announce { announcement } => announce::announce(context, announcement),
        Call::Birth { request, tracker_signature } => birth::birth(context, request, tracker_signature),
        Call::Append { event } => append::append(context, event),
        Call::AppendBatch { events } => append::append_batch(context, events),
        Call::Late { event } => append::late(context, event),
        Call::AppendGuest { reports } => guest::append_guest(context, reports),
        Call::Attest { host, since, until } => attest::attest(context, *host, *since, *until),
        Call::Witness { server, state, since, evidence } => {
            witness::witness(context, *server, *state, *since, *evidence)
        }
        Call::NoteDiscrepancy { server, kind } => witness::note_discrepancy(context, *server, *kind),
        Call::Resolve { server, note, verdict, evidence } => {
            notes::resolve(context, *server, *note, *verdict, *evidence)
        }
    }
}

// Helpers.

/// What genesis says about chains.
#[must_use]
pub fn parameters(state: &dyn StateRead) -> Parameters {
    PARAMETERS.get(state).expect("genesis sets the parameters")
}

impl Parameters {
    /// Passes a time that the ledger takes, seen from the block's clock.
    fn ensure_time(&self, block: &BlockContext<'_>, precision: Precision, at: Micros) -> Result<(), Error> {
        match precision {
            // A recording has a clock of its own.
            Precision::Replayed if self.allow_replay => Ok(()),
            Precision::Replayed => Err(Error::ReplayNotAllowed),
            _ if at > block.now_us().saturating_add(self.drift_bound_us) => Err(Error::TimeInFuture),
            _ => Ok(()),
        }
    }
}

/// The life that a successor would follow: the newest of the UUID.
#[must_use]
pub fn newest(state: &dyn StateRead, uuid: Uuid) -> Option<ServerId> {
    let generation = GENERATIONS.get(state, &uuid)?.checked_sub(1)?;
    Some(ServerId { uuid, generation })
}

/// What the ledger adds to a writer's signed event, sealed into the chain's next block.
fn seal(
    context: &Context<'_>,
    server: &Server,
    writer: AccountId,
    event: &LedgerEvent,
    parameters: &Parameters,
) -> EntityBlock {
    use tierchain_primitives::ledger::{BlockKind, EntityTx, EventKind};
    let kind = match event.event {
        EventKind::Born { .. } => BlockKind::Birth,
        EventKind::Ended { .. } => BlockKind::End,
        _ => BlockKind::State,
    };
    let tx = EntityTx {
        writer,
        event: event.clone(),
        extrinsic: context.extrinsic,
        block_number: context.block.header.number,
        block_timestamp: context.block.timestamp,
    };
    EntityBlock::seal(server.chain, server.length, kind, server.head, tx, parameters.block_nonce_bits)
}
