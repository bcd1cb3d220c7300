//! Proposals and votes: R1 to R4.

use tierchain_consensus::VoteKind::{Commit, Prepare};

use super::*;

#[test]
fn a_block_goes_from_proposal_to_final() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    let one = &chain[0];
    assert_eq!(replica.hears(Message::Proposal(proposal(0, 0, one))), [check(0, one)]);
    let prepare = own(Prepare, 0, one);
    assert_eq!(replica.on(Input::Valid { hash: one.hash() }), [record_vote(&prepare), send_vote(&prepare)]);
    assert_eq!(replica.hears_votes(Prepare, &[0], 0, one), []);
    let (certificate, commit) = (prepared(&[0, 1, 2], 0, one), own(Commit, 0, one));
    assert_eq!(
        replica.hears_votes(Prepare, &[2], 0, one),
        [Effect::Record(Record::Prepared(certificate)), record_vote(&commit), send_vote(&commit)],
    );
    let certificate = committed(&[0, 1, 3], 0, one);
    assert_eq!(
        replica.hears_votes(Commit, &[3, 0], 0, one),
        [Effect::Record(Record::Certified(certificate.clone())), Effect::Final { header: one.clone(), certificate },],
    );
    assert_eq!(replica.hears_votes(Commit, &[2], 0, one), [], "a late vote changes nothing");
}

#[test]
fn a_single_validator_makes_a_block_final_in_one_step() {
    let mut machine = Machine::new(config(1, 0, 8), base(), 0);
    let one = block(&genesis(), 0, 1);
    let effects = machine.step(0, Input::Propose { header: one.clone(), bundles: Vec::new() }, &cast::signer(0));
    assert_eq!(finals(&effects), [1]);
    assert_eq!(machine.slot().map(|slot| (slot.number, slot.parent)), Some((2, one.hash())));
}

#[test]
fn r1_the_primary_proposes_and_prepares_its_own_block_without_a_check() {
    let mut replica = Replica { me: 0, ..Replica::new(0) };
    let one = &blocks(1)[0];
    let (mine, prepare) = (proposal(0, 0, one), vote(Prepare, 0, 0, one));
    assert_eq!(
        replica.on(Input::Propose { header: one.clone(), bundles: Vec::new() }),
        [
            Effect::Record(Record::Proposal(mine.clone())),
            record_vote(&prepare),
            send(Message::Proposal(mine)),
            send_vote(&prepare),
        ],
    );
    let again = block(&genesis(), 0, 9);
    assert_eq!(replica.on(Input::Propose { header: again, bundles: Vec::new() }), [], "the slot moved on");
}

#[test]
fn r1_blocks_are_prepared_in_order_each_the_child_of_the_one_before() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    assert_eq!(replica.hears(Message::Proposal(proposal(0, 0, &chain[1]))), [], "it waits for block 1");
    assert_eq!(replica.hears(Message::Proposal(proposal(0, 0, &chain[0]))), [check(0, &chain[0])]);
    let prepare = own(Prepare, 0, &chain[0]);
    assert_eq!(
        replica.on(Input::Valid { hash: chain[0].hash() }),
        [record_vote(&prepare), send_vote(&prepare), check(0, &chain[1])],
        "the next check doesn't wait for a certificate",
    );
}

#[test]
fn r1_a_block_that_is_not_the_child_of_the_one_before_is_the_primarys_fault() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    replica.prepares(&chain[0]);
    let stray = block(&block(&genesis(), 0, 8), 0, 9);
    let suspect = Message::Suspect(cast::suspect(1, 0));
    assert_eq!(replica.hears(Message::Proposal(proposal(0, 0, &stray))), [send(suspect)]);
}

#[test]
fn r1_a_block_whose_parent_lost_while_it_was_checked_is_not_prepared() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    replica.prepares(&chain[0]);
    assert_eq!(replica.hears(Message::Proposal(proposal(0, 0, &chain[1]))), [check(0, &chain[1])]);
    let other = block(&genesis(), 0, 9);
    let certificate = committed(&[0, 2, 3], 0, &other);
    assert_eq!(finals(&replica.on(Input::Certified { header: other, certificate })), [1]);
    let effects = replica.on(Input::Valid { hash: chain[1].hash() });
    assert!(!effects.iter().any(is_vote), "{effects:?}");
    assert!(effects.contains(&send(Message::Suspect(cast::suspect(1, 0)))), "its primary proposed both: {effects:?}");
}

#[test]
fn r1_a_block_waits_until_the_one_a_window_below_is_certified() {
    let (mut replica, chain) = (Replica::new(1), blocks(9));
    let effects: Vec<Effect> = chain.iter().flat_map(|header| replica.prepares(header)).collect();
    assert_eq!(effects.iter().filter(|effect| is_vote(effect)).count(), 8, "W = 8");
    replica.hears_votes(Prepare, &[0, 2], 0, &chain[0]);
    let effects = replica.hears_votes(Commit, &[0, 2], 0, &chain[0]);
    assert_eq!(finals(&effects), [1]);
    assert!(effects.contains(&check(0, &chain[8])), "block 9 is next: {effects:?}");
}

#[test]
fn r1_above_the_head_blocks_are_the_primarys_own() {
    let mut replica = Replica::new(1);
    let foreign = block(&genesis(), 2, 1);
    let suspect = Message::Suspect(cast::suspect(1, 0));
    assert_eq!(replica.hears(Message::Proposal(proposal(0, 0, &foreign))), [send(suspect)]);
}

#[test]
fn r2_votes_of_different_blocks_or_views_do_not_add_up() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    replica.prepares(&chain[0]);
    let other = block(&genesis(), 0, 9);
    assert_eq!(replica.hears_votes(Prepare, &[0], 0, &other), []);
    assert_eq!(replica.hears_votes(Prepare, &[2], 1, &chain[0]), []);
    assert_eq!(replica.hears_votes(Prepare, &[3], 0, &chain[0]), [], "two of one view for one block");
}

#[test]
fn r3_a_prepared_certificate_commits_every_uncertified_ancestor() {
    let (mut replica, chain) = (Replica::new(1), blocks(3));
    chain.iter().for_each(|header| drop(replica.prepares(header)));
    let effects = replica.hears_votes(Prepare, &[0, 2], 0, &chain[2]);
    let commits: Vec<Vote> = chain.iter().map(|header| own(Commit, 0, header)).collect();
    let mut expected = vec![Effect::Record(Record::Prepared(prepared(&[0, 1, 2], 0, &chain[2])))];
    expected.extend(commits.iter().map(record_vote));
    expected.extend(commits.iter().map(send_vote));
    assert_eq!(effects, expected);
}

#[test]
fn r3_a_block_that_is_not_here_is_committed_on_its_certificate_and_asked_for() {
    let (mut replica, chain) = (Replica::new(1), blocks(1));
    let commit = own(Commit, 0, &chain[0]);
    let effects = replica.hears_votes(Prepare, &[0, 2, 3], 0, &chain[0]);
    assert_eq!(effects[1..], [record_vote(&commit), send_vote(&commit)]);
    let holders = vec![ValidatorIndex(0), ValidatorIndex(2), ValidatorIndex(3)];
    let obtain = Effect::Obtain { number: 1, hash: chain[0].hash(), holders };
    assert_eq!(replica.at(19), [], "it is probably on its way");
    assert_eq!(replica.at(20), std::slice::from_ref(&obtain));
    assert!(replica.at(120).contains(&obtain), "asked again while it is missing");
}

#[test]
fn r4_blocks_become_final_in_order() {
    let (mut replica, chain) = (Replica::new(1), blocks(2));
    chain.iter().for_each(|header| drop(replica.prepares(header)));
    replica.hears_votes(Prepare, &[0, 2], 0, &chain[1]);
    assert_eq!(finals(&replica.hears_votes(Commit, &[0, 2], 0, &chain[1])), [] as [u32; 0]);
    assert_eq!(finals(&replica.hears_votes(Commit, &[0, 2], 0, &chain[0])), [1, 2]);
}

#[test]
fn r4_a_certificate_is_valid_whenever_completed() {
    let (mut replica, chain) = (Replica::new(2), blocks(1));
    replica.prepares(&chain[0]);
    replica.hears_votes(Prepare, &[0, 1], 0, &chain[0]);
    replica.hears_votes(Commit, &[0], 0, &chain[0]);
    let certificate = prepared(&[0, 1, 2], 0, &chain[0]);
    let proof = [0, 1, 3].map(|sender| cast::view_change(sender, 1, None, Some(certificate.clone())));
    replica.hears(Message::NewView(cast::new_view(1, 1, proof.into())));
    assert_eq!(replica.machine.status().view.0, 1);
    assert_eq!(finals(&replica.hears_votes(Commit, &[3], 0, &chain[0])), [1], "of view 0, completed in view 1");
}

#[test]
fn a_replica_that_missed_part_of_a_view_votes_on_from_what_was_certified_in_it() {
    let (mut replica, chain) = (Replica::new(1), blocks(3));
    for header in &chain[..2] {
        let certificate = committed(&[0, 2, 3], 0, header);
        replica.on(Input::Certified { header: header.clone(), certificate });
    }
    assert_eq!(replica.hears(Message::Proposal(proposal(0, 0, &chain[2]))), [check(0, &chain[2])]);
}
