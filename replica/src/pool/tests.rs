//! The pool: what it takes, in which order it gives, and when it lets go.

use tierchain_primitives::extrinsic::Era;
use tierchain_primitives::limits::REMARK_BYTES_MAX;

use super::*;
use crate::fixture::{account, extrinsic, extrinsic_of, milestone};

const BIRTH: H256 = H256([9; 32]);

fn insert(pool: &mut Pool, signer: u8, nonce: Nonce, next: Nonce) -> Result<(), Refusal> {
    pool.insert(extrinsic(signer, nonce), BIRTH, None, Standing { next })
}

fn ready(pool: &mut Pool, now: u64, next: Nonce) -> Vec<(u8, Nonce)> {
    let taken = pool.take_ready(Which::All, now, 100, 100_000, |_| next);
    taken.iter().map(|(checked, _)| (checked.extrinsic.signer.0[0], checked.extrinsic.nonce)).collect()
}

#[test]
fn nonces_are_taken_from_the_next_one_up_to_a_bound() {
    let low = Refusal::NonceTooLow { expected: 5, found: 4 };
    let high = Refusal::NonceTooHigh { expected: 5, found: 5 + NONCE_AHEAD_MAX + 1 };
    for (nonce, expected) in
        [(4, Err(low)), (5, Ok(())), (5 + NONCE_AHEAD_MAX, Ok(())), (5 + NONCE_AHEAD_MAX + 1, Err(high))]
    {
        assert_eq!(insert(&mut Pool::default(), 1, nonce, 5), expected, "nonce {nonce}");
    }
}

#[test]
fn a_nonce_is_held_once() {
    let mut pool = Pool::default();
    assert_eq!(insert(&mut pool, 1, 0, 0), Ok(()));
    assert_eq!(insert(&mut pool, 1, 0, 0), Err(Refusal::AlreadyKnown));
    let other = extrinsic_of(1, 0, Era::Immortal, 7);
    let refusal = Refusal::NonceTaken { by: extrinsic(1, 0).hash };
    assert_eq!(pool.insert(other, BIRTH, None, Standing { next: 0 }), Err(refusal));
    assert_eq!((pool.len(), pool.bytes()), (1, extrinsic(1, 0).bytes.len()));
}

#[test]
fn each_account_is_given_in_order_and_not_past_a_gap() {
    let mut pool = Pool::default();
    for (signer, nonce) in [(2, 1), (1, 0), (2, 0), (1, 2)] {
        assert_eq!(insert(&mut pool, signer, nonce, 0), Ok(()));
    }
    assert_eq!(ready(&mut pool, 0, 0), [(1, 0), (2, 0), (2, 1)]);
    assert_eq!(ready(&mut pool, 0, 0), [], "each is bundled once");
    assert_eq!(pool.next_nonce(&account(1), 0), 1, "nonce 2 waits behind the gap");
    assert_eq!(insert(&mut pool, 1, 1, 0), Ok(()));
    assert_eq!(ready(&mut pool, 0, 0), [(1, 1), (1, 2)]);
}

#[test]
fn a_bundle_has_room_for_so_many_and_the_rest_comes_next() {
    let mut pool = Pool::default();
    (0..5).for_each(|nonce| assert_eq!(insert(&mut pool, 1, nonce, 0), Ok(())));
    assert_eq!(pool.take_ready(Which::All, 0, 2, 100_000, |_| 0).len(), 2);
    let bytes = extrinsic(1, 0).bytes.len();
    assert_eq!(pool.take_ready(Which::All, 0, 100, 2 * bytes, |_| 0).len(), 2);
    assert_eq!(pool.take_ready(Which::All, 0, 100, 0, |_| 0).len(), 1, "one always fits");
    assert!(!pool.has_candidates() || pool.take_ready(Which::All, 0, 100, 100_000, |_| 0).is_empty());
}

#[test]
fn what_is_not_included_is_bundled_again_after_a_growing_while() {
    let mut pool = Pool::default();
    assert_eq!(insert(&mut pool, 1, 0, 0), Ok(()));
    assert_eq!(ready(&mut pool, 0, 0), [(1, 0)]);
    pool.bundle_again(999);
    assert_eq!((ready(&mut pool, 999, 0), pool.bundle_again_at()), (vec![], Some(1_000)));
    pool.bundle_again(1_000);
    assert_eq!(ready(&mut pool, 1_000, 0), [(1, 0)]);
    assert_eq!(pool.bundle_again_at(), Some(3_000), "the delay doubles");
}

#[test]
fn a_late_repeat_holds_up_no_earlier_one() {
    let mut pool = Pool::default();
    assert_eq!(insert(&mut pool, 1, 0, 0), Ok(()));
    assert_eq!(ready(&mut pool, 0, 0), [(1, 0)]);
    pool.bundle_again(1_000);
    assert_eq!(ready(&mut pool, 1_000, 0), [(1, 0)], "again at 3,000");
    assert_eq!(insert(&mut pool, 2, 0, 0), Ok(()));
    assert_eq!(ready(&mut pool, 1_500, 0), [(2, 0)], "again at 2,500");
    assert_eq!(pool.bundle_again_at(), Some(2_500));
    pool.bundle_again(2_500);
    assert_eq!(ready(&mut pool, 2_500, 0), [(2, 0)]);
}

#[test]
fn what_somebody_else_bundled_is_not_bundled_here_unless_that_comes_to_nothing() {
    let mut pool = Pool::default();
    assert_eq!(insert(&mut pool, 1, 0, 0), Ok(()));
    pool.note_bundled(0, &extrinsic(1, 0).hash);
    assert_eq!(ready(&mut pool, 0, 0), []);
    pool.bundle_again(1_000);
    assert_eq!(ready(&mut pool, 1_000, 0), [(1, 0)]);
}

#[test]
fn inclusion_removes_and_frees_the_next() {
    let mut pool = Pool::default();
    (0..3).for_each(|nonce| assert_eq!(insert(&mut pool, 1, nonce, 0), Ok(())));
    assert_eq!(pool.on_final(0, 1, &[extrinsic(1, 0)]), []);
    assert_eq!((pool.len(), pool.get(&extrinsic(1, 0).hash).is_none()), (2, true));
    assert_eq!(ready(&mut pool, 0, 1), [(1, 1), (1, 2)]);
}

#[test]
fn another_extrinsic_with_the_nonce_usurps() {
    let mut pool = Pool::default();
    (0..2).for_each(|nonce| assert_eq!(insert(&mut pool, 1, nonce, 0), Ok(())));
    let other = extrinsic_of(1, 0, Era::Immortal, 7);
    let dropped = pool.on_final(0, 1, core::slice::from_ref(&other));
    assert_eq!(dropped, [(extrinsic(1, 0).hash, DropReason::Usurped { by: other.hash })]);
    assert_eq!(pool.len(), 1);
}

#[test]
fn an_era_ends_with_the_last_block_it_allows() {
    let mut pool = Pool::default();
    let mortal = extrinsic_of(1, 0, Era::Mortal { period: 4, phase: 0 }, 1);
    assert_eq!(pool.insert(mortal.clone(), BIRTH, Some(4), Standing { next: 0 }), Ok(()));
    assert_eq!(pool.on_final(0, 2, &[]), [], "block 3 may still have it");
    assert_eq!(pool.on_final(0, 3, &[]), [(mortal.hash, DropReason::Expired)]);
    assert_eq!((pool.len(), pool.bytes(), pool.iter().count()), (0, 0, 0));
}

#[test]
fn a_full_pool_says_when_to_come_back() {
    let mut pool = Pool { bytes: POOL_BYTES_MAX, ..Pool::default() };
    let Err(Refusal::PoolFull { retry_after_ms: first }) = insert(&mut pool, 1, 0, 0) else { panic!("it is full") };
    pool.by_hash.insert(H256::ZERO, (account(1), 0));
    for block in 1..20 {
        pool.on_final(u64::from(block) * 1_000, block, &[]);
    }
    let Err(Refusal::PoolFull { retry_after_ms: then }) = insert(&mut pool, 1, 0, 0) else { panic!("it is full") };
    assert!(first < then && then <= 1_000, "{first} ms at first, {then} ms once blocks take a second");
}

#[test]
fn one_account_has_a_share_and_others_get_in() {
    let mut pool = Pool::default();
    let long = |signer, nonce| extrinsic_of(signer, nonce, Era::Immortal, REMARK_BYTES_MAX);
    let mut insert = |signer, nonce| pool.insert(long(signer, nonce), BIRTH, None, Standing { next: 0 });
    // It leaves out its next nonce, so that nothing of it is ever included.
    let refused = (1..NONCE_AHEAD_MAX).find_map(|nonce| insert(1, nonce).err());
    assert!(matches!(refused, Some(Refusal::ShareFull { who, .. }) if who == account(1)), "{refused:?}");
    assert_eq!(insert(2, 0), Ok(()), "another account gets in");
    assert!(pool.bytes() <= ACCOUNT_BYTES_MAX + 2 * REMARK_BYTES_MAX && pool.bytes() > ACCOUNT_BYTES_MAX);
}

#[test]
fn milestones_are_taken_alone_where_nothing_of_their_account_is_before_them() {
    let mut pool = Pool::default();
    let insert = |pool: &mut Pool, checked: Checked| {
        assert_eq!(pool.insert(checked, H256::ZERO, None, Standing { next: 0 }), Ok(()));
    };
    for checked in [extrinsic(1, 0), milestone(1, 1), milestone(2, 0), milestone(2, 1), extrinsic(2, 2)] {
        insert(&mut pool, checked);
    }
    let mut take = |which| {
        let taken = pool.take_ready(which, 0, 100, 1_000_000, |_| 0);
        let ids = taken.iter().map(|(checked, _)| (checked.extrinsic.signer.0[0], checked.extrinsic.nonce));
        ids.collect::<Vec<_>>()
    };
    assert_eq!(take(Which::Milestones), [(2, 0), (2, 1)]);
    assert_eq!(take(Which::Milestones), []);
    assert_eq!(take(Which::All), [(1, 0), (1, 1), (2, 2)], "nobody was forgotten");
}
