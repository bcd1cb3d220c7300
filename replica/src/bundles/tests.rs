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
    assert_eq!(bundles.shelves.bytes(&account(0)), 0);
    assert!(bundles.holders.is_empty() && bundles.order.is_empty());
}

/// A bundle of one extrinsic, and `garbage` that is none.
fn with_garbage(maker: u16, checked: &Checked, garbage: Vec<Vec<u8>>) -> OpenBundle {
    let mut open = bundle(maker, core::slice::from_ref(checked));
    let mut signed = (*open.signed).clone();
    signed.bundle.extrinsics.extend(garbage);
    open.digest = signed.bundle.digest();
    open.signed = std::sync::Arc::new(signed);
    open
}

#[test]
fn no_maker_fills_the_room_of_the_others() {
    let mut bundles = Bundles::default();
    let mebibyte = 1024 * 1024;
    let mut fit = 0;
    while insert(&mut bundles, &with_garbage(0, &extrinsic(1, fit), vec![vec![0; mebibyte]]), 0) {
        fit += 1;
    }
    assert_eq!(fit as usize, MAKER_BYTES_MAX / mebibyte - 1, "what is no extrinsic is held and counts");
    let named = with_garbage(0, &extrinsic(1, fit), vec![vec![0; mebibyte]]);
    assert!(!insert(&mut bundles, &named, 0));
    assert!(bundles.insert_named(named, 0, |_| false), "what a proposal names fits");
    assert!(insert(&mut bundles, &bundle(1, &[extrinsic(2, 0)]), 0));
}

#[test]
fn an_extrinsic_counts_as_it_came_and_taken_apart_and_nothing_counts_as_something() {
    let mut bundles = Bundles::default();
    let checked = extrinsic(1, 0);
    assert!(insert(&mut bundles, &with_garbage(0, &checked, vec![Vec::new(); 1_000]), 0));
    let expected = BUNDLE_BYTES + 1_001 * EXTRINSIC_BYTES + 2 * checked.bytes.len();
    assert_eq!(bundles.shelves.bytes(&account(0)), expected);
    bundles.on_final(&[], HELD_MS);
    assert_eq!(bundles.shelves.bytes(&account(0)), 0);
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
    let body = [extrinsic(1, 0)];
    let open = bundle(0, &body);
    assert!(insert(&mut bundles, &open, 0));
    bundles.on_room(10_000);
    assert!(!bundles.judge(&open.digest, &body, 9_000), "a nonce or an account was missing until a moment ago");
    bundles.on_room(9_000 + PASSED_OVER_MS - 1);
    assert!(!bundles.judge(&open.digest, &body, 12_000));
    bundles.on_room(9_000 + PASSED_OVER_MS);
    assert!(bundles.judge(&open.digest, &body, 12_000));
    assert!(!bundles.judge(&open.digest, &[], 12_000) && !bundles.judge(&open.digest, &body, 12_000), "it starts anew");
}

#[test]
fn taking_a_bundle_bit_by_bit_is_passing_over_and_another_extrinsics_wait_is_not() {
    let mut bundles = Bundles::default();
    let body: Vec<Checked> = (0..4).map(|nonce| extrinsic(1, nonce)).collect();
    let open = bundle(0, &body);
    assert!(insert(&mut bundles, &open, 0));
    bundles.on_room(19_000);
    assert!(!bundles.judge(&open.digest, &body[..3], 19_000));
    bundles.on_room(19_000 + PASSED_OVER_MS);
    for left in [&body[..1], &body[2..3], &body[1..]] {
        assert!(bundles.clone().judge(&open.digest, left, 21_000), "one of them waited all the while");
    }
    assert!(!bundles.judge(&open.digest, &body[3..], 21_000), "what came next can't have waited as long");
}

/// Bundles of one maker with a future nonce each, every other one of milestones.
fn decoys(maker: u16, count: u32) -> Vec<OpenBundle> {
    let decoy = |nonce| if nonce % 2 == 0 { milestone(9, nonce) } else { extrinsic(9, nonce) };
    (0..count).map(|at| bundle(maker, &[decoy(100 + at)])).collect()
}

#[test]
fn nobodys_bundles_keep_anothers_from_being_judged() {
    let mut bundles = Bundles::default();
    let decoys = decoys(0, 200);
    decoys.iter().for_each(|open| assert!(insert(&mut bundles, open, 0)));
    let honest: Vec<OpenBundle> = (0..20).map(|nonce| bundle(1, &[extrinsic(1, nonce)])).collect();
    honest.iter().for_each(|open| assert!(insert(&mut bundles, open, 0)));
    bundles.on_room(PASSED_OVER_MS);
    let looks: Vec<Vec<H256>> = (0..14).map(|_| bundles.next_judged()).collect();
    assert!(looks.iter().all(|look| look.len() <= JUDGED_MAX));
    let is_judged =
        |open: &OpenBundle, looks: &[Vec<H256>]| looks.iter().flatten().any(|digest| *digest == open.digest);
    assert!(honest.iter().all(|open| is_judged(open, &looks[..2])), "half of each look is its maker's");
    assert!(decoys.iter().all(|open| is_judged(open, &looks)), "and nobody is left out");
}

#[test]
fn what_comes_later_doesnt_draw_a_makers_round_out() {
    let mut bundles = Bundles::default();
    let first = bundle(0, &[extrinsic(1, 0)]);
    assert!(insert(&mut bundles, &first, 0));
    decoys(0, 50).iter().for_each(|open| assert!(insert(&mut bundles, open, 0)));
    bundles.on_room(PASSED_OVER_MS + 1_000);
    let mut seen = 0;
    for look in 0..8 {
        seen += usize::from(bundles.next_judged().contains(&first.digest));
        for at in 0..2 * JUDGED_MAX as u32 {
            assert!(insert(&mut bundles, &bundle(0, &[extrinsic(2, 100 * look + at)]), 0));
        }
    }
    assert!(seen >= 2, "it came round {seen} times");
}

#[test]
fn with_more_makers_than_a_look_has_room_for_each_has_its_turn() {
    let mut bundles = Bundles::default();
    let opens: Vec<OpenBundle> = (0..100).map(|maker| bundle(maker, &[extrinsic(1, u32::from(maker))])).collect();
    opens.iter().for_each(|open| assert!(insert(&mut bundles, open, 0)));
    bundles.on_room(PASSED_OVER_MS);
    let judged: std::collections::BTreeSet<H256> = (0..4).flat_map(|_| bundles.next_judged()).collect();
    assert_eq!(judged.len(), 100);
}

#[test]
fn a_copy_that_came_first_doesnt_hide_a_bundle_among_its_copiers() {
    let mut bundles = Bundles::default();
    decoys(0, 200).iter().for_each(|open| assert!(insert(&mut bundles, open, 0)));
    let (copy, copied) = (bundle(0, &[extrinsic(1, 0)]), bundle(1, &[extrinsic(1, 0)]));
    assert!(insert(&mut bundles, &copy, 0) && !insert(&mut bundles, &copied, 1) && !insert(&mut bundles, &copied, 2));
    bundles.on_room(PASSED_OVER_MS);
    assert!(bundles.next_judged().contains(&copied.digest));
    assert_eq!(bundles.shelves.bytes(&account(1)), 0, "it counts as the first one's");
    bundles.on_final(&[], HELD_MS);
    assert!(bundles.is_empty() && bundles.next_judged().is_empty());
}

#[test]
fn what_is_passed_over_is_judged_at_every_look_until_it_isnt() {
    let mut bundles = Bundles::default();
    let opens: Vec<OpenBundle> = (0..200).map(|nonce| bundle(0, &[extrinsic(1, nonce)])).collect();
    opens.iter().for_each(|open| assert!(insert(&mut bundles, open, 0)));
    bundles.on_room(PASSED_OVER_MS);
    let (censored, body) = (opens[0].digest, [extrinsic(1, 0)]);
    assert!(!bundles.judge(&censored, &body, PASSED_OVER_MS));
    bundles.on_room(2 * PASSED_OVER_MS);
    assert!(bundles.judge(&censored, &body, 2 * PASSED_OVER_MS));
    for _ in 0..10 {
        let look = bundles.next_judged();
        assert!(look.len() <= JUDGED_MAX && look.contains(&censored));
        assert!(bundles.judge(&censored, &body, 2 * PASSED_OVER_MS));
    }
    assert!(!bundles.judge(&censored, &[], 2 * PASSED_OVER_MS));
    let again = (0..3).filter(|_| bundles.next_judged().contains(&censored)).count();
    assert!(again <= 1, "then it waits for its turn like others");
    bundles.forget_turns();
    assert!(bundles.next_judged().is_empty(), "a new primary is judged anew");
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
