//! Quotas in the body function: who is slowed, who isn't, and that every replica derives the same body.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::EpochChange;
use tierchain_primitives::extrinsic::{Era, Nonce};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{Epoch, H256};
use tierchain_runtime::registry::{self, Rejoined};
use tierchain_runtime::{AccountInfo, Allowance, Checked, Weights};

use super::*;
use crate::accounts::Accounts;
use crate::body::{Derived, Deriver, Room};
use crate::bundles::Bundles;
use crate::fixture::{
    Ledger, account, block, bundle, chain, extrinsic, extrinsic_with, finalise, genesis, milestone, root,
};
use crate::input::OpenBundle;

/// Two remarks fill it, and a millisecond drains a tenth of one.
const QUOTA: Quota = Quota { burst_us: 74, rate_permille: 4 };

/// What a remark weighs.
const REMARK_US: u64 = 37;

fn derive<L: LedgerRead>(
    (chain, ledger): (&Chain, &L),
    accounts: &mut Accounts,
    place: Place,
    opens: &[OpenBundle],
) -> Derived {
    let mut bundles = Bundles::default();
    for open in opens {
        // Two without extrinsics are one.
        bundles.insert(open.clone(), 0, |_| false);
    }
    let named = opens.iter().filter_map(|open| bundles.get(&open.digest));
    let (weights, quota) = (Weights::default(), QUOTA);
    Deriver { chain, accounts, ledger, weights: &weights, quota: &quota }.derive(place, named, Room::BLOCK)
}

fn signers(derived: &Derived) -> Vec<(u8, Nonce)> {
    derived.body.iter().map(|checked| (checked.extrinsic.signer.0[0], checked.extrinsic.nonce)).collect()
}

/// The place of block 1, at a time.
fn first(time: Millis) -> Place {
    Place { parent: genesis().hash, number: 1, executed: 0, time }
}

/// A ledger in which account 1 has spent so much at genesis.
fn spent(level_us: u64) -> Ledger {
    let mut ledger = Ledger::new();
    let spent = Spent { level_us, at: 1_000 };
    ledger.allowances.insert((account(1), 0), Allowance { spent, quota: None });
    ledger
}

#[test]
fn an_account_over_its_quota_is_slowed_and_others_are_served() {
    let flood: Vec<Checked> = (0..9).map(|nonce| extrinsic(1, nonce)).collect();
    let opens = [bundle(0, &flood), bundle(1, &[extrinsic(2, 0), extrinsic(1, 0)])];
    let derived = derive((&chain(), &spent(0)), &mut Accounts::default(), first(1_000), &opens);
    // 74 may be in it before the third, which overfills it.
    assert_eq!(signers(&derived), [(1, 0), (1, 1), (1, 2), (2, 0)]);
    assert_eq!(derived.slowed_ms, Some((3 * REMARK_US - 74).div_ceil(4)));
}

#[test]
fn what_was_spent_drains_with_time() {
    let opens = [bundle(0, &[extrinsic(1, 0)])];
    let at = |time| derive((&chain(), &spent(75)), &mut Accounts::default(), first(time), &opens);
    assert_eq!((signers(&at(1_000)), at(1_000).slowed_ms), (vec![], Some(1)));
    assert_eq!((signers(&at(1_001)), at(1_001).slowed_ms), (vec![(1, 0)], None));
}

#[test]
fn milestones_pass_up_to_twice_the_burst_in_their_accounts_order() {
    let opens = [bundle(0, &[milestone(1, 0), extrinsic(1, 1), milestone(1, 2)])];
    let at = |level| signers(&derive((&chain(), &spent(level)), &mut Accounts::default(), first(1_000), &opens));
    assert_eq!(at(148), [(1, 0)], "what isn't one waits, and holds up the account's next");
    assert_eq!(at(149), []);
}

#[test]
fn an_own_quota_counts_before_the_networks() {
    let mut ledger = spent(75);
    let own = Quota { burst_us: 75, rate_permille: 1 };
    ledger.allowances.entry((account(1), 0)).and_modify(|allowance| allowance.quota = Some(own));
    let derived = derive((&chain(), &ledger), &mut Accounts::default(), first(1_000), &[bundle(0, &[extrinsic(1, 0)])]);
    assert_eq!(signers(&derived), [(1, 0)]);
}

#[test]
fn bodies_since_the_executed_state_count_final_or_not() {
    let (mut chain, ledger) = (chain(), Ledger::new());
    finalise(&mut chain, vec![extrinsic(1, 0), extrinsic(1, 1)]);
    let next = block(&chain.last().clone(), 0, 0, vec![extrinsic(1, 2)]);
    chain.insert(next.clone());
    let place = Place { parent: next.hash, number: 3, executed: 0, time: next.pre.timestamp };
    let opens = [bundle(0, &[extrinsic(1, 3)])];
    assert_eq!(signers(&derive((&chain, &ledger), &mut Accounts::default(), place, &opens)), []);
    let later = Place { time: place.time + 10, ..place };
    assert_eq!(signers(&derive((&chain, &ledger), &mut Accounts::default(), later, &opens)), [(1, 3)]);
}

/// A ledger that is executed truly: some calls fail, and some change quotas.
struct Truth {
    states: Vec<BTreeMap<AccountId, AccountInfo>>,
    hashes: Vec<H256>,
}

impl ChainRead for Truth {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.hashes.get(number as usize).copied()
    }
}

impl LedgerRead for Truth {
    fn account(&self, account: &AccountId, at: BlockNumber) -> Option<AccountInfo> {
        self.states.get(at as usize)?.get(account).copied()
    }

    fn epoch_change(&self) -> Option<EpochChange> {
        None
    }

    fn rejoined(&self, _: &AccountId) -> Option<Rejoined> {
        None
    }

    fn epoch_set(&self, _: Epoch) -> Option<ValidatorSet> {
        None
    }
}

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

impl Truth {
    fn new() -> Self {
        let info = AccountInfo {
            nonce: 0,
            consumers: 0,
            providers: 1,
            sufficients: 0,
            data: (),
            allowance: Allowance::default(),
        };
        let state = (1..6).map(|number| (account(number), info)).collect();
        Self { states: vec![state], hashes: vec![genesis().hash] }
    }

    fn execute(&mut self, block: &Block, dice: &mut Dice) {
        let mut state = self.states.last().expect("genesis stays").clone();
        for checked in block.body.iter() {
            let factor = if dice.below(3) == 0 { FAILED_FACTOR } else { 1 };
            let info = state.get_mut(&checked.extrinsic.signer).expect("only accounts that stand are included");
            info.nonce += 1;
            info.allowance = info.allowance.charged(block.pre.timestamp, checked.weight * factor, &QUOTA);
            if matches!(checked.call, Call::Registry(_)) {
                let whose = account(1 + u8::try_from(dice.below(5)).expect("small"));
                let own = Quota { burst_us: dice.below(400), rate_permille: 1 + dice.below(20) as u32 };
                state.get_mut(&whose).expect("it stands").allowance.quota = (dice.below(3) > 0).then_some(own);
            }
        }
        self.states.push(state);
        self.hashes.push(block.hash);
    }
}

/// An extrinsic of some account with one of its next nonces.
fn some_extrinsic(truth: &Truth, dice: &mut Dice) -> Checked {
    let signer = 1 + u8::try_from(dice.below(5)).expect("small");
    let next = truth.states.last().expect("genesis stays")[&account(signer)].nonce;
    let nonce = next + dice.below(5) as Nonce;
    match dice.below(12) {
        0 => extrinsic_with(signer, nonce, Era::Immortal, &Call::Registry(registry::Call::Expire { id: 0 })),
        1 | 2 => milestone(signer, nonce),
        _ => extrinsic(signer, nonce),
    }
}

proptest! {
    /// However long a replica has run, whatever it was asked before and whatever it remembers: it derives what one does
    /// that has just started.
    #[test]
    fn every_replica_derives_the_same_body(seed in 1u64..) {
        let (mut dice, mut truth, mut chain) = (Dice(seed), Truth::new(), chain());
        let mut old_hand = Accounts::default();
        let mut slowed = false;
        for _ in 0..60 {
            let parent = chain.last().clone();
            let number = parent.header.number + 1;
            let lowest = parent.pre.executed.max(number.saturating_sub(WINDOW));
            let executed = chain.executed() - dice.below(u64::from(chain.executed() - lowest.min(chain.executed()) + 1)) as u32;
            let place = Place { parent: parent.hash, number, executed, time: parent.pre.timestamp + 1 + dice.below(20) };
            let opens: Vec<OpenBundle> = (0..1 + dice.below(3)).map(|maker| {
                let entries: Vec<Checked> = (0..dice.below(8)).map(|_| some_extrinsic(&truth, &mut dice)).collect();
                bundle(maker as u16, &entries)
            }).collect();
            let derived = derive((&chain, &truth), &mut old_hand, place, &opens);
            let fresh = derive((&chain, &truth), &mut Accounts::default(), place, &opens);
            prop_assert_eq!(&derived.body, &fresh.body);
            prop_assert_eq!(derived.slowed_ms, fresh.slowed_ms);
            slowed |= derived.slowed_ms.is_some();
            if dice.below(3) > 0 {
                let made = finalise_at(&mut chain, place, derived.body);
                old_hand.on_final(&made);
            }
            while chain.executed() < chain.last().header.number && (dice.below(2) == 0 || chain.last().header.number - chain.executed() >= WINDOW) {
                let next = chain.executed() + 1;
                let block = chain.recent_block(next).expect("it is final").clone();
                truth.execute(&block, &mut dice);
                chain.on_executed(next, root(next));
            }
        }
        prop_assert!(slowed, "the quotas are tight enough to matter");
    }
}

/// Makes a body final in a block of that place.
fn finalise_at(chain: &mut Chain, place: Place, body: Vec<Checked>) -> Block {
    use tierchain_primitives::ValidatorIndex;
    use tierchain_primitives::header::{Header, PreRuntime};
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: place.time, executed: place.executed };
    let header = Header::new(place.parent, place.number, root(place.executed), H256::ZERO, pre);
    let block = Block::new(header, std::sync::Arc::new(body), &Weights::default()).expect("it has consensus data");
    chain.insert(block.clone());
    chain.finalise(&block.hash).expect("it was put in flight")
}
