//! What hosts have promised to their servers. A host that promises too much is noted, never refused: the server runs.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Resources, ServerId};
use tierchain_primitives::ports::StateRead;

use super::notes::{self, Discrepancy, DiscrepancyKind};
use super::{COMMITTED, Error, Server};
use crate::execute::Context;
use crate::registry::{HOSTS, Overcommit};

/// A sum of what servers hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, TypeInfo)]
pub struct Committed {
    /// Virtual CPUs.
    #[codec(compact)]
    pub vcpus: u128,
    /// Memory in MiB.
    #[codec(compact)]
    pub memory_mib: u128,
}

/// What a living server holds of its host, where that is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    host: H256,
    sum: Committed,
}

impl Held {
    /// Nothing is held by a server that isn't there any more, nor by one of unknown resources.
    pub(super) fn by(server: &Server) -> Option<Self> {
        let resources = server.resources.filter(|_| server.end.is_none())?;
        Some(Self { host: server.host, sum: Committed::from(resources) })
    }
}

impl From<Resources> for Committed {
    fn from(resources: Resources) -> Self {
        Self { vcpus: resources.vcpus.into(), memory_mib: resources.memory_mib.into() }
    }
}

impl Committed {
    /// u64 times the number of servers there can ever be is far below u128.
    fn plus(self, other: Self) -> Self {
        Self { vcpus: self.vcpus + other.vcpus, memory_mib: self.memory_mib + other.memory_mib }
    }

    fn minus(self, other: Self) -> Self {
        let known = "what is given back was promised";
        Self {
            vcpus: self.vcpus.checked_sub(other.vcpus).expect(known),
            memory_mib: self.memory_mib.checked_sub(other.memory_mib).expect(known),
        }
    }

    fn exceeds(&self, limit: &Self) -> bool {
        self.vcpus > limit.vcpus || self.memory_mib > limit.memory_mib
    }

    /// What a host of that capacity may promise.
    fn limit(capacity: Resources, overcommit: Overcommit) -> Self {
        let of = |sum: u128, permille: u32| sum * u128::from(permille) / 1_000;
        let Self { vcpus, memory_mib } = Self::from(capacity);
        Self { vcpus: of(vcpus, overcommit.cpu_permille), memory_mib: of(memory_mib, overcommit.memory_permille) }
    }
}

/// Moves what a server holds from what it held before, and has it noted if its host now has promised too much.
///
/// The note is left out where one of the kind is open, or there is no room: an event is never refused for it.
pub(super) fn settle(context: &mut Context<'_>, id: ServerId, before: Option<Held>, server: &mut Server) {
    let after = Held::by(server);
    if before == after {
        return;
    }
    let state = &mut context.state;
    if let Some(held) = before {
        let sum = COMMITTED.get(state, &held.host).unwrap_or_default().minus(held.sum);
        match sum == Committed::default() {
            true => COMMITTED.remove(state, &held.host),
            false => COMMITTED.put(state, &held.host, &sum),
        }
    }
    let Some(held) = after else { return };
    let sum = COMMITTED.get(state, &held.host).unwrap_or_default().plus(held.sum);
    COMMITTED.put(state, &held.host, &sum);
    let Some(found) = exceeded(state, server) else { return };
    if notes::open(state, &id, DiscrepancyKind::CapacityExceeded).is_none() {
        // A life with as many notes as it may have goes on without this one.
        if let Err(error) = notes::dispute(context, id, server, None, found) {
            assert_eq!(error, Error::TooManyNotes, "nothing else keeps the ledger from a note of its own");
        }
    }
}

/// The discrepancy of a server whose host has promised too much.
pub(super) fn exceeded(state: &dyn StateRead, server: &Server) -> Option<Discrepancy> {
    let held = Held::by(server)?;
    let host = HOSTS.get(state, &held.host)?;
    let limit = Committed::limit(host.capacity?, host.overcommit);
    let committed = COMMITTED.get(state, &held.host).unwrap_or_default();
    let found = Discrepancy::CapacityExceeded { host: held.host, committed, limit };
    committed.exceeds(&limit).then_some(found)
}
