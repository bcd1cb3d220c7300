//! What can be on its way now, and the calls that say it.

use std::time::Duration;

use parity_scale_codec::Encode;
use tierchain_client::{EraStart, Ledger, era_start};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, Etsi, Event, Ownership, Relations, ServerId, TrackerCustody,
};
use tierchain_primitives::limits::BATCH_EVENTS_MAX;
use tierchain_runtime::{Call, chains, meta};
use tokio::time::Instant;

use super::progress::{Cargo, Progress};
use super::{Load, Role, Submitter};
use crate::record::LifeId;
use crate::sighting::Declared;

/// Most bytes of one batch's events.
const BATCH_BYTES: usize = 64 * 1024;

/// How old the block that new signatures start from may be.
const ERA_START_AGE: Duration = Duration::from_secs(2);

impl<L: Ledger> Submitter<L> {
    /// Signs everything that can be on its way.
    pub(super) async fn plan(&mut self) {
        let ids: Vec<LifeId> = self.lives.keys().copied().collect();
        for id in &ids {
            let Some(cargo) = self.lives.get(id).and_then(Progress::next_single) else { continue };
            let role = if cargo == Cargo::Birth { Role::Foundry } else { Role::Hypervisor };
            if self.account(role).room() == 0 {
                continue;
            }
            if let Some(call) = self.single_call(*id, cargo) {
                self.sign(role, call, Load::Lives(vec![(*id, cargo)])).await;
            }
        }
        while self.account(Role::Hypervisor).room() > 0 {
            let (events, cargo) = self.next_batch(&ids);
            if events.is_empty() {
                break;
            }
            let call = Call::Chains(chains::Call::AppendBatch { events });
            self.sign(Role::Hypervisor, call, Load::Lives(cargo)).await;
        }
        for id in &ids {
            let late: Vec<Event> = self.lives.get(id).map(|life| life.next_late().collect()).unwrap_or_default();
            let room = self.account(Role::Hypervisor).room();
            for event in late.into_iter().take(room) {
                let call = Call::Chains(chains::Call::Late { event });
                self.sign(Role::Hypervisor, call, Load::Lives(vec![(*id, Cargo::Late)])).await;
            }
        }
        // Last, so that an answer to a directive comes after what it led to.
        while self.account(Role::Hypervisor).room() > 0 {
            let Some((key, call)) = self.errands.next() else { break };
            self.sign(Role::Hypervisor, call, Load::Errand(key)).await;
        }
    }

    /// Fills a batch with events of any lives, each life's in order.
    fn next_batch(&self, ids: &[LifeId]) -> (Vec<Event>, Vec<(LifeId, Cargo)>) {
        let (mut events, mut cargo, mut bytes) = (Vec::<Event>::new(), Vec::new(), 0);
        for (id, life) in ids.iter().filter_map(|id| self.lives.get_key_value(id)) {
            let index = events.len();
            for event in life.next_events() {
                bytes += event.encoded_size();
                if events.len() == BATCH_EVENTS_MAX || (!events.is_empty() && bytes > BATCH_BYTES) {
                    break;
                }
                events.push(event);
            }
            let count = events.len() - index;
            if count > 0 {
                cargo.push((*id, Cargo::Events { index: index as u32, count: count as u32 }));
            }
        }
        (events, cargo)
    }

    async fn sign(&mut self, role: Role, call: Call, load: Load) {
        let (chain, start) = (self.chain, self.era_start().await);
        if let Load::Lives(cargo) = &load {
            for (life, cargo) in cargo {
                if let Some(progress) = self.lives.get_mut(life) {
                    progress.on_sent(*cargo);
                }
            }
        }
        self.account(role).sign(call.encode(), load, &chain, start);
    }

    fn single_call(&self, id: LifeId, cargo: Cargo) -> Option<Call> {
        let life = self.lives.get(&id)?;
        let (server, previous) = life.place?;
        Some(match cargo {
            Cargo::Announcement => {
                Call::Chains(chains::Call::Announce { announcement: self.announcement(life, server)? })
            }
            Cargo::Birth => {
                let request = BirthRequest {
                    server,
                    occurred_at: life.birth.occurred_at,
                    precision: life.birth.precision,
                    evidence: life.birth.evidence,
                    previous,
                };
                let tracker = &self.identity.stand_in.as_ref()?.tracker;
                let tracker_signature = tracker.sign(&request.signed_bytes(&self.chain.genesis));
                Call::Chains(chains::Call::Birth { request, tracker_signature })
            }
            Cargo::Anchor => Call::Meta(meta::Call::Anchor { server }),
            Cargo::Events { .. } | Cargo::Late => return None,
        })
    }

    /// What is announced of a life; none for one of which neither an order nor a stand-in says who its tracker is.
    fn announcement(&self, life: &Progress, server: ServerId) -> Option<Announcement> {
        let (identity, birth) = (&self.identity, &life.birth);
        if let Some(declared) = &birth.declared {
            let Declared { image, resources, tracker, ownership, etsi, relations } = (**declared).clone();
            let (host, custody, resources) = (identity.host, TrackerCustody::Guest, Some(resources));
            return Some(Announcement { server, host, image, resources, tracker, custody, ownership, etsi, relations });
        }
        let stand_in = identity.stand_in.as_ref()?;
        let tenant = birth.tenant.unwrap_or(stand_in.ownership.tenant);
        Some(Announcement {
            server,
            host: identity.host,
            image: H256::ZERO,
            resources: birth.resources,
            tracker: stand_in.tracker.public(),
            custody: TrackerCustody::Agent,
            ownership: Ownership { tenant, ..stand_in.ownership },
            etsi: Etsi::default(),
            relations: Relations::default(),
        })
    }

    /// A block that every validator has by now, of the last seconds.
    pub(super) async fn era_start(&mut self) -> EraStart {
        if let Some((start, _)) = self.era_start.filter(|(_, at)| at.elapsed() < ERA_START_AGE) {
            return start;
        }
        let start = era_start(&mut self.ring).await;
        self.era_start = Some((start, Instant::now()));
        start
    }
}
