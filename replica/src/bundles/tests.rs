//! The bundles held: what is live, what is done, and what a primary passes over.

use super::*;
use crate::fixture::{account, bundle, bundle_with, extrinsic, milestone};

fn insert(bundles: &mut Bundles, open: &OpenBundle, now: u64) -> bool {
    bundles.insert(open.clone(), now, |_| false)
}

fn live(bundles: &Bundles) -> Vec<H256> {
    bundles.live().map(|held| held.open.digest).collect()
}

#[test]
fn a_bundle_is_held_once_and_in_order_of_arrival() {
    let mut bundles = Bundles::default();
    let (one, two) = (bundle(0, &[extrinsic(1, 0)]), bundle(1, &[extrinsic(2, 0)]));
    assert!(insert(&mut bundles, &two, 0) && insert(&mut bundles, &one, 1));
    assert!(!insert(&mut bundles, &one, 2));
    assert_eq!(live(&bundles), [two.digest, one.digest]);
    assert_eq!(bundles.live_of(account(0)).count(), 1);
}

#[test]
fn what_is_final_is_not_live() {
    let mut bundles = Bundles::default();
    let open = bundle(0, &[extrinsic(1, 0), extrinsic(1, 1)]);
    assert!(bundles.insert(open.clone(), 0, |checked| checked.extrinsic.nonce == 0));
    assert_eq!(bundles.get(&open.digest).map(|held| held.live.clone()), Some(vec![1]));
    bundles.on_final(&[extrinsic(1, 1)], 0);
    assert_eq!((live(&bundles), bundles.len()), (vec![], 1), "replicas one block behind still get it");
    bundles.on_final(&[], 0);
    assert!(bundles.is_empty());
}

#[test]
fn one_extrinsic_in_two_bundles_is_struck_out_of_both() {
    let mut bundles = Bundles::default();
    let (one, two) = (bundle(0, &[extrinsic(1, 0)]), bundle(1, &[extrinsic(1, 0), extrinsic(2, 0)]));
    assert!(insert(&mut bundles, &one, 0) && insert(&mut bundles, &two, 0));
    bundles.on_final(&[extrinsic(1, 0)], 0);
    assert_eq!(live(&bundles), [two.digest]);
}

#[test]
fn a_bundle_of_which_nothing_comes_is_forgotten_with_its_bytes() {
    let mut bundles = Bundles::default();
    assert!(insert(&mut bundles, &bundle(0, &[extrinsic(1, 0)]), 0));
    bundles.on_final(&[], HELD_MS - 1);
    assert_eq!(bundles.len(), 1);
    bundles.on_final(&[], HELD_MS);
    assert!(bundles.is_empty());
    assert_eq!(bundles.bytes_by_maker[&account(0)], 0);
    assert!(bundles.holders.is_empty() && bundles.order.is_empty());
}

#[test]
fn no_maker_fills_the_room_of_the_others() {
    let mut bundles = Bundles::default();
    bundles.bytes_by_maker.insert(account(0), MAKER_BYTES_MAX);
    assert!(!insert(&mut bundles, &bundle(0, &[extrinsic(1, 0)]), 0));
    assert!(insert(&mut bundles, &bundle(1, &[extrinsic(1, 0)]), 0));
}

#[test]
fn verdicts_replace_what_is_not_known_to_hold() {
    let (a, b) = (H256([1; 32]), H256([2; 32]));
    let cases = [
        (Verdict::Unknown, Verdict::Holds { birth: a }, Verdict::Holds { birth: a }),
        (Verdict::Fails { birth: a }, Verdict::Fails { birth: b }, Verdict::Fails { birth: b }),
        (Verdict::Fails { birth: a }, Verdict::Unknown, Verdict::Fails { birth: a }),
        (Verdict::Holds { birth: a }, Verdict::Fails { birth: b }, Verdict::Holds { birth: a }),
    ];
    for (before, told, after) in cases {
        let mut bundles = Bundles::default();
        let open = bundle_with(0, vec![(extrinsic(1, 0), before)]);
        assert!(insert(&mut bundles, &open, 0));
        bundles.set_verdicts(&open.digest, vec![told]);
        let found = bundles.get(&open.digest).map(|held| held.open.entries[0].verdict);
        assert_eq!(found, Some(after), "{before:?} and then {told:?}");
    }
}

#[test]
fn left_behind_is_what_waits_while_much_later_ones_are_included_or_blocks_have_room() {
    let left_behind = |act: fn(&mut Bundles)| {
        let mut bundles = Bundles::default();
        let (old, young) = (bundle(0, &[extrinsic(1, 0)]), bundle(1, &[extrinsic(2, 0)]));
        assert!(insert(&mut bundles, &old, 0) && insert(&mut bundles, &young, PASSED_OVER_MS));
        act(&mut bundles);
        bundles.left_behind().map(|held| held.open.digest == old.digest).collect::<Vec<_>>()
    };
    assert_eq!(left_behind(|_| {}), [], "nothing had its turn");
    assert_eq!(left_behind(|bundles| bundles.on_final(&[extrinsic(2, 0)], PASSED_OVER_MS)), [true]);
    assert_eq!(left_behind(|bundles| bundles.on_room(PASSED_OVER_MS - 1)), []);
    assert_eq!(left_behind(|bundles| bundles.on_room(PASSED_OVER_MS)), [true]);
    let new_primary = |bundles: &mut Bundles| {
        bundles.on_room(2 * PASSED_OVER_MS);
        bundles.forget_turns();
    };
    assert_eq!(left_behind(new_primary), [], "a new primary is judged anew");
}

#[test]
fn passed_over_is_what_could_be_included_for_long_before_its_last_turn() {
    let mut bundles = Bundles::default();
    let open = bundle(0, &[extrinsic(1, 0)]);
    assert!(insert(&mut bundles, &open, 0));
    bundles.on_room(10_000);
    assert!(!bundles.judge(&open.digest, true, 9_000), "a nonce or an account was missing until a moment ago");
    bundles.on_room(9_000 + PASSED_OVER_MS - 1);
    assert!(!bundles.judge(&open.digest, true, 12_000));
    bundles.on_room(9_000 + PASSED_OVER_MS);
    assert!(bundles.judge(&open.digest, true, 12_000));
    assert!(
        !bundles.judge(&open.digest, false, 12_000) && !bundles.judge(&open.digest, true, 12_000),
        "it starts anew"
    );
}

#[test]
fn milestones_go_first_and_that_passes_over_nobody() {
    let mut bundles = Bundles::default();
    let (early, mixed) = (bundle(0, &[extrinsic(1, 0)]), bundle(1, &[milestone(2, 0), extrinsic(2, 1)]));
    let ends = bundle(1, &[milestone(3, 0)]);
    assert!(insert(&mut bundles, &early, 0) && insert(&mut bundles, &mixed, 1));
    assert!(insert(&mut bundles, &ends, PASSED_OVER_MS + 5));
    assert_eq!(live(&bundles), [ends.digest, early.digest, mixed.digest]);
    bundles.on_final(&[milestone(3, 0)], PASSED_OVER_MS + 6);
    assert_eq!(bundles.left_behind().count(), 0);
    bundles.on_room(PASSED_OVER_MS);
    assert_eq!(bundles.left_behind().map(|held| held.open.digest).collect::<Vec<_>>(), [early.digest]);
}
