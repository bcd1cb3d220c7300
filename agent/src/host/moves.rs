//! Moves between hosts, the ledger between them: what each side does follows from what it wrote down and from where the
//! server stands on the ledger, so that either may be killed at any point.
//!
//! ```text
//! source                                   ledger                        target
//! stops the server, has its tracker's
//! reports decided; writes and signs ────> MovedOut, the key sealed ────> can it run here? then writes
//!                                          MovedIn               <──────  and signs its arrival
//! drops what is left, answers       <──── the host is the target  ────>  starts it anew, from its image
//! ```
//!
//! - *Nothing runs twice.* The source has stopped it before it signs its departure. The target starts it when its arrival
//!   is final, and the source starts it again only when its call back is: the ledger takes one of the two.
//! - *A move is cold.* Memory and disk stay behind; what goes along is the tracker's key, sealed for the target.
//! - *An old answer misleads nobody.* Validators differ in how far they are. A line says how long the server's chain was
//!   before it; what a shorter or equal chain shows is from before it.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::directives::{Action, DirectiveId, Status};

use super::Host;
use crate::driver::{Driver, Halted, Seed};
use crate::sighting::Arrival;

mod source;
mod target;
#[cfg(test)]
mod tests;

/// A server as it stands on the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    /// The host that has it.
    pub(crate) host: H256,
    /// Where it is on its way to.
    pub(crate) moving_to: Option<H256>,
    /// Whether its chain has ended.
    pub(crate) ended: bool,
    /// Blocks of its chain.
    pub(crate) length: u32,
    /// The hypervisor's account of the other host that was asked about.
    pub(crate) other: Option<AccountId>,
}

/// A server that is to come here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Offer {
    /// As the ledger has it.
    pub(crate) arrival: Arrival,
    /// Its arrival is to be said to be no earlier than that.
    pub(crate) not_before: Micros,
    /// The block time up to which it may be taken.
    pub(crate) deadline: Millis,
    /// Its tracker's key.
    pub(crate) tracker: Seed,
}

/// What is known and on its way of all moves from and to this host.
#[derive(Default)]
pub(super) struct Moves {
    standings: BTreeMap<ServerId, Standing>,
    offers: Vec<Offer>,
    /// Servers that this agent has stopped, with what goes along.
    halted: BTreeMap<DirectiveId, Halted>,
    /// Arrivals whose errand is on its way.
    saying: BTreeSet<Uuid>,
    /// When to try again what couldn't be done.
    retry_at: BTreeMap<Uuid, Micros>,
}

impl<D: Driver> Host<D> {
    /// Servers whose standing must be known, each with the host whose hypervisor matters.
    pub(crate) fn watched(&self) -> BTreeMap<ServerId, H256> {
        let own = self.settings.host;
        let asked = self
            .open
            .iter()
            .filter(|(id, record)| record.status == Status::Accepted && self.journal.answer(**id).is_none());
        let asked = asked.filter_map(|(_, record)| match record.directive.action {
            Action::Migrate { server, to } => Some((server, to)),
            _ => None,
        });
        let leaving = self.intake.book.lives().filter_map(|life| {
            let course = life.course()?;
            Some((ServerId { uuid: life.id.uuid, generation: course.generation }, course.to))
        });
        let coming = self.intake.book.coming().map(|coming| (coming.arrival.server, own));
        asked.chain(leaving).chain(coming).collect()
    }

    /// Takes what the ledger says of the servers that are watched.
    pub(super) fn on_standings(&mut self, standings: BTreeMap<ServerId, Standing>) {
        self.moves.standings = standings;
    }

    /// Takes the servers that are on their way here.
    pub(super) fn on_offers(&mut self, offers: Vec<Offer>) {
        self.moves.offers = offers;
    }
}
