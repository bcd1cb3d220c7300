//! A life told again from its blocks alone, by rules of its own: what it was at each time, where, and what it used.
//!
//! The ledger kept sums as it went; this counts anew. Where both agree, neither the record nor the meta block needs to be
//! believed.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{
    Announcement, EndReason, EntityBlock, EventKind, Meter, Precision, Resources, ServerState, Usage,
};
use tierchain_primitives::numbers::{Micros, Millis};

use super::facts::Visit;

/// A time in one state with the same resources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// The state.
    pub state: ServerState,
    /// From when.
    pub from: Micros,
    /// Until when; none where it lasts.
    pub until: Option<Micros>,
}

/// A time on one host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stay {
    /// The host.
    pub host: H256,
    /// From when.
    pub from: Micros,
    /// Until when; none where it lasts.
    pub until: Option<Micros>,
    /// The block that says so: the birth, or the arrival.
    pub block: u32,
}

/// How far an event's own time and its block's time are apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delay {
    /// The block of the chain.
    pub block: u32,
    /// How much later the ledger took it, in microseconds; negative where the writer's clock was ahead.
    pub us: i128,
}

/// A life, as its blocks tell it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lived {
    /// What was announced.
    pub announcement: Announcement,
    /// End hash of the life before.
    pub previous: Option<H256>,
    /// When it was born.
    pub born: Micros,
    /// Up to when it is told.
    pub last_at: Micros,
    /// The state it is in.
    pub state: ServerState,
    /// What it is given.
    pub resources: Option<Resources>,
    /// The host that runs it.
    pub host: H256,
    /// The host it is moving to.
    pub moving_to: Option<H256>,
    /// When it ended, when the ledger noted that, and why.
    pub end: Option<(Micros, Millis, EndReason)>,
    /// What it used.
    pub usage: Usage,
    /// What it was, and when.
    pub intervals: Vec<Interval>,
    /// Where it was, and when.
    pub stays: Vec<Stay>,
    /// Every host that its chain names, where it was and where it was to go, with the block that names it first.
    pub named_in: Vec<(H256, u32)>,
    /// The block whose event came latest, and the one whose writer's clock was farthest ahead.
    pub delay_max: Option<Delay>,
    /// See [`Self::delay_max`].
    pub ahead_max: Option<Delay>,
    /// How many blocks are of a recording, whose clock is its own.
    pub replayed: u32,
}

impl Lived {
    /// Tells a life from its blocks.
    ///
    /// # Errors
    /// The number of the block that can't stand where it stands, and why.
    pub fn of(blocks: &[EntityBlock]) -> Result<Self, (u32, &'static str)> {
        let (first, rest) = blocks.split_first().ok_or((0, "the chain has no block"))?;
        let mut life = Self::born(first)?;
        for block in rest {
            life.take(block).map_err(|reason| (block.number, reason))?;
        }
        life.intervals.push(Interval { state: life.state, from: life.since(), until: None });
        if let Some((at, _, _)) = life.end {
            life.close(at);
        }
        Ok(life)
    }

    fn born(block: &EntityBlock) -> Result<Self, (u32, &'static str)> {
        let event = &block.tx.event;
        let EventKind::Born { announcement, previous } = &event.event else {
            return Err((0, "a chain begins with a birth"));
        };
        if announcement.server != event.server {
            return Err((0, "what was announced is another server"));
        }
        let mut life = Self {
            announcement: announcement.clone(),
            previous: *previous,
            born: event.occurred_at,
            last_at: event.occurred_at,
            state: ServerState::Stopped,
            resources: announcement.resources,
            host: announcement.host,
            moving_to: None,
            end: None,
            usage: Usage::default(),
            intervals: Vec::new(),
            stays: vec![Stay { host: announcement.host, from: event.occurred_at, until: None, block: 0 }],
            named_in: vec![(announcement.host, 0)],
            delay_max: None,
            ahead_max: None,
            replayed: 0,
        };
        life.count(block);
        Ok(life)
    }

    fn take(&mut self, block: &EntityBlock) -> Result<(), &'static str> {
        if self.end.is_some() {
            return Err("nothing follows an end");
        }
        // What a tracker or a foundry sees ends no piece of constant state, except that an end is the end.
        if !matches!(block.tx.event.event, EventKind::GuestEvent { .. } | EventKind::Suspected { .. }) {
            self.advance(block.tx.event.occurred_at);
        }
        self.count(block);
        match &block.tx.event.event {
            EventKind::Born { .. } => return Err("a chain has one birth"),
            EventKind::StateChanged { state } | EventKind::Summary { state, .. } => self.enter(*state),
            EventKind::Resized { resources } => self.resources = Some(*resources),
            EventKind::MovedOut { to } => self.leave(*to, block.number),
            EventKind::MovedIn { from } => self.arrive(*from, block.number)?,
            EventKind::Ended { reason } => self.end = Some((self.last_at, block.tx.block_timestamp, *reason)),
            EventKind::Rebooted
            | EventKind::AttributeChanged { .. }
            | EventKind::Suspected { .. }
            | EventKind::GuestEvent { .. } => {}
        }
        Ok(())
    }

    /// Adds the time since the last event to what was held. Clocks of several writers may disagree: time that was told
    /// before isn't told again.
    fn advance(&mut self, to: Micros) {
        let held = to.saturating_sub(self.last_at);
        let sums = &mut self.usage.states[self.state as usize];
        sums.wall_us += u128::from(held);
        match self.resources {
            Some(Resources { vcpus, memory_mib, disk_gib }) => {
                sums.vcpu_us += u128::from(held) * u128::from(vcpus);
                sums.mib_us += u128::from(held) * u128::from(memory_mib);
                sums.gib_us += u128::from(held) * u128::from(disk_gib);
            }
            None => self.usage.incomplete |= held > 0,
        }
        self.last_at = self.last_at.max(to);
    }

    /// Counts a block's event, reads its meter, compares its clocks.
    fn count(&mut self, block: &EntityBlock) {
        let event = &block.tx.event;
        let seen = &mut self.usage.events[event.event.index()];
        *seen = seen.saturating_add(1);
        if let Some(Meter { cpu_us, bytes_in, bytes_out }) = event.meter {
            self.usage.cpu_us = cpu_us.into();
            self.usage.bytes_in = bytes_in.into();
            self.usage.bytes_out = bytes_out.into();
        }
        if event.precision == Precision::Replayed {
            self.replayed += 1;
            return;
        }
        let us = i128::from(block.tx.block_timestamp) * 1_000 - i128::from(event.occurred_at);
        let delay = Delay { block: block.number, us };
        if self.delay_max.is_none_or(|most| us > most.us) {
            self.delay_max = Some(delay);
        }
        if us < 0 && self.ahead_max.is_none_or(|most| us < most.us) {
            self.ahead_max = Some(delay);
        }
    }

    /// From when the present state is told.
    fn since(&self) -> Micros {
        self.intervals.last().and_then(|interval| interval.until).unwrap_or(self.born)
    }

    fn enter(&mut self, state: ServerState) {
        if state != self.state {
            let (from, until) = (self.since(), self.last_at);
            self.intervals.push(Interval { state: self.state, from, until: Some(until) });
            self.state = state;
        }
    }

    fn leave(&mut self, to: H256, block: u32) {
        if self.named_in.iter().all(|(host, _)| *host != to) {
            self.named_in.push((to, block));
        }
        // A move back to where it is calls a move off.
        self.moving_to = Some(to).filter(|to| *to != self.host);
    }

    fn arrive(&mut self, from: H256, block: u32) -> Result<(), &'static str> {
        if from != self.host {
            return Err("it arrives from a host that it wasn't on");
        }
        let host = self.moving_to.take().ok_or("it arrives without having left")?;
        if let Some(stay) = self.stays.last_mut() {
            stay.until = Some(self.last_at);
        }
        self.host = host;
        self.stays.push(Stay { host, from: self.last_at, until: None, block });
        Ok(())
    }

    /// The hosts that its chain names, each with the time from the first arrival to the last departure.
    #[must_use]
    pub fn visits(&self) -> Vec<Visit> {
        let visit = |(host, _): &(H256, u32)| {
            let mut stays = self.stays.iter().filter(|stay| stay.host == *host);
            let first = stays.next();
            let last = stays.next_back().or(first);
            Visit { host: *host, stayed: first.zip(last).map(|(first, last)| (first.from, last.until)) }
        };
        self.named_in.iter().map(visit).collect()
    }

    /// Ends what still lasts.
    fn close(&mut self, at: Micros) {
        if let Some(interval) = self.intervals.last_mut() {
            interval.until = Some(at);
        }
        if let Some(stay) = self.stays.last_mut() {
            stay.until = Some(at);
        }
    }
}
