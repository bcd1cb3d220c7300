//! The chain: final, executed, in flight.

use super::*;
use crate::fixture::{Ledger, account, block, chain, extrinsic, finalise, root};

#[test]
fn blocks_become_final_in_order_and_settle_their_rivals() {
    let mut chain = chain();
    let genesis = chain.last().clone();
    let (one, rival) = (block(&genesis, 0, 0, vec![]), block(&genesis, 1, 0, vec![]));
    let two = block(&one, 0, 0, vec![]);
    [&two, &one, &rival].into_iter().for_each(|block| chain.insert(block.clone()));
    assert!(chain.finalise(&one.hash).is_some());
    assert_eq!((chain.last().hash, chain.in_flight(&rival.hash).is_some()), (one.hash, false));
    chain.insert(rival.clone());
    assert!(chain.in_flight(&rival.hash).is_none(), "it is too late for it");
    assert!(chain.finalise(&rival.hash).is_none());
    assert!(chain.finalise(&two.hash).is_some());
}

#[test]
fn hashes_are_found_in_flight_in_the_unexecuted_and_in_the_ledger() {
    let (mut chain, mut ledger) = (chain(), Ledger::new());
    let one = finalise(&mut chain, vec![]);
    let two = finalise(&mut chain, vec![]);
    let three = block(&two, 0, 0, vec![]);
    chain.insert(three.clone());
    let at = |chain: &Chain, ledger: &Ledger, number| chain.hash_at(number, &three.hash, ledger);
    assert_eq!([1, 2, 3].map(|number| at(&chain, &ledger, number)), [Some(one.hash), Some(two.hash), Some(three.hash)]);
    assert_eq!(at(&chain, &ledger, 4), None, "above the tip");
    chain.on_executed(1, root(1));
    assert_eq!(at(&chain, &ledger, 1), None, "now the ledger has to know");
    ledger.hashes.insert(1, one.hash);
    assert_eq!(at(&chain, &ledger, 1), Some(one.hash));
}

#[test]
fn the_next_nonce_is_that_of_the_branch() {
    let (mut chain, ledger, mut accounts) = (chain(), Ledger::new(), Accounts::default());
    finalise(&mut chain, vec![extrinsic(1, 0)]);
    let last = chain.last().clone();
    let left = block(&last, 0, 0, vec![extrinsic(1, 1), extrinsic(1, 2)]);
    let right = block(&last, 1, 0, vec![extrinsic(2, 0)]);
    [&left, &right].into_iter().for_each(|block| chain.insert(block.clone()));
    let mut next = |tip: &Block| chain.next_nonce(&account(1), &tip.hash, &mut accounts, &ledger);
    assert_eq!((next(&left), next(&right), next(&last)), (Some(3), Some(1), Some(1)));
}

#[test]
fn the_newest_block_with_extrinsics_is_found_on_the_way_down() {
    let mut chain = chain();
    finalise(&mut chain, vec![extrinsic(1, 0)]);
    let last = finalise(&mut chain, vec![]);
    assert_eq!(chain.newest_nonempty(&last.hash), 1);
    let three = block(&last, 0, 0, vec![extrinsic(1, 1)]);
    let four = block(&three, 0, 0, vec![]);
    [&three, &four].into_iter().for_each(|block| chain.insert(block.clone()));
    assert_eq!(chain.newest_nonempty(&four.hash), 3);
}

#[test]
fn roots_are_kept_for_two_windows() {
    let mut chain = chain();
    for number in 1..=20 {
        finalise(&mut chain, vec![]);
        chain.on_executed(number, root(number));
    }
    let kept: Vec<BlockNumber> = (0..=20).filter(|number| chain.root(*number).is_some()).collect();
    assert_eq!(kept, (20 - 2 * WINDOW..=20).collect::<Vec<_>>());
    assert_eq!((chain.executed(), chain.unexecuted().count()), (20, 0));
}
