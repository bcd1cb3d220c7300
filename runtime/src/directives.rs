//! `directives` (8): what a provider asks of a host. The ledger carries the order and what became of it; the host's
//! agent does it.
//!
//! Whoever acts for a server's provider issues a directive to the host that runs it; the host's hypervisor accepts it,
//! does it, and says how it went. Nothing here changes a server's chain: that follows from what the agent then reports.
//!
//! Invariants:
//! - A directive goes `Issued -> Accepted -> Done | Failed`, or `Issued -> Cancelled | Expired`, or
//!   `Accepted -> Expired`. What is closed stays closed, so that an agent can act by a directive's number and never twice.
//! - The open list of a host names exactly its directives that are issued or accepted, oldest first, and has a bound, as
//!   has the share of each provider in it.
//! - Every step of every directive is on the list of changes, in order and without gaps: who follows it from a place on
//!   misses nothing.
//! - An issuer's reference names one directive for ever: to send an order again is safe.
//! - Words of the field only (a server, an image's digest, resources, ETSI's identifiers): no vendor's format.

mod call;
mod close;
mod directive;
mod error;
mod issue;
mod perform;
mod record;

use parity_scale_codec::{Decode, Encode};
use scale_info::{Type, TypeInfo};
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::storage_key::Hasher;
use tierchain_primitives::{AccountId, H256};

pub use self::call::Call;
pub use self::directive::{Action, Directive, Order};
pub use self::error::Error;
pub use self::record::{Change, DirectiveId, DirectiveRecord, FailReason, Status};
use crate::chains::SERVERS;
use crate::dispatch::DispatchError;
use crate::errors;
use crate::execute::Context;
use crate::metadata::Module;
use crate::storage::{Map, Overlay, Value};

/// The module's index.
pub const INDEX: u8 = 8;

/// Most open directives of one host.
pub const OPEN_MAX: usize = 256;
/// Most open directives of one host that one provider issued: a sixteenth, so that others get through.
pub const OPEN_OF_PROVIDER_MAX: u32 = 16;
/// How far ahead of its block a directive's deadline may be, in milliseconds: a week.
pub const DEADLINE_AHEAD_MS_MAX: Millis = 7 * 24 * 60 * 60 * 1_000;
/// How long after its deadline a directive that was accepted may still be reported, in milliseconds: an hour.
pub const GRACE_MS: Millis = 60 * 60 * 1_000;

// Storage.

/// How many directives there have been.
pub const COUNT: Value<DirectiveId> = Value::new("Directives", "Count");
/// Every directive and what became of it.
pub const DIRECTIVES: Map<DirectiveId, DirectiveRecord> = Map::new("Directives", "Directives", Hasher::Twox64Concat);
/// The directives of a host that are issued or accepted, oldest first.
pub const OPEN: Map<H256, Vec<DirectiveId>> = Map::new("Directives", "Open", Hasher::Blake2_128Concat);
/// How many of a host's open directives are of one provider, by the ids of host and provider.
pub const OPEN_OF: Map<(H256, H256), u32> = Map::new("Directives", "OpenOf", Hasher::Blake2_128Concat);
/// The directive that an issuer's reference names.
pub const REFERENCES: Map<(AccountId, H256), DirectiveId> =
    Map::new("Directives", "References", Hasher::Blake2_128Concat);

/// How many steps directives have made.
pub const CHANGE_COUNT: Value<u64> = Value::new("Directives", "ChangeCount");
/// The steps of all directives, in the order in which they were made, from 0.
pub const CHANGES: Map<u64, Change> = Map::new("Directives", "Changes", Hasher::Twox64Concat);

// Events.

/// What this module reports.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Event {
    /// A host has a directive more.
    #[codec(index = 0)]
    Issued {
        /// Its number.
        id: DirectiveId,
        /// The host that is to do it.
        host: H256,
        /// The issuer's reference.
        reference: H256,
    },
    /// The host is going to do it.
    #[codec(index = 1)]
    Accepted {
        /// Its number.
        id: DirectiveId,
        /// The host.
        host: H256,
    },
    /// The host did it.
    #[codec(index = 2)]
    Done {
        /// Its number.
        id: DirectiveId,
        /// The host.
        host: H256,
        /// The server it was done to, or that it made.
        server: ServerId,
    },
    /// The host couldn't do it.
    #[codec(index = 3)]
    Failed {
        /// Its number.
        id: DirectiveId,
        /// The host.
        host: H256,
        /// Why.
        reason: FailReason,
    },
    /// It was called off before the host accepted it.
    #[codec(index = 4)]
    Cancelled {
        /// Its number.
        id: DirectiveId,
        /// The host.
        host: H256,
    },
    /// Its time was over.
    #[codec(index = 5)]
    Expired {
        /// Its number.
        id: DirectiveId,
        /// The host.
        host: H256,
    },
    /// What was sent is on the ledger already: nothing changed.
    #[codec(index = 6)]
    RepeatIgnored {
        /// The directive's number.
        id: DirectiveId,
    },
}

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
        COUNT.entry("How many directives there have been.").or(&0u64),
        DIRECTIVES.entry("Every directive and what became of it."),
        OPEN.entry("The directives of a host that are issued or accepted, oldest first.")
            .or(&Vec::<DirectiveId>::new()),
        OPEN_OF.entry("How many of a host's open directives are of one provider.").or(&0u32),
        REFERENCES.entry("The directive that an issuer's reference names."),
        CHANGE_COUNT.entry("How many steps directives have made.").or(&0u64),
        CHANGES.entry("The steps of all directives, in the order in which they were made, from 0."),
    ];
    let ahead = "How far ahead of its block a directive's deadline may be, in milliseconds.";
    let grace = "How long after its deadline an accepted directive may still be reported, in milliseconds.";
    Module::new(INDEX, "Directives", "Directives: what a provider asks of a host, and what became of it.")
        .storage(storage)
        .calls::<Call>()
        .events::<Event>()
        .errors::<Error>()
        .constant("OpenMax", &(OPEN_MAX as u32), "Most open directives of one host.")
        .constant(
            "OpenOfProviderMax",
            &OPEN_OF_PROVIDER_MAX,
            "Most open directives of one host that one provider issued.",
        )
        .constant("DeadlineAheadMsMax", &DEADLINE_AHEAD_MS_MAX, ahead)
        .constant("GraceMs", &GRACE_MS, grace)
}

// Genesis and hooks: none. No directive stands at the start, and what is overdue is closed by whoever minds.

// Calls.

/// Executes a call.
pub(crate) fn dispatch(context: &mut Context<'_>, call: &Call) -> Result<(), DispatchError> {
    match call {
        Call::Issue { directive } => issue::issue(context, directive),
        Call::Accept { id } => perform::accept(context, *id),
        Call::Done { id, server, evidence } => perform::done(context, *id, *server, *evidence),
        Call::Fail { id, reason, evidence } => perform::fail(context, *id, *reason, *evidence),
        Call::Cancel { id } => close::cancel(context, *id),
        Call::Expire { id } => close::expire(context, *id),
    }
}

// Helpers.

/// The numbers of a host's directives that are issued or accepted, oldest first.
#[must_use]
pub fn open(state: &dyn StateRead, host: &H256) -> Vec<DirectiveId> {
    OPEN.get(state, host).unwrap_or_default()
}

/// A directive's record.
fn record(state: &dyn StateRead, id: DirectiveId) -> Result<DirectiveRecord, Error> {
    DIRECTIVES.get(state, &id).ok_or(Error::UnknownDirective)
}

/// Keeps what became of a directive in this block, and takes it off its host's list where that closes it.
fn keep(context: &mut Context<'_>, id: DirectiveId, record: DirectiveRecord) {
    let block = context.block.header.number;
    let record = DirectiveRecord { changed_in: block, ..record };
    let DirectiveRecord { directive, status, server, .. } = &record;
    let change = Change { block, id, host: directive.host, status: *status, server: *server };
    let state = &mut context.state;
    if !status.is_open() {
        let provider = provider_of(&*state, &record);
        take_off(state, &directive.host, &provider, id);
    }
    let place = CHANGE_COUNT.get(state).unwrap_or(0);
    CHANGES.put(state, &place, &change);
    CHANGE_COUNT.put(state, &place.checked_add(1).expect("there are fewer changes than extrinsics"));
    DIRECTIVES.put(state, &id, &record);
}

/// Puts a directive on its host's list.
///
/// # Errors
/// The host has as many open directives as one may have, or as many of this provider.
fn put_on(state: &mut Overlay<'_>, host: &H256, provider: &H256, id: DirectiveId) -> Result<(), Error> {
    let of_provider = OPEN_OF.get(state, &(*host, *provider)).unwrap_or(0);
    if of_provider >= OPEN_OF_PROVIDER_MAX {
        return Err(Error::ShareUsed);
    }
    let mut open = open(state, host);
    if open.len() >= OPEN_MAX {
        return Err(Error::TooManyDirectives);
    }
    open.push(id);
    OPEN.put(state, host, &open);
    OPEN_OF.put(state, &(*host, *provider), &(of_provider + 1));
    Ok(())
}

/// Takes a directive off its host's list; a list without any leaves no entry.
fn take_off(state: &mut Overlay<'_>, host: &H256, provider: &H256, id: DirectiveId) {
    let mut open = open(state, host);
    open.retain(|known| *known != id);
    if open.is_empty() {
        OPEN.remove(state, host)
    } else {
        OPEN.put(state, host, &open)
    }
    let of_provider = (*host, *provider);
    match OPEN_OF.get(state, &of_provider).and_then(|count| count.checked_sub(1)).expect("what is open is counted") {
        0 => OPEN_OF.remove(state, &of_provider),
        left => OPEN_OF.put(state, &of_provider, &left),
    }
}

/// The provider for which a directive was issued.
fn provider_of(state: &dyn StateRead, record: &DirectiveRecord) -> H256 {
    match &record.directive.action {
        Action::Create(order) => order.ownership.provider,
        other => {
            let server = other.server().and_then(|server| SERVERS.get(state, &server));
            server.expect("a directive was issued for a life with a record, and records stay").ownership.provider
        }
    }
}
