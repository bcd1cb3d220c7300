//! Proposals: who may make and approve one, what a quorum is, and every refusal.

use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{AccountId, Epoch, H256};
use tierchain_runtime::registry::{
    self, Deed, Error, Event, PROPOSAL_LIFE_MS, PROPOSALS, PROPOSALS_OPEN_MAX, Proposal, ProposalId, Status, Validator,
    Votes, possession_bytes,
};
use tierchain_runtime::{Call, DispatchError, GenesisConfig, Outcome, Role, RuntimeEvent};

use crate::world::{GENESIS, Who, World, config, peer_id, reported, validator};

pub(crate) fn propose(proposal: &Proposal) -> Call {
    Call::Registry(registry::Call::Propose { proposal: proposal.clone() })
}

pub(crate) fn approve(id: ProposalId, proposal: &Proposal) -> Call {
    Call::Registry(registry::Call::Approve { id, hash: proposal.hash() })
}

pub(crate) fn expire(id: ProposalId) -> Call {
    Call::Registry(registry::Call::Expire { id })
}

/// The proof that a consensus key made for an operator.
fn possession(voter: Who, operator: Who) -> Signature {
    voter.key().sign(&possession_bytes(&GENESIS, &voter.id(), &operator.id()))
}

/// The proposal to add a validator, with its proof.
pub(crate) fn add(number: u8) -> Proposal {
    let proof = possession(Who::Voter(number), Who::Operator(number));
    Proposal::AddValidator { validator: validator(number), proof }
}

/// The proposal to add a validator that differs in something from the one of that number.
fn add_other(number: u8, change: impl FnOnce(&mut Validator)) -> Proposal {
    let mut validator = validator(number);
    change(&mut validator);
    let bytes = possession_bytes(&GENESIS, &validator.consensus, &validator.operator);
    Proposal::AddValidator { proof: Who::Voter(number).key().sign(&bytes), validator }
}

pub(crate) fn remove(number: u8) -> Proposal {
    Proposal::RemoveValidator { consensus: Who::Voter(number).id() }
}

pub(crate) fn replace(operator: u8, old: u8, new: u8) -> Proposal {
    let proof = possession(Who::Voter(new), Who::Operator(operator));
    Proposal::ReplaceKey { old: Who::Voter(old).id(), new: Who::Voter(new).id(), proof }
}

/// What the registry reported.
pub(crate) fn said(outcome: &Outcome) -> Vec<Event> {
    let registry = |event| match event {
        RuntimeEvent::Registry(event) => Some(event),
        _ => None,
    };
    reported(outcome).into_iter().filter_map(registry).collect()
}

fn status(world: &World, id: ProposalId) -> Status {
    PROPOSALS.get(&world.state, &id).expect("it was made").status
}

fn votes(world: &World, id: ProposalId) -> Votes {
    registry::votes(&world.state, &PROPOSALS.get(&world.state, &id).expect("it was made"))
}

/// Asserts that a call fails so, and leaves nothing but its signer's nonce.
pub(crate) fn refused(world: &mut World, who: Who, call: Call, expected: Error) {
    let before = world.leaves();
    assert_eq!(world.result(who, call), Err(DispatchError::from(expected)), "{who:?}");
    assert!(world.leaves() == before, "{expected:?} left something");
}

#[test]
fn a_proposal_is_enacted_by_the_approval_that_makes_its_quorum() {
    let mut world = World::of(4);
    let (proposal, deadline) = (add(4), world.time + PROPOSAL_LIFE_MS);
    let made = said(&world.run(Who::Operator(0), propose(&proposal)));
    let by = |who: u8| Who::Operator(who).id();
    assert_eq!(
        made,
        [
            Event::ProposalMade { id: 0, hash: proposal.hash(), by: by(0), deadline },
            Event::Approved { id: 0, by: by(0), votes: 1, quorum: 3 },
        ]
    );
    world.run(Who::Operator(1), approve(0, &proposal));
    assert_eq!((status(&world, 0), votes(&world, 0)), (Status::Open, Votes { given: 2, quorum: 3 }));
    let enacted = said(&world.run(Who::Operator(3), approve(0, &proposal)));
    let (block, end) = (world.number, world.number + 8);
    assert_eq!(
        enacted,
        [
            Event::Approved { id: 0, by: by(3), votes: 3, quorum: 3 },
            Event::Enacted { id: 0 },
            Event::EpochEnding { end, next: Epoch(1) },
            Event::Noted { place: 0, deed: Deed::SetDecided { epoch: Epoch(1) } },
        ]
    );
    assert_eq!(status(&world, 0), Status::Enacted { block });
    assert_eq!(registry::OPEN_PROPOSALS.get(&world.state), Some(Vec::new()));
}

#[test]
fn an_operator_has_a_vote_for_each_validator_it_operates() {
    let mut validators: Vec<Validator> = (0..4).map(validator).collect();
    validators[1].operator = validators[0].operator;
    let mut world = World::new(&GenesisConfig { validators, ..config(false) });
    world.run(Who::Operator(0), propose(&add(4)));
    assert_eq!(votes(&world, 0), Votes { given: 2, quorum: 3 });
    world.run(Who::Operator(2), approve(0, &add(4)));
    assert!(matches!(status(&world, 0), Status::Enacted { .. }));
}

#[test]
fn an_operator_without_a_validator_has_no_vote_any_more() {
    let mut world = World::of(5);
    world.run(Who::Operator(4), propose(&add(6)));
    world.run(Who::Operator(0), approve(0, &add(6)));
    assert_eq!(votes(&world, 0), Votes { given: 2, quorum: 4 });
    world.block(&[(Who::Operator(0), propose(&remove(4)))]);
    world.block(&[1, 2, 3].map(|who| (Who::Operator(who), approve(1, &remove(4)))));
    (0..8).for_each(|_| drop(world.block(&[])));
    assert_eq!(votes(&world, 0), Votes { given: 1, quorum: 3 }, "one of the two approvals is void");
    refused(&mut world, Who::Operator(4), propose(&add(7)), Error::NotAnOperator);
    world.run(Who::Operator(1), approve(0, &add(6)));
    assert_eq!(status(&world, 0), Status::Open);
    world.run(Who::Operator(2), approve(0, &add(6)));
    assert!(matches!(status(&world, 0), Status::Enacted { .. }), "three of the four that are left");
}

#[test]
fn what_cannot_become_a_set_is_not_proposed() {
    let mut voter_with_a_role = validator(4);
    voter_with_a_role.consensus = Who::Foundry.id();
    let by_foundry = Who::Foundry.key().sign(&possession_bytes(&GENESIS, &Who::Foundry.id(), &Who::Operator(4).id()));
    let old_proof = possession(Who::Voter(4), Who::Operator(1));
    let table = [
        (Who::Nobody, add(4), Error::NotAnOperator),
        (Who::Voter(0), add(4), Error::NotAnOperator),
        (Who::Operator(0), remove(0), Error::TooFewValidators),
        (Who::Operator(0), remove(9), Error::UnknownValidator),
        (Who::Operator(0), replace(9, 9, 4), Error::UnknownValidator),
        (Who::Operator(0), replace(0, 0, 1), Error::DuplicateConsensusKey),
        (Who::Operator(0), replace(0, 0, 0), Error::DuplicateConsensusKey),
        (Who::Operator(0), replace(1, 0, 4), Error::NoPossession),
        (Who::Operator(0), add_other(4, |it| it.consensus = Who::Voter(1).id()), Error::DuplicateConsensusKey),
        (Who::Operator(0), add_other(4, |it| it.peer_id = peer_id(1)), Error::DuplicatePeerId),
        (Who::Operator(0), add_other(4, |it| it.name = "v1".to_owned()), Error::DuplicateName),
        (Who::Operator(0), add_other(4, |it| it.name.clear()), Error::BadName),
        (Who::Operator(0), add_other(4, |it| it.peer_id = vec![7; 38]), Error::BadPeerId),
        (Who::Operator(0), add_other(4, |it| it.addresses.clear()), Error::BadAddress),
        (Who::Operator(0), add_other(4, |it| it.addresses = vec!["here".to_owned()]), Error::BadAddress),
        (Who::Operator(0), add_other(4, |it| it.operator = Who::Voter(1).id()), Error::KeyHasOtherUse),
        (Who::Operator(0), add_other(4, |it| it.operator = Who::Voter(4).id()), Error::KeyHasOtherUse),
        (
            Who::Operator(0),
            Proposal::AddValidator { validator: voter_with_a_role, proof: by_foundry },
            Error::KeyHasOtherUse,
        ),
        (Who::Operator(0), Proposal::AddValidator { validator: validator(4), proof: old_proof }, Error::NoPossession),
        (
            Who::Operator(0),
            Proposal::AddValidator { validator: validator(4), proof: Signature::ZERO },
            Error::NoPossession,
        ),
        (
            Who::Operator(0),
            Proposal::ReplaceKey { old: Who::Voter(0).id(), new: AccountId([0; 32]), proof: Signature([0; 64]) },
            Error::NoPossession,
        ),
    ];
    let mut world = World::of(4);
    for (who, proposal, expected) in table {
        refused(&mut world, who, propose(&proposal), expected);
    }
}

#[test]
fn a_set_has_at_most_100_validators() {
    let mut full = World::of(4);
    // 100 of them don't fit the numbers of the test's keys: the set is made from keys that sign nothing.
    let crowd = (0..100u8).map(|at| Validator {
        name: format!("v{at}"),
        operator: if at == 0 { Who::Operator(0).id() } else { AccountId([at; 32]) },
        consensus: AccountId([at + 101; 32]),
        peer_id: [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &[at; 32]].concat(),
        addresses: Vec::new(),
    });
    let crowd: Vec<Validator> = crowd.collect();
    full.state = World::new(&GenesisConfig { validators: crowd, ..config(false) }).state;
    refused(
        &mut full,
        Who::Operator(0),
        propose(&add_other(5, |it| it.name = "eve".to_owned())),
        Error::TooManyValidators,
    );
}

#[test]
fn what_is_not_this_open_proposal_is_not_approved() {
    let mut world = World::of(4);
    world.run(Who::Operator(0), propose(&add(4)));
    let other = Call::Registry(registry::Call::Approve { id: 0, hash: H256::ZERO });
    refused(&mut world, Who::Operator(1), other, Error::OtherProposal);
    refused(&mut world, Who::Operator(1), approve(1, &add(4)), Error::UnknownProposal);
    refused(&mut world, Who::Operator(0), approve(0, &add(4)), Error::AlreadyApproved);
    refused(&mut world, Who::Operator(3), propose(&add(4)), Error::AlreadyProposed);
    refused(&mut world, Who::Foundry, approve(0, &add(4)), Error::NotAnOperator);
    for who in [1, 2] {
        assert_eq!(world.result(Who::Operator(who), approve(0, &add(4))), Ok(()));
    }
    refused(&mut world, Who::Operator(3), approve(0, &add(4)), Error::ProposalClosed);
}

#[test]
fn nobody_fills_the_list_of_proposals() {
    let mut world = World::of(4);
    for number in 0..u8::try_from(PROPOSALS_OPEN_MAX).expect("few") {
        assert_eq!(world.result(Who::Operator(0), propose(&add(4 + number))), Ok(()));
    }
    refused(&mut world, Who::Operator(0), propose(&add(9)), Error::TooManyProposals);
    assert_eq!(world.result(Who::Operator(1), propose(&add(9))), Ok(()));
}

#[test]
fn a_proposal_is_approved_until_its_deadline_and_expired_after_it() {
    let mut world = World::of(4);
    let deadline = world.time + PROPOSAL_LIFE_MS;
    world.run(Who::Operator(0), propose(&add(4)));
    world.time = deadline;
    refused(&mut world, Who::Nobody, expire(0), Error::ProposalNotDue);
    world.time = deadline;
    assert_eq!(world.result(Who::Operator(1), approve(0, &add(4))), Ok(()));
    world.time = deadline + 1;
    refused(&mut world, Who::Operator(2), approve(0, &add(4)), Error::ProposalOverdue);
    assert_eq!(said(&world.run(Who::Nobody, expire(0))), [Event::Expired { id: 0 }]);
    assert_eq!(status(&world, 0), Status::Expired);
    refused(&mut world, Who::Nobody, expire(0), Error::ProposalClosed);
    refused(&mut world, Who::Nobody, expire(1), Error::UnknownProposal);
    assert_eq!(world.result(Who::Operator(2), propose(&add(4))), Ok(()), "it can be proposed anew");
}

#[test]
fn one_change_is_pending_at_a_time_and_the_next_is_enacted_after_its_end() {
    let mut world = World::of(4);
    world.block(&[(Who::Operator(0), propose(&add(4))), (Who::Operator(0), propose(&add(5)))]);
    for id in [0, 1] {
        world.run(Who::Operator(1), approve(id, &add(4 + id as u8)));
    }
    assert_eq!(world.result(Who::Operator(2), approve(0, &add(4))), Ok(()));
    refused(&mut world, Who::Operator(2), approve(1, &add(5)), Error::ChangePending);
    let end = registry::epoch_change(&world.state).expect("one is pending").end;
    while world.number < end - 1 {
        refused(&mut world, Who::Operator(2), approve(1, &add(5)), Error::ChangePending);
    }
    // The last block of the epoch has five validators after it: three approvals aren't enough any more.
    assert_eq!(world.result(Who::Operator(2), approve(1, &add(5))), Ok(()));
    assert_eq!((world.number, votes(&world, 1)), (end, Votes { given: 3, quorum: 4 }));
    assert_eq!(world.result(Who::Operator(3), approve(1, &add(5))), Ok(()));
    assert_eq!(registry::epoch_change(&world.state).map(|change| change.end), Some(end + 9));
}

#[test]
fn what_the_set_has_outgrown_is_not_enacted() {
    let mut world = World::of(5);
    world.run(Who::Operator(0), propose(&remove(4)));
    world.run(Who::Operator(0), propose(&remove(3)));
    for who in [1, 2] {
        world.block(&[(Who::Operator(who), approve(0, &remove(4))), (Who::Operator(who), approve(1, &remove(3)))]);
    }
    world.run(Who::Operator(3), approve(0, &remove(4)));
    (0..8).for_each(|_| drop(world.block(&[])));
    refused(&mut world, Who::Operator(3), approve(1, &remove(3)), Error::TooFewValidators);
    refused(&mut world, Who::Operator(3), propose(&remove(4)), Error::UnknownValidator);
}

#[test]
fn a_development_network_changes_the_key_of_its_only_validator_and_nothing_else() {
    let mut world = World::of(1);
    refused(&mut world, Who::Operator(0), propose(&add(4)), Error::TooFewValidators);
    refused(&mut world, Who::Operator(0), propose(&remove(0)), Error::TooFewValidators);
    assert_eq!(world.result(Who::Operator(0), propose(&replace(0, 0, 9))), Ok(()));
    let next = registry::next_validators(&world.state).expect("one vote is a quorum of one");
    assert_eq!(next[0].consensus, Who::Voter(9).id());
    assert!(registry::roles(&world.state, &Who::Voter(9).id()).has(Role::Validator));
}
