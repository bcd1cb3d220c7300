//! The body function: every replica derives the same body from the same chain, `executed` and digests.

use proptest::prelude::*;
use tierchain_primitives::extrinsic::Era;

use super::*;
use crate::bundles::Bundles;
use crate::fixture::{Ledger, account, block, bundle, bundle_with, chain, extrinsic, extrinsic_of, finalise, genesis};
use crate::input::{OpenBundle, Verdict};

fn derive_at(chain: &Chain, ledger: &Ledger, place: Place, opens: &[OpenBundle], room: Room) -> Derived {
    let mut bundles = Bundles::default();
    opens.iter().for_each(|open| assert!(bundles.insert(open.clone(), 0, |_| false)));
    let (mut accounts, weights) = (Accounts::default(), Weights::default());
    let named = opens.iter().filter_map(|open| bundles.get(&open.digest));
    let quota = Quota::default();
    Deriver { chain, accounts: &mut accounts, ledger, weights: &weights, quota: &quota }.derive(place, named, room)
}

fn derive(opens: &[OpenBundle]) -> Derived {
    let place = Place { parent: genesis().hash, number: 1, executed: 0, time: 2_000 };
    derive_at(&chain(), &Ledger::new(), place, opens, Room::BLOCK)
}

fn nonces(derived: &Derived) -> Vec<(u8, Nonce)> {
    derived.body.iter().map(|checked| (checked.extrinsic.signer.0[0], checked.extrinsic.nonce)).collect()
}

#[test]
fn nonces_follow_across_bundles_and_nothing_stands_twice() {
    let one = bundle(0, &[extrinsic(1, 0), extrinsic(2, 0)]);
    let two = bundle(1, &[extrinsic(1, 0), extrinsic(1, 1), extrinsic(2, 2)]);
    let derived = derive(&[one.clone(), two.clone()]);
    assert_eq!(nonces(&derived), [(1, 0), (2, 0), (1, 1)]);
    assert_eq!(derived.used, [one.digest, two.digest]);
    assert_eq!(nonces(&derive(&[two, one])), [(1, 0), (1, 1), (2, 0)], "the digests' order decides");
}

#[test]
fn a_bundle_that_adds_nothing_is_not_used() {
    let derived = derive(&[bundle(0, &[extrinsic(1, 5)]), bundle(1, &[extrinsic(77, 0)])]);
    assert_eq!((nonces(&derived), derived.used), (vec![], vec![]), "a gap, and nobody's account");
}

#[test]
fn a_signature_that_fails_is_skipped_and_one_not_verified_stops_its_bundle() {
    let birth = genesis().hash;
    let bad =
        bundle_with(0, vec![(extrinsic(1, 0), Verdict::Fails { birth }), (extrinsic(2, 0), Verdict::Holds { birth })]);
    assert_eq!(nonces(&derive(&[bad])), [(2, 0)]);
    let open = bundle_with(0, vec![(extrinsic(1, 0), Verdict::Holds { birth }), (extrinsic(2, 0), Verdict::Unknown)]);
    let derived = derive(core::slice::from_ref(&open));
    assert_eq!((nonces(&derived), derived.unverified.len()), (vec![], 1), "all or nothing");
    assert_eq!(derived.unverified[0].1[1], (extrinsic(2, 0), birth), "what to verify it for");
}

#[test]
fn an_unverified_signature_that_cannot_count_holds_up_nothing() {
    let birth = genesis().hash;
    let open = bundle_with(0, vec![(extrinsic(1, 9), Verdict::Unknown), (extrinsic(2, 0), Verdict::Holds { birth })]);
    let derived = derive(&[open]);
    assert_eq!((nonces(&derived), derived.unverified.len()), (vec![(2, 0)], 0));
}

#[test]
fn an_account_must_stand_after_executed() {
    let mut ledger = Ledger::new();
    ledger.accounts.insert(account(1), (3, 0));
    let mut chain = chain();
    for number in 1..=4 {
        let block = finalise(&mut chain, vec![]);
        ledger.hashes.insert(number, block.hash);
        chain.on_executed(number, H256::ZERO);
    }
    let opens = [bundle(0, &[extrinsic(1, 0)])];
    for (executed, expected) in [(2, 0), (3, 1), (4, 1)] {
        let place = Place { parent: chain.last().hash, number: 5, executed, time: 2_000 };
        let derived = derive_at(&chain, &ledger, place, &opens, Room::BLOCK);
        assert_eq!(derived.body.len(), expected, "executed {executed}");
    }
}

#[test]
fn an_era_holds_for_its_period_and_the_birth_block_of_the_branch() {
    let (mut chain, ledger) = (chain(), Ledger::new());
    let born = finalise(&mut chain, vec![]);
    let rival = H256([5; 32]);
    let mortal = extrinsic_of(1, 0, Era::Mortal { period: 4, phase: 1 }, 1);
    let signed_for = |birth| [bundle_with(0, vec![(mortal.clone(), Verdict::Holds { birth })])];
    let place = Place { parent: born.hash, number: 2, executed: 0, time: 2_000 };
    let count = |opens: &[OpenBundle]| derive_at(&chain, &ledger, place, opens, Room::BLOCK).body.len();
    assert_eq!((count(&signed_for(born.hash)), count(&signed_for(rival))), (1, 0));
    let mut tip = born.clone();
    for _ in 2..=5 {
        tip = block(&tip, 0, 0, vec![]);
        chain.insert(tip.clone());
    }
    let late = Place { parent: tip.hash, number: 6, executed: 0, time: 2_000 };
    let derived = derive_at(&chain, &ledger, late, &signed_for(born.hash), Room::BLOCK);
    assert_eq!(derived.body.len(), 0, "born anew at block 5, for which the signature doesn't hold");
    let too_early = Place { parent: genesis().hash, number: 1, executed: 0, time: 2_000 };
    assert_eq!(derive_at(&chain, &ledger, too_early, &signed_for(born.hash), Room::BLOCK).body.len(), 0);
}

#[test]
fn a_full_block_ends_the_body() {
    let opens = [bundle(0, &[extrinsic(1, 0), extrinsic(1, 1)]), bundle(1, &[extrinsic(2, 0)])];
    let place = Place { parent: genesis().hash, number: 1, executed: 0, time: 2_000 };
    let bytes = extrinsic(1, 0).bytes.len();
    let rooms = [Room::ONE, Room { bytes: 2 * bytes - 1, ..Room::BLOCK }];
    for room in rooms {
        let derived = derive_at(&chain(), &Ledger::new(), place, &opens, room);
        assert_eq!(nonces(&derived), [(1, 0)], "{room:?}");
    }
}

#[test]
fn bodies_in_flight_count() {
    let (mut chain, ledger) = (chain(), Ledger::new());
    let one = block(&genesis(), 0, 0, vec![extrinsic(1, 0)]);
    chain.insert(one.clone());
    let place = Place { parent: one.hash, number: 2, executed: 0, time: 2_000 };
    let opens = [bundle(0, &[extrinsic(1, 0), extrinsic(1, 1)])];
    assert_eq!(nonces(&derive_at(&chain, &ledger, place, &opens, Room::BLOCK)), [(1, 1)]);
}

proptest! {
    /// Whatever is bundled, in whatever order: nonces of each account are 0, 1, 2…, and what the proposer says it used
    /// gives the same body again.
    #[test]
    fn bodies_are_in_order_and_follow_from_what_was_used(
        lists in prop::collection::vec(prop::collection::vec((1u8..4, 0u32..4), 0..6), 1..5)
    ) {
        let mut opens: Vec<OpenBundle> = Vec::new();
        for list in lists {
            let body: Vec<Checked> = list.into_iter().map(|(signer, nonce)| extrinsic(signer, nonce)).collect();
            let open = bundle(0, &body);
            if opens.iter().all(|other| other.digest != open.digest) {
                opens.push(open);
            }
        }
        let derived = derive(&opens);
        for signer in 1..4 {
            let found: Vec<Nonce> =
                nonces(&derived).into_iter().filter(|(of, _)| *of == signer).map(|(_, nonce)| nonce).collect();
            let count = Nonce::try_from(found.len()).expect("a handful");
            prop_assert_eq!(found, (0..count).collect::<Vec<_>>());
        }
        let used: Vec<OpenBundle> = opens.into_iter().filter(|open| derived.used.contains(&open.digest)).collect();
        prop_assert_eq!(derive(&used).body, derived.body);
    }
}
