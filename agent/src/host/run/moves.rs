//! Moves as the ledger shows them: where the servers stand that the host has to know about, and who is on the way here.
//!
//! A host hears of a server that is to come to it from the list of all directives' steps, which it follows from where it
//! was. That a host has accepted a move to this one makes it look at that server's record until the directive is closed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc as sync;
use std::time::Duration;

use parity_scale_codec::{Decode, DecodeAll};
use tierchain_client::{AskError, Ledger, Ring};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::{EntityBlock, EventKind, ServerId};
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::chains::{self, Server, Writer, WriterKey};
use tierchain_runtime::directives::{self, Action, Change, DirectiveId, DirectiveRecord, Status};
use tierchain_runtime::registry;
use tokio::sync::watch;
use tokio::time::sleep;

use super::Input;
use crate::driver::Seed;
use crate::host::{Offer, RESOURCES_UNSAID, Standing};
use crate::seal;
use crate::sighting::{Arrival, Declared};
use crate::source::process::{MOVED_OUT, WORDS};

/// How often the ledger is asked.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// How many of the newest steps are looked through by a host that doesn't know where it was.
const LOOK_BACK: u64 = 4_096;

/// Most steps that are read in one turn.
const STEPS_MAX: u64 = 256;

/// How many of a chain's newest blocks are looked through for a departure: nothing but a foundry's word may follow it.
const BLOCKS_BACK: u32 = 64;

/// Who follows moves.
pub(super) struct Follower {
    /// The host.
    pub(super) own: H256,
    /// Its hypervisor's key.
    pub(super) key: KeyPair,
    /// Hash of the network's block 0.
    pub(super) genesis: H256,
    /// Keeps the step from which a restart goes on. Lost, the newest [`LOOK_BACK`] are read again.
    pub(super) cursor: PathBuf,
}

/// A move to this host that its source has accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Candidate {
    /// The step by which it was heard of.
    place: u64,
    server: ServerId,
    deadline: Millis,
}

/// What one turn found.
struct Found {
    /// Where to go on with steps.
    next: u64,
    candidates: BTreeMap<DirectiveId, Candidate>,
    standings: BTreeMap<ServerId, Standing>,
    offers: Vec<Offer>,
}

impl Follower {
    /// Asks again and again, and hands on what differs from the last time; ends when nobody listens.
    pub(super) async fn follow<L: Ledger>(
        self,
        mut ring: Ring<L>,
        watched: watch::Receiver<BTreeMap<ServerId, H256>>,
        input: sync::Sender<Input>,
    ) {
        let mut kept = read_cursor(&self.cursor);
        let (mut next, mut candidates) = (kept, BTreeMap::new());
        let (mut standings, mut offers) = (BTreeMap::new(), Vec::new());
        loop {
            let watched = watched.borrow().clone();
            let question = async |ledger: &L| self.look(ledger, next, &candidates, &watched, &offers).await;
            let found = ring.ask("where servers move", question).await;
            if found.standings != standings && input.send(Input::Standings(found.standings.clone())).is_err() {
                return;
            }
            if found.offers != offers && input.send(Input::Offers(found.offers.clone())).is_err() {
                return;
            }
            self.keep_cursor(&mut kept, &found);
            (next, candidates) = (Some(found.next), found.candidates);
            (standings, offers) = (found.standings, found.offers);
            sleep(ASK_EVERY).await;
        }
    }

    async fn look<L: Ledger>(
        &self,
        ledger: &L,
        next: Option<u64>,
        candidates: &BTreeMap<DirectiveId, Candidate>,
        watched: &BTreeMap<ServerId, H256>,
        known: &[Offer],
    ) -> Result<Found, AskError> {
        let mut found =
            Found { next: 0, candidates: candidates.clone(), standings: BTreeMap::new(), offers: Vec::new() };
        found.next = self.read_steps(ledger, next, &mut found.candidates).await?;
        for (server, other) in watched {
            if let Some(standing) = standing(ledger, server, other).await? {
                found.standings.insert(*server, standing);
            }
        }
        for (id, candidate) in &found.candidates {
            let Some(record): Option<Server> = item(ledger, chains::SERVERS.key(&candidate.server)).await? else {
                continue;
            };
            if record.moving_to != Some(self.own) || record.end.is_some() {
                continue;
            }
            let same = |offer: &&Offer| {
                offer.arrival.server == candidate.server
                    && offer.arrival.directive == *id
                    && offer.arrival.length == record.length
            };
            let offer = match known.iter().find(same) {
                Some(offer) => Some(offer.clone()),
                None => self.offer(ledger, *id, candidate, &record).await?,
            };
            found.offers.extend(offer);
        }
        Ok(found)
    }

    /// Reads what is new on the list of steps: moves to this host that were accepted, and those that are closed.
    async fn read_steps<L: Ledger>(
        &self,
        ledger: &L,
        next: Option<u64>,
        candidates: &mut BTreeMap<DirectiveId, Candidate>,
    ) -> Result<u64, AskError> {
        let count: u64 = item(ledger, directives::CHANGE_COUNT.key().to_vec()).await?.unwrap_or(0);
        let next = next.unwrap_or_else(|| count.saturating_sub(LOOK_BACK));
        for place in next..count.min(next.saturating_add(STEPS_MAX)) {
            let Some(change): Option<Change> = item(ledger, directives::CHANGES.key(&place)).await? else {
                return Ok(place);
            };
            match change.status {
                Status::Accepted => {
                    let record: Option<DirectiveRecord> = item(ledger, directives::DIRECTIVES.key(&change.id)).await?;
                    let directive = record.map(|record| record.directive);
                    if let Some(directive) = directive
                        && let Action::Migrate { server, to } = directive.action
                        && to == self.own
                    {
                        candidates.insert(change.id, Candidate { place, server, deadline: directive.deadline });
                    }
                }
                status if !status.is_open() => drop(candidates.remove(&change.id)),
                _ => {}
            }
        }
        // A validator that is behind has fewer.
        Ok(count.min(next.saturating_add(STEPS_MAX)).max(next))
    }

    /// All that is needed to run a server that is on its way here; none where its key can't be opened.
    async fn offer<L: Ledger>(
        &self,
        ledger: &L,
        directive: DirectiveId,
        candidate: &Candidate,
        record: &Server,
    ) -> Result<Option<Offer>, AskError> {
        let server = candidate.server;
        let births = ledger.blocks(server, 0, 1).await?;
        let from = record.length.saturating_sub(BLOCKS_BACK);
        let newest = ledger.blocks(server, from, BLOCKS_BACK).await?;
        let Some(tracker) = newest.iter().rev().find_map(|block| self.key_in(&server, block)) else {
            tracing::warn!(%server, "no tracker's key for this host is in the block of its departure");
            return Ok(None);
        };
        let Some(birth) = births.into_iter().next().map(|block| block.tx.event) else { return Ok(None) };
        let EventKind::Born { announcement, .. } = birth.event else { return Ok(None) };
        let own = writer(ledger, &server, record, self.key.public()).await?;
        let reports = writer(ledger, &server, record, record.tracker).await?;
        let declared = Declared {
            image: announcement.image,
            resources: record.resources.or(announcement.resources).unwrap_or(RESOURCES_UNSAID),
            tracker: announcement.tracker,
            ownership: announcement.ownership,
            etsi: announcement.etsi,
            relations: announcement.relations,
        };
        let arrival = Arrival {
            server,
            directive,
            from: record.host,
            length: record.length,
            number: own.next,
            born: birth.occurred_at,
            evidence: birth.evidence,
            cpu_us: u64::try_from(record.usage.0.cpu_us).unwrap_or(u64::MAX),
            report: reports.next,
            reported: reports.last_at,
            declared,
        };
        let not_before = own.last_at.max(record.born);
        Ok(Some(Offer { arrival, not_before, deadline: candidate.deadline, tracker }))
    }

    /// The tracker's key that a departure to this host carries.
    fn key_in(&self, server: &ServerId, block: &EntityBlock) -> Option<Seed> {
        let event = &block.tx.event;
        let EventKind::MovedOut { to } = event.event else { return None };
        if to != self.own {
            return None;
        }
        let words = std::str::from_utf8(&event.detail.0).ok()?;
        let sealed = hex::decode(words.strip_prefix(WORDS)?.strip_prefix(MOVED_OUT)?).ok()?;
        seal::open(&self.genesis, server, &self.key, &sealed)
    }

    /// Keeps the step from which all that is still open would be heard of again.
    fn keep_cursor(&self, kept: &mut Option<u64>, found: &Found) {
        let oldest = found.candidates.values().map(|candidate| candidate.place).min();
        let keep = oldest.map_or(found.next, |oldest| oldest.min(found.next));
        if *kept == Some(keep) {
            return;
        }
        let draft = self.cursor.with_extension("new");
        match fs::write(&draft, format!("{keep}\n")).and_then(|()| fs::rename(&draft, &self.cursor)) {
            Ok(()) => *kept = Some(keep),
            Err(error) => {
                tracing::warn!(%error, "where this host is with moves can't be kept: a restart reads some steps again");
            }
        }
    }
}

fn read_cursor(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

async fn standing<L: Ledger>(ledger: &L, server: &ServerId, other: &H256) -> Result<Option<Standing>, AskError> {
    let Some(record): Option<Server> = item(ledger, chains::SERVERS.key(server)).await? else { return Ok(None) };
    let other: Option<registry::Host> = item(ledger, registry::HOSTS.key(other)).await?;
    Ok(Some(Standing {
        host: record.host,
        moving_to: record.moving_to,
        ended: record.end.is_some(),
        length: record.length,
        other: other.map(|host| host.hypervisor),
    }))
}

async fn writer<L: Ledger>(
    ledger: &L,
    server: &ServerId,
    record: &Server,
    account: AccountId,
) -> Result<Writer, AskError> {
    let key = WriterKey::new(server, record.numbered_from, account);
    Ok(item(ledger, chains::WRITERS.key(&key)).await?.unwrap_or_default())
}

/// An item of the state.
async fn item<T: Decode>(ledger: &impl Ledger, key: Vec<u8>) -> Result<Option<T>, AskError> {
    let Some(value) = ledger.value(&key).await? else { return Ok(None) };
    let decoded = T::decode_all(&mut value.as_slice());
    decoded
        .map(Some)
        .map_err(|_| AskError("it keeps state in another form: use an agent of the network's version".into()))
}
