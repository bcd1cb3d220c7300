//! Random governance: whatever operators, voters and strangers ask for, what holds of the set in force.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::registry::{
    self, Event, PROPOSAL_LIFE_MS, Proposal, ProposalId, VALIDATORS_MIN, epoch_change, is_address,
};
use tierchain_runtime::{Call, Outcome, is_admitted};

use crate::governance::{add, approve, expire, propose, remove, replace, said};
use crate::observers::{observe, observe_no_more};
use crate::rejoin::rejoin;
use crate::world::{Who, World};

/// Validators that ever come into question.
const CROWD: u8 = 8;

/// What a test does next. Proposals are one of the last four.
#[derive(Clone, Debug)]
enum Action {
    Propose {
        by: u8,
        what: Change,
    },
    Approve {
        by: u8,
        which: usize,
    },
    ApproveByAll {
        which: usize,
    },
    Expire {
        which: usize,
    },
    Rejoin {
        by: u8,
    },
    Wait {
        blocks: u8,
    },
    /// A week passes.
    Sleep,
}

#[derive(Clone, Debug)]
enum Change {
    Add(u8),
    Remove(u8),
    Replace { at: u8, new: u8 },
    AddObserver(u8),
    RemoveObserver(u8),
}

impl Change {
    fn proposal(&self) -> Proposal {
        match *self {
            Self::Add(number) => add(number),
            Self::Remove(number) => remove(number),
            Self::Replace { at, new } => replace(at, at, new),
            Self::AddObserver(number) => observe(number),
            Self::RemoveObserver(number) => observe_no_more(number),
        }
    }
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let one = || 0..CROWD;
    let what = prop_oneof![
        one().prop_map(Change::Add),
        one().prop_map(Change::Remove),
        (one(), one()).prop_map(|(at, new)| Change::Replace { at, new: CROWD + new }),
        one().prop_map(Change::AddObserver),
        one().prop_map(Change::RemoveObserver),
    ];
    let action = prop_oneof![
        4 => (one(), what).prop_map(|(by, what)| Action::Propose { by, what }),
        6 => (one(), any::<usize>()).prop_map(|(by, which)| Action::Approve { by, which }),
        8 => any::<usize>().prop_map(|which| Action::ApproveByAll { which }),
        1 => any::<usize>().prop_map(|which| Action::Expire { which }),
        1 => one().prop_map(|by| Action::Rejoin { by }),
        4 => (1..12u8).prop_map(|blocks| Action::Wait { blocks }),
        1 => Just(Action::Sleep),
    ];
    proptest::collection::vec(action, 1..80)
}

/// A world and what an onlooker remembers of it.
struct Onlooker {
    world: World,
    /// Every proposal made, by number.
    made: Vec<Proposal>,
    /// Who approved what, as reported.
    approvals: BTreeMap<ProposalId, BTreeSet<AccountId>>,
    /// The end of the epoch, as reported.
    ending: Option<u32>,
}

impl Onlooker {
    fn new() -> Self {
        Self { world: World::of(5), made: Vec::new(), approvals: BTreeMap::new(), ending: None }
    }

    fn play(&mut self, action: &Action) {
        match action {
            Action::Propose { by, what } => self.call(Who::Operator(*by), propose(&what.proposal())),
            Action::Approve { by, which } => self.approve(*by, *which),
            Action::ApproveByAll { which } => (0..CROWD).for_each(|by| self.approve(by, *which)),
            Action::Expire { which } => {
                let id = self.id(*which);
                self.call(Who::Nobody, expire(id));
            }
            Action::Rejoin { by } => self.call(Who::Voter(*by), rejoin(H256([*by; 32]))),
            Action::Wait { blocks } => (0..*blocks).for_each(|_| self.block(&[])),
            Action::Sleep => self.world.time += PROPOSAL_LIFE_MS,
        }
    }

    fn id(&self, which: usize) -> ProposalId {
        let made = self.made.len();
        ProposalId::try_from(made.saturating_sub(1 + which % 4)).expect("few")
    }

    fn approve(&mut self, by: u8, which: usize) {
        let id = self.id(which);
        let Some(proposal) = self.made.get(id as usize).cloned() else { return };
        self.call(Who::Operator(by), approve(id, &proposal));
    }

    /// Puts a call into a block of its own, unless nobody has admitted its signer yet.
    fn call(&mut self, who: Who, call: Call) {
        if is_admitted(&self.world.state, &who.id()) {
            self.block(&[(who, call)]);
        }
    }

    fn block(&mut self, calls: &[(Who, Call)]) {
        let before = registry::validator_set(&self.world.state);
        let outcome = self.world.block(calls);
        self.follow(&before, &outcome);
        self.assert_legal();
    }

    /// Takes in what was reported, and holds it against what was known.
    fn follow(&mut self, before: &ValidatorSet, outcome: &Outcome) {
        let after = registry::validator_set(&self.world.state);
        let number = self.world.number;
        if self.ending == Some(number) {
            assert_eq!(after.epoch, before.epoch.next(), "the epoch ends at the block that was said");
            assert_eq!(registry::epoch(&self.world.state, after.epoch).map(|it| it.begins_after), Some(number));
            self.ending = None;
        } else {
            assert_eq!(&after, before, "no set changes within an epoch");
        }
        for event in said(outcome) {
            match event {
                Event::ProposalMade { id, .. } => {
                    assert_eq!(id as usize, self.made.len(), "proposals are numbered without gap");
                    let record = registry::PROPOSALS.get(&self.world.state, &id).expect("it was made");
                    self.made.push(record.proposal);
                }
                Event::Approved { id, by, votes, quorum } => {
                    assert!(self.approvals.entry(id).or_default().insert(by), "nobody approves twice");
                    assert_eq!((votes, quorum), (self.votes(id), quorum_of(after.len())));
                }
                Event::Enacted { id } => assert!(self.votes(id) >= quorum_of(after.len())),
                Event::EpochEnding { end, next } => {
                    assert_eq!((end, next), (number + WINDOW, after.epoch.next()));
                    assert_eq!(self.ending.replace(end), None, "at most one change is pending");
                }
                Event::EpochBegan { epoch, .. } => assert_eq!(epoch, after.epoch),
                Event::Expired { .. } | Event::Rejoined { .. } | Event::Noted { .. } => {}
            }
        }
    }

    /// The validators in force whose operators approved, counted from what was reported.
    fn votes(&self, id: ProposalId) -> u32 {
        let validators = registry::validators(&self.world.state);
        let mut votes = 0;
        for validator in validators {
            votes += u32::from(self.approvals[&id].contains(&validator.operator));
        }
        votes
    }

    /// What holds of the sets in force and to come.
    fn assert_legal(&self) {
        let state = &self.world.state;
        let (set, validators) = (registry::validator_set(state), registry::validators(state));
        assert!(set.keys.iter().eq(validators.iter().map(|validator| &validator.consensus)));
        let change = epoch_change(state);
        assert_eq!(change.as_ref().map(|change| change.end), self.ending);
        let next = registry::next_validators(state).unwrap_or_else(|| validators.clone());
        for set in [&validators, &next] {
            assert!(set.len() >= VALIDATORS_MIN && set.len() <= 100);
            let distinct = |count: usize| assert_eq!(count, set.len(), "a key, peer id or name stands twice");
            distinct(set.iter().map(|it| it.consensus).collect::<BTreeSet<_>>().len());
            distinct(set.iter().map(|it| &it.peer_id).collect::<BTreeSet<_>>().len());
            distinct(set.iter().map(|it| &it.name).collect::<BTreeSet<_>>().len());
            assert!(set.iter().all(|it| it.addresses.iter().all(|address| is_address(address))));
            assert!(set.iter().all(|it| is_admitted(state, &it.consensus) && is_admitted(state, &it.operator)));
        }
        let voting: BTreeSet<&Vec<u8>> = validators.iter().map(|it| &it.peer_id).collect();
        let observers = registry::observers(state);
        assert!(observers.iter().all(|observer| !voting.contains(observer)));
        assert_eq!(observers.iter().collect::<BTreeSet<_>>().len(), observers.len(), "an observer stands twice");
        let difference = next.len().abs_diff(validators.len());
        assert!(difference <= 1, "one change at a time");
    }
}

/// floor(2n / 3) + 1, as the protocol has it.
fn quorum_of(count: usize) -> u32 {
    u32::try_from(count * 2 / 3 + 1).expect("few")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_is_asked_for_the_set_is_legal_and_epochs_follow_each_other(actions in actions()) {
        let mut onlooker = Onlooker::new();
        for action in &actions {
            onlooker.play(action);
        }
    }
}

#[test]
fn the_random_actions_do_change_sets() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut epochs, mut sizes) = (0, BTreeSet::new());
    for _ in 0..40 {
        let tree = actions().new_tree(&mut runner).expect("a strategy without filters");
        let mut onlooker = Onlooker::new();
        tree.current().iter().for_each(|action| onlooker.play(action));
        let set = registry::validator_set(&onlooker.world.state);
        epochs += set.epoch.0;
        sizes.insert(set.len());
    }
    assert!(epochs > 40 && sizes.len() > 2, "only {epochs} epochs and sets of {sizes:?}: the actions reach nothing");
}
