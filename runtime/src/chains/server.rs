//! A server's record: one leaf of the authenticated tree per life.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, EndReason, EntityBlock, Event, EventKind, Meter, Ownership, Relation, Resources,
    ServerId, ServerState,
};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_primitives::{AccountId, H256};

use super::sums::Sums;
use super::{Error, Suspicion};

/// A life of a server, as far as it has gone.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Server {
    /// The name of its chain.
    pub chain: H256,
    /// Whose it is.
    pub ownership: Ownership,
    /// The host that runs it.
    pub host: H256,
    /// The host it is moving to.
    pub moving_to: Option<H256>,
    /// Time of the block that took its departure, while it is moving.
    pub moved_at: Option<Millis>,
    /// The public key of its tracking application.
    pub tracker: AccountId,
    /// The chains it comes from, as its announcement declared them.
    pub relations: Vec<Relation>,
    /// What it is given, where known.
    pub resources: Option<Resources>,
    /// The state it is in; after an end, the last one.
    pub state: ServerState,
    /// Since when.
    #[codec(compact)]
    pub state_since: Micros,
    /// Time of the block that took its hypervisor's last event.
    #[codec(compact)]
    pub seen: Millis,
    /// A foundry's word that its host is silent; the next event of its hypervisor takes it back.
    pub suspected: Option<Suspicion>,
    /// Hash of the chain's last block.
    pub head: H256,
    /// How many blocks the chain has.
    #[codec(compact)]
    pub length: u32,
    /// Hash of the birth block.
    pub birth_hash: H256,
    /// When it was born.
    #[codec(compact)]
    pub born: Micros,
    /// Up to when its usage is summed: the time of its hypervisor's last event, where clocks agree.
    #[codec(compact)]
    pub last_at: Micros,
    /// What it has consumed up to then.
    pub usage: Sums,
    /// How many events came after the end.
    #[codec(compact)]
    pub late: u32,
    /// How many notes stand beside the chain: discrepancies and how they were resolved.
    #[codec(compact)]
    pub notes: u32,
    /// Its end, if it has come.
    pub end: Option<End>,
    /// Where its end is linked into a meta-chain, if it is.
    pub anchored: Option<Anchor>,
    /// The generation from which its writers' numbers count: its own, or that of the life it rolled over from.
    #[codec(compact)]
    pub numbered_from: u32,
    /// Its place in its tenant's list.
    #[codec(compact)]
    pub tenant_index: u64,
    /// By which a repeated announcement is known: a hash of all of it.
    pub announcement: H256,
    /// By which a repeated birth is known: a hash of UUID, time, evidence and predecessor.
    pub birth_content: H256,
}

/// The end of a life.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct End {
    /// When.
    #[codec(compact)]
    pub at: Micros,
    /// Time of the block that took it.
    #[codec(compact)]
    pub noted: Millis,
    /// Why.
    pub reason: EndReason,
    /// Hash of the end block, which seals the chain.
    pub hash: H256,
}

/// The place of an ended chain in its meta-chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Anchor {
    /// Who asked for it.
    pub by: AccountId,
    /// The meta-chain.
    pub meta: H256,
    /// The meta block.
    #[codec(compact)]
    pub number: u32,
    /// The meta block's hash.
    pub hash: H256,
}

/// An entry of a tenant's list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct TenantEntry {
    /// The server and which of its lives.
    pub server: ServerId,
    /// When it was born.
    pub born: Micros,
    /// When it ended, if it did.
    pub ended: Option<Micros>,
}

/// By what a repeated announcement is known.
pub(super) fn announcement_hash(announcement: &Announcement) -> H256 {
    sha256(&[b"tierchain/announcement/1", &announcement.encode()])
}

/// By what a repeated birth is known: UUID, time, evidence and predecessor.
pub(super) fn birth_content(request: &BirthRequest) -> H256 {
    let content = (request.server.uuid, request.occurred_at, request.evidence, request.previous);
    sha256(&[b"tierchain/birth-content/1", &content.encode()])
}

impl Server {
    /// Whether this very birth made it: the same request is a repeat, whoever sends it.
    #[must_use]
    pub fn is_born_of(&self, request: &BirthRequest) -> bool {
        self.birth_content == birth_content(request)
    }

    /// Takes a block that was sealed on this record's head: what happened, up to when, and what it consumed.
    ///
    /// The host that a live migration leaves and the one it reaches may both report, each by its own clock: time on
    /// the chain stands still rather than going back, so that each microsecond is billed once. What others than the
    /// hypervisor see ends no piece: a guest's clock or a foundry's must not move the hypervisor's facts.
    pub(super) fn take(&mut self, block: &EntityBlock) -> Result<(), Error> {
        let Event { occurred_at, event, meter, .. } = &block.tx.event;
        self.length = self.length.checked_add(1).ok_or(Error::ChainFull)?;
        self.head = block.hash;
        if event.ends_a_piece() {
            self.advance(*occurred_at);
        }
        self.usage.0.events[event.index()] += 1;
        if let Some(meter) = meter {
            self.read_meter(meter);
        }
        self.change(event, block);
        Ok(())
    }

    /// Sums up the piece since the last block.
    fn advance(&mut self, to: Micros) {
        let wall_us = to.saturating_sub(self.last_at);
        self.usage.0.add_piece(self.state, wall_us, self.resources);
        self.last_at = self.last_at.max(to);
    }

    /// What the event changes from its time on.
    fn change(&mut self, event: &EventKind, block: &EntityBlock) {
        match event {
            EventKind::StateChanged { state } | EventKind::Summary { state, .. } => self.enter(*state),
            EventKind::Resized { resources } => self.resources = Some(*resources),
            // A move back to where it is calls a move off.
            EventKind::MovedOut { to } => {
                self.moving_to = Some(*to).filter(|to| *to != self.host);
                self.moved_at = self.moving_to.and(Some(block.tx.block_timestamp));
            }
            EventKind::MovedIn { .. } => {
                self.host = self.moving_to.take().unwrap_or(self.host);
                self.moved_at = None;
            }
            EventKind::Ended { reason } => {
                let (at, noted) = (self.last_at, block.tx.block_timestamp);
                self.end = Some(End { at, noted, reason: *reason, hash: block.hash });
            }
            EventKind::Suspected { since } => {
                self.suspected = Some(Suspicion { since: *since, noted: block.tx.block_timestamp });
            }
            EventKind::Born { .. }
            | EventKind::Rebooted
            | EventKind::AttributeChanged { .. }
            | EventKind::GuestEvent { .. } => {}
        }
        if !is_foundrys(event) {
            (self.seen, self.suspected) = (block.tx.block_timestamp, None);
        }
    }

    /// Goes into a state; one that it is in already has lasted.
    fn enter(&mut self, state: ServerState) {
        if self.state != state {
            (self.state, self.state_since) = (state, self.last_at);
        }
    }

    /// Passes a meter that shows no less than the one before, and no more CPU time than the server's vCPUs had since its
    /// birth, where they were known all the time; clocks may differ by `drift_us`.
    pub(super) fn ensure_meter(&self, meter: &Meter, at: Micros, drift_us: Micros) -> Result<(), Error> {
        let usage = &self.usage.0;
        let grew = u128::from(meter.cpu_us) >= usage.cpu_us
            && u128::from(meter.bytes_in) >= usage.bytes_in
            && u128::from(meter.bytes_out) >= usage.bytes_out;
        if !grew {
            return Err(Error::UsageDecreased);
        }
        let Some(held) = self.resources.filter(|_| !usage.incomplete) else { return Ok(()) };
        let since_us = at.saturating_sub(self.last_at).saturating_add(drift_us);
        let before: u128 = usage.states.iter().map(|sums| sums.vcpu_us).sum();
        let most = before + u128::from(since_us) * u128::from(held.vcpus);
        if u128::from(meter.cpu_us) <= most { Ok(()) } else { Err(Error::UsageExceedsWall) }
    }

    fn read_meter(&mut self, meter: &Meter) {
        let usage = &mut self.usage.0;
        (usage.cpu_us, usage.bytes_in, usage.bytes_out) =
            (meter.cpu_us.into(), meter.bytes_in.into(), meter.bytes_out.into());
    }
}

/// Whether an event is a foundry's to append: its word that the host is silent, and the end of an orphan.
pub(super) fn is_foundrys(event: &EventKind) -> bool {
    matches!(event, EventKind::Suspected { .. } | EventKind::Ended { reason: EndReason::Orphaned })
}
