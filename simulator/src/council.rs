//! The operators: they change who validates, under load, several changes at a time.
//!
//! An operator is a client with an account of its own, who reads the state of some member, perhaps an old one, and acts
//! by it. All follow the same motions, so a quorum comes about; what a motion needs is submitted again until the chain
//! says what became of it. Nothing is moved that could leave more faulty validators than a set bears.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::epoch::EpochChange;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::registry::{self, OPEN_PROPOSALS, PROPOSALS, Proposal, ProposalId, Status, VALIDATORS_MIN};
use tierchain_runtime::{Call, Quota, Validator};

use crate::body::Body;
use crate::client::Client;
use crate::database::Database;
use crate::event::Event;
use crate::invariants::Witness;
use crate::people::{Candidate, KEYS};
use crate::reform::Wish;
use crate::scene::Scene;
use crate::workload::Workload;

/// Most extrinsics of one operator that aren't final.
const OUTSTANDING_MAX: usize = 4;

/// How many in a thousand times somebody wants something new.
const WISHES_PER_MILLE: u64 = 200;

/// What the operators want to have done.
#[derive(Clone, Debug)]
struct Motion {
    proposal: Proposal,
    hash: H256,
    /// What it does to the candidates of a set.
    effect: Effect,
    was_proposed: bool,
    /// How many proposals there were before: the same may have been enacted once already.
    since: ProposalId,
}

#[derive(Clone, Copy, Debug)]
enum Effect {
    Adds(usize),
    Removes(usize),
    None,
}

/// What became of a motion in some state.
enum Standing {
    Unknown,
    Open { id: ProposalId, approvals: Vec<AccountId> },
    Closed,
}

/// The operators of all candidates.
#[derive(Debug)]
pub struct Council {
    candidates: Vec<Candidate>,
    /// By candidate.
    operators: Vec<Client>,
    motions: Vec<Motion>,
    /// The newest consensus key of each candidate that was ever proposed.
    keys: BTreeMap<usize, usize>,
    /// The newest set that any state said was decided. It comes about even where that state is lost again.
    decided: Option<EpochChange>,
}

impl Council {
    /// The operators of these candidates.
    #[must_use]
    pub fn new(candidates: Vec<Candidate>) -> Self {
        let operators = candidates.iter().map(|candidate| Client::new(candidate.operator())).collect();
        Self { candidates, operators, motions: Vec::new(), keys: BTreeMap::new(), decided: None }
    }

    /// The operators look after what they submitted and, while the day lasts, move and approve.
    pub fn act(&mut self, bodies: &[Body], workload: &Workload, scene: &mut Scene) {
        let Some(reform) = scene.profile.reform.clone() else { return };
        for operator in &mut self.operators {
            operator.tidy(bodies, scene);
        }
        let newest = &ahead(bodies, scene).database;
        let shown = registry::epoch_change(newest);
        self.decided = self.decided.take().into_iter().chain(shown).max_by_key(|change| change.next.epoch);
        self.close(newest);
        if scene.is_faulty {
            let asked = &bodies[scene.random.index(bodies.len())].database;
            self.push(asked, bodies, scene);
            if self.motions.len() < reform.motions_max && scene.random.chance(WISHES_PER_MILLE) {
                let wish = scene.random.pick(&reform.wishes);
                self.wish(wish, asked, bodies, workload, scene);
            }
        }
        for operator in &mut self.operators {
            operator.submit(scene);
        }
        let pause = scene.random.within(reform.pause);
        scene.queue.after(pause, Event::Council);
    }

    /// What isn't final yet; none when everything is.
    #[must_use]
    pub fn unfinished(&self, witness: &Witness) -> Option<String> {
        self.operators.iter().find_map(|operator| operator.unfinished(witness))
    }

    /// Whether all sets bear it if these are faulty: those that somebody still has to see the end of, and those that may
    /// come about from them.
    #[must_use]
    pub fn bears(&self, faulty: &BTreeSet<usize>, bodies: &[Body], scene: &Scene) -> bool {
        self.bears_with(None, faulty, bodies, scene)
    }

    fn bears_with(&self, more: Option<Effect>, faulty: &BTreeSet<usize>, bodies: &[Body], scene: &Scene) -> bool {
        let sets = self.sets(bodies, scene);
        sets.iter().flat_map(|set| self.outcomes(set, more)).all(|set| is_borne(&set, faulty))
    }

    /// The candidates of each epoch that somebody honest still has to see the end of, and of the set that is decided to
    /// follow.
    fn sets(&self, bodies: &[Body], scene: &Scene) -> Vec<BTreeSet<usize>> {
        let (seats, cast) = (scene.witness.seats(), &scene.cast);
        let honest = seats.newest().members.iter().filter(|who| cast.lies(**who).is_none() && !bodies[**who].is_lost());
        let oldest = honest.filter_map(|who| scene.witness.bound_to(*who)).min().unwrap_or_default();
        let in_force = seats.since(oldest).map(|seating| seating.members.iter().copied().collect());
        let shown = registry::epoch_change(&ahead(bodies, scene).database);
        let is_to_come = |change: &&EpochChange| change.next.epoch > seats.newest().set.epoch;
        let decided = shown.iter().chain(&self.decided).filter(is_to_come);
        in_force.chain(decided.map(|change| cast.seated(&change.next).into_iter().collect())).collect()
    }

    /// All sets that may come about from one: motions may be enacted in any order, or not at all.
    fn outcomes(&self, set: &BTreeSet<usize>, more: Option<Effect>) -> Vec<BTreeSet<usize>> {
        let mut outcomes = vec![set.clone()];
        for effect in self.motions.iter().map(|motion| motion.effect).chain(more) {
            let mut changed = outcomes.clone();
            changed.iter_mut().for_each(|set| match effect {
                Effect::Adds(who) => drop(set.insert(who)),
                Effect::Removes(who) if set.len() > VALIDATORS_MIN => drop(set.remove(&who)),
                Effect::Removes(_) | Effect::None => {}
            });
            outcomes.extend(changed);
        }
        outcomes
    }

    /// Takes what is closed by this state off the list.
    fn close(&mut self, state: &Database) {
        self.motions.retain(|motion| !matches!(standing(motion, state), Standing::Closed));
    }

    /// Somebody proposes or approves what is still wanted.
    fn push(&mut self, state: &Database, bodies: &[Body], scene: &mut Scene) {
        let seated = registry::validators(state);
        for at in 0..self.motions.len() {
            let motion = self.motions[at].clone();
            match standing(&motion, state) {
                Standing::Closed => {}
                Standing::Unknown => {
                    let is_on_its_way = self.operators.iter().any(|it| it.awaits(|call| proposes(call, &motion)));
                    if is_on_its_way {
                        continue;
                    }
                    if motion.was_proposed && scene.random.chance(500) {
                        // It failed, most likely: something else was decided meanwhile.
                        self.motions[at].was_proposed = false;
                        continue;
                    }
                    let call = registry::Call::Propose { proposal: motion.proposal.clone() };
                    self.motions[at].was_proposed |= self.submit(&seated, &[], &call, bodies, scene);
                }
                Standing::Open { id, approvals } => {
                    let call = registry::Call::Approve { id, hash: motion.hash };
                    let count = scene.random.within((1, 3));
                    for _ in 0..count {
                        self.submit(&seated, &approvals, &call, bodies, scene);
                    }
                }
            }
        }
    }

    /// Has some operator of the set call, if one can that hasn't approved and has no such call on its way.
    fn submit(
        &mut self,
        seated: &[Validator],
        approvals: &[AccountId],
        call: &registry::Call,
        bodies: &[Body],
        scene: &mut Scene,
    ) -> bool {
        let is_it = |known: &Call| matches!(known, Call::Registry(known) if known == call);
        let can = |operator: &Client| {
            let account = operator.account();
            let sits = seated.iter().any(|validator| validator.operator == account);
            sits && !approvals.contains(&account) && operator.waiting() < OUTSTANDING_MAX && !operator.awaits(is_it)
        };
        let able: Vec<usize> = (0..self.operators.len()).filter(|at| can(&self.operators[*at])).collect();
        if able.is_empty() {
            return false;
        }
        let chosen = scene.random.pick(&able);
        self.operators[chosen].make(Some(Call::Registry(call.clone())), bodies, scene);
        true
    }

    /// Perhaps makes a motion of a wish.
    fn wish(&mut self, wish: Wish, state: &Database, bodies: &[Body], workload: &Workload, scene: &mut Scene) {
        let Some((proposal, effect)) = self.draft(wish, state, workload, scene) else { return };
        let (hash, faulty) = (proposal.hash(), faulty(bodies, scene));
        let is_known = self.motions.iter().any(|motion| motion.hash == hash);
        if is_known || !self.bears_with(Some(effect), &faulty, bodies, scene) {
            return;
        }
        scene.trace.note(scene.queue.now(), || format!("operators want {wish:?}: {effect:?}"));
        if let Proposal::SetQuota { account, quota } = &proposal {
            let quota = quota.unwrap_or_else(|| registry::quota(state));
            scene.witness.on_quota_proposed(account, quota);
        }
        let since = registry::PROPOSAL_COUNT.get(&ahead(bodies, scene).database).unwrap_or_default();
        self.motions.push(Motion { proposal, hash, effect, was_proposed: false, since });
    }

    fn draft(
        &mut self,
        wish: Wish,
        state: &Database,
        workload: &Workload,
        scene: &mut Scene,
    ) -> Option<(Proposal, Effect)> {
        let seated = registry::next_validators(state).unwrap_or_else(|| registry::validators(state));
        let sits = |who: usize| seated.iter().position(|it| scene.cast.owner(&it.consensus) == Some(who));
        let who = scene.random.index(self.candidates.len());
        let (candidate, genesis) = (&self.candidates[who], &scene.genesis.hash);
        match wish {
            Wish::Add if sits(who).is_none() => {
                // With the key that it runs with: its log goes on.
                let generation = self.keys.get(&who).copied().unwrap_or_default();
                let (validator, proof) = (candidate.validator(generation), candidate.proof(generation, genesis));
                Some((Proposal::AddValidator { validator, proof }, Effect::Adds(who)))
            }
            Wish::Remove if seated.len() > VALIDATORS_MIN => {
                let consensus = seated[sits(who)?].consensus;
                Some((Proposal::RemoveValidator { consensus }, Effect::Removes(who)))
            }
            Wish::ReplaceKey => {
                let old = seated[sits(who)?].consensus;
                let generation = 1 + scene.cast.keys(who).iter().position(|key| *key == old)?;
                if generation == KEYS {
                    return None;
                }
                self.keys.insert(who, generation);
                let new = candidate.validator(generation).consensus;
                Some((Proposal::ReplaceKey { old, new, proof: candidate.proof(generation, genesis) }, Effect::None))
            }
            Wish::Quota => {
                let account = workload.account(0)?;
                let like = registry::quota(state);
                let quota = Quota { burst_us: like.burst_us * scene.random.within((1, 4)), ..like };
                Some((Proposal::SetQuota { account, quota: Some(quota) }, Effect::None))
            }
            Wish::Add | Wish::Remove => None,
        }
    }
}

/// The candidates that are faulty now: liars, and whoever lost its memory and isn't back in all honest eyes.
#[must_use]
pub fn faulty(bodies: &[Body], scene: &Scene) -> BTreeSet<usize> {
    let liars = scene.cast.liars().keys().copied();
    let lost = (0..scene.cast.candidates()).filter(|who| scene.cast.lies(*who).is_none() && bodies[*who].is_lost());
    liars.chain(lost).collect()
}

/// Whoever of the honest has executed most.
fn ahead<'a>(bodies: &'a [Body], scene: &Scene) -> &'a Body {
    let honest = bodies.iter().filter(|body| scene.cast.lies(body.number).is_none());
    honest.max_by_key(|body| body.database.best()).expect("more are honest than not")
}

fn is_borne(set: &BTreeSet<usize>, faulty: &BTreeSet<usize>) -> bool {
    set.len() >= VALIDATORS_MIN && set.intersection(faulty).count() <= (set.len() - 1) / 3
}

fn proposes(call: &Call, motion: &Motion) -> bool {
    matches!(call, Call::Registry(registry::Call::Propose { proposal }) if *proposal == motion.proposal)
}

/// What became of a motion in a state.
fn standing(motion: &Motion, state: &Database) -> Standing {
    let open = OPEN_PROPOSALS.get(state).unwrap_or_default();
    if let Some(known) = open.iter().find(|known| known.hash == motion.hash) {
        let approvals = PROPOSALS.get(state, &known.id).map(|record| record.approvals).unwrap_or_default();
        return Standing::Open { id: known.id, approvals };
    }
    let count = registry::PROPOSAL_COUNT.get(state).unwrap_or_default();
    let mut records = (motion.since..count).filter_map(|id| PROPOSALS.get(state, &id));
    let is_closed =
        |record: registry::ProposalRecord| record.status != Status::Open && record.proposal == motion.proposal;
    if records.any(is_closed) { Standing::Closed } else { Standing::Unknown }
}
