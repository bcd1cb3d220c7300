//! Checks of proposals: each rule broken once, and what is waited for.

use tierchain_primitives::{AccountId, Epoch, ValidatorIndex};

use super::*;
use crate::fixture::{Ledger, block, bundle, bundle_with, chain, extrinsic, genesis, root};
use crate::input::Verdict;

/// A proposal of block 1 by validator 0 in view 0, and the world it is checked in.
struct Case {
    chain: Chain,
    accounts: Accounts,
    bundles: Bundles,
    ledger: Ledger,
    pending: Pending,
    change: Option<EpochChange>,
    wall: Millis,
}

impl Case {
    fn new(block: &Block, bundles: Vec<H256>) -> Self {
        let mut checks = Checks::default();
        checks.begin(View(0), block.hash, block.header.clone(), bundles);
        let pending = checks.get(&block.hash).expect("it was begun").clone();
        let (chain, ledger) = (chain(), Ledger::new());
        Self {
            chain,
            accounts: Accounts::default(),
            bundles: Bundles::default(),
            ledger,
            pending,
            change: None,
            wall: 1_000,
        }
    }

    fn outcome(&mut self) -> Outcome {
        let set = ValidatorSet { epoch: Epoch(0), keys: vec![AccountId([0; 32]); 4] };
        let mut context = Context {
            chain: &self.chain,
            accounts: &mut self.accounts,
            bundles: &self.bundles,
            ledger: &self.ledger,
            set: &set,
            change: self.change.as_ref(),
            weights: &Weights::default(),
            quota: &Quota::default(),
            wall: self.wall,
        };
        self.pending.try_check(&mut context)
    }

    fn fault(&mut self) -> Option<Fault> {
        match self.outcome() {
            Outcome::Invalid(fault) => Some(fault),
            _ => None,
        }
    }
}

fn edited(edit: impl FnOnce(&mut Header)) -> Option<Fault> {
    let mut header = block(&genesis(), 0, 0, vec![]).header;
    edit(&mut header);
    let pending = Pending { view: View(0), hash: header.hash(), header, bundles: Vec::new(), next_ask: None, asks: 0 };
    Case { pending, ..Case::new(&genesis(), Vec::new()) }.fault()
}

fn timed(timestamp: Millis) -> Option<Fault> {
    edited(|header| {
        let pre = tierchain_primitives::header::PreRuntime { proposer: ValidatorIndex(0), timestamp, executed: 0 };
        *header = Header::new(header.parent_hash, header.number, header.state_root, header.extrinsics_root, pre);
    })
}

#[test]
fn an_empty_block_of_the_primary_is_good() {
    let mut case = Case::new(&block(&genesis(), 0, 0, vec![]), Vec::new());
    assert!(matches!(case.outcome(), Outcome::Valid(body) if body.is_empty()));
}

#[test]
fn each_rule_is_checked() {
    assert_eq!(edited(|header| header.digest.clear()), Some(Fault::Digest));
    assert_eq!(edited(|header| header.digest.push(header.digest[0].clone())), Some(Fault::NextSet { end: None }));
    let three = |header: &mut Header| header.digest = vec![header.digest[0].clone(); 3];
    assert_eq!(edited(three), Some(Fault::Digest));
    assert_eq!(edited(|header| header.extrinsics_root = H256([3; 32])), Some(Fault::Body));
    let (here, there) = (root(0), H256([3; 32]));
    assert_eq!(edited(|header| header.state_root = there), Some(Fault::Root { number: 0, here, there }));
    let stranger = block(&genesis(), 1, 0, vec![]);
    assert_eq!(Case::new(&stranger, Vec::new()).fault(), Some(Fault::Proposer));
    let own = block(&genesis(), 0, 1, vec![]);
    assert_eq!(Case::new(&own, Vec::new()).fault(), Some(Fault::Executed), "it can't name itself");
}

/// Whether a proposal that carries `next` is at fault where the epoch's end is decided to be `end`.
fn ending(end: Option<BlockNumber>, next: Option<&ValidatorSet>) -> Option<Fault> {
    let mut proposal = block(&genesis(), 0, 0, vec![]).header;
    proposal.digest.extend(next.map(next_set_item));
    let proposal = Block::bare(proposal).expect("it has consensus data");
    let mut case = Case::new(&proposal, Vec::new());
    case.change = end.map(|end| EpochChange { end, next: next_set() });
    case.fault()
}

fn next_set() -> ValidatorSet {
    ValidatorSet { epoch: Epoch(1), keys: vec![AccountId([1; 32]); 5] }
}

#[test]
fn the_last_block_of_an_epoch_and_no_other_carries_the_next_set() {
    let (right, wrong) = (next_set(), ValidatorSet { epoch: Epoch(2), ..next_set() });
    assert_eq!(ending(Some(1), Some(&right)), None);
    assert_eq!(ending(Some(1), None), Some(Fault::NextSet { end: Some(1) }));
    assert_eq!(ending(Some(1), Some(&wrong)), Some(Fault::NextSet { end: Some(1) }));
    assert_eq!(ending(Some(2), None), None);
    assert_eq!(ending(Some(2), Some(&right)), Some(Fault::NextSet { end: Some(2) }));
    assert_eq!(ending(None, Some(&right)), Some(Fault::NextSet { end: None }));
    assert_eq!(ending(Some(0), None), Some(Fault::PastEnd { end: 0 }));
}

#[test]
fn times_rise_and_stay_near_the_clock() {
    let latest = 1_000 + CLOCK_AHEAD_MS;
    for (timestamp, expected) in
        [(1_000, Some(Fault::Time)), (1_001, None), (latest, None), (latest + 1, Some(Fault::Time))]
    {
        assert_eq!(timed(timestamp), expected, "{timestamp}");
    }
}

#[test]
fn executed_never_falls_and_stays_in_the_window() {
    let mut case = Case::new(&genesis(), Vec::new());
    for number in 1..=WINDOW {
        let next = block(&case.chain.last().clone(), 0, 0, vec![]);
        case.chain.insert(next.clone());
        case.chain.finalise(&next.hash);
        case.chain.on_executed(number, root(number));
    }
    let parent = case.chain.last().clone();
    for (executed, is_good) in [(0, false), (1, true), (WINDOW, true), (WINDOW + 1, false)] {
        let proposal = block(&parent, 0, executed, vec![]);
        case.pending = Case::new(&proposal, Vec::new()).pending;
        assert_eq!(matches!(case.outcome(), Outcome::Valid(_)), is_good, "executed {executed}");
    }
    let child = block(&parent, 0, 3, vec![]);
    case.chain.insert(child.clone());
    case.pending = Case::new(&block(&child, 0, 2, vec![]), Vec::new()).pending;
    assert_eq!(case.fault(), Some(Fault::Executed), "below its parent's");
}

#[test]
fn a_check_waits_for_parent_and_execution() {
    let parent = block(&genesis(), 0, 0, vec![]);
    let mut case = Case::new(&block(&parent, 0, 1, vec![]), Vec::new());
    assert!(matches!(case.outcome(), Outcome::Wait), "the parent isn't here");
    case.chain.insert(parent.clone());
    assert!(matches!(case.outcome(), Outcome::Wait), "block 1 isn't executed here");
    case.chain.finalise(&parent.hash);
    case.chain.on_executed(1, root(1));
    assert!(matches!(case.outcome(), Outcome::Valid(_)));
}

#[test]
fn missing_bundles_and_verdicts_are_named() {
    let open = bundle(0, &[extrinsic(1, 0)]);
    let mut case = Case::new(&block(&genesis(), 0, 0, vec![extrinsic(1, 0)]), vec![open.digest]);
    assert!(matches!(case.outcome(), Outcome::Missing(digests) if digests == [open.digest]));
    let unknown = bundle_with(0, vec![(extrinsic(1, 0), Verdict::Unknown)]);
    assert!(case.bundles.insert(unknown, 0, |_| false));
    assert!(matches!(case.outcome(), Outcome::Unverified(lists) if lists.len() == 1));
    case.bundles.set_verdicts(&open.digest, vec![Verdict::Holds { birth: genesis().hash }]);
    assert!(matches!(case.outcome(), Outcome::Valid(body) if *body == [extrinsic(1, 0)]));
    case.bundles = Bundles::default();
    let bad = bundle_with(0, vec![(extrinsic(1, 0), Verdict::Fails { birth: genesis().hash })]);
    assert!(case.bundles.insert(bad, 0, |_| false));
    assert_eq!(case.fault(), Some(Fault::Body), "another body follows from it");
}

#[test]
fn gossip_gets_a_head_start_and_asking_a_pause() {
    let mut checks = Checks::default();
    let proposal = block(&genesis(), 0, 0, vec![]);
    checks.begin(View(0), proposal.hash, proposal.header.clone(), Vec::new());
    let asks: Vec<Option<usize>> =
        [10, 13, 14, 15, 64].into_iter().map(|now| checks.should_ask(&proposal.hash, now)).collect();
    assert_eq!(asks, [None, None, Some(0), None, Some(1)]);
    assert_eq!((checks.next_ask(64), checks.next_ask(200)), (Some(114), None));
    checks.on_final(1);
    assert!(checks.hashes().is_empty());
}
