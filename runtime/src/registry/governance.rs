//! Governance: proposals, their approval by a quorum of the validators' operators, and what they bring about.

use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};

use super::validator::{check_count, check_possession};
use super::{
    Deed, Error, Event, OPEN_PROPOSALS, OpenProposal, PROPOSAL_COUNT, PROPOSAL_LIFE_MS, PROPOSALS, PROPOSALS_OPEN_MAX,
    Proposal, ProposalId, ProposalRecord, Role, Status, Validator, entries, epochs, next_validators, roles, trail,
    validators,
};
use crate::dispatch::DispatchError;
use crate::execute::Context;

/// How many votes a proposal has, and how many it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Votes {
    /// A vote for each validator in force whose operator approved.
    pub given: u32,
    /// floor(2n / 3) + 1 of the n validators in force.
    pub quorum: u32,
}

/// Proposes something.
///
/// - The signer operates a validator in force, and has fewer than [`PROPOSALS_OPEN_MAX`] open proposals.
/// - The same isn't open already.
/// - It could be enacted now; one about validators on the set in force, or on the next one where that is decided.
///
/// The proposer has approved it; where that is a quorum, it is enacted at once.
pub(super) fn propose(context: &mut Context<'_>, proposal: &Proposal) -> Result<(), DispatchError> {
    let by = context.signer;
    ensure_operator(&context.state, &by)?;
    let hash = proposal.hash();
    let mut open = OPEN_PROPOSALS.get(&context.state).unwrap_or_default();
    if open.iter().any(|known| known.hash == hash) {
        return Err(Error::AlreadyProposed.into());
    }
    if open.iter().filter(|known| known.by == by).count() >= PROPOSALS_OPEN_MAX {
        return Err(Error::TooManyProposals.into());
    }
    judge(&context.state, &context.block.genesis, proposal)?;

    let id = PROPOSAL_COUNT.get(&context.state).unwrap_or(0);
    PROPOSAL_COUNT.put(&mut context.state, &id.checked_add(1).expect("there are fewer proposals than extrinsics"));
    open.push(OpenProposal { id, hash, by });
    OPEN_PROPOSALS.put(&mut context.state, &open);
    let deadline = context.block.timestamp.saturating_add(PROPOSAL_LIFE_MS);
    context.report(Event::ProposalMade { id, hash, by, deadline });
    let made_in = context.block.header.number;
    let (proposal, approvals) = (proposal.clone(), Vec::new());
    count(context, id, ProposalRecord { proposal, by, made_in, deadline, approvals, status: Status::Open })
}

/// Approves a proposal.
///
/// - The signer operates a validator in force and hasn't approved it before.
/// - The proposal is open, isn't overdue, and is the one with that hash.
/// - Where this completes the quorum: it can be enacted now.
pub(super) fn approve(context: &mut Context<'_>, id: ProposalId, hash: H256) -> Result<(), DispatchError> {
    ensure_operator(&context.state, &context.signer)?;
    let record = open(&context.state, id)?;
    if record.proposal.hash() != hash {
        return Err(Error::OtherProposal.into());
    }
    if context.block.timestamp > record.deadline {
        return Err(Error::ProposalOverdue.into());
    }
    if record.approvals.contains(&context.signer) {
        return Err(Error::AlreadyApproved.into());
    }
    count(context, id, record)
}

/// Closes a proposal whose deadline is over. Every admitted account may.
pub(super) fn expire(context: &mut Context<'_>, id: ProposalId) -> Result<(), DispatchError> {
    let record = open(&context.state, id)?;
    if context.block.timestamp <= record.deadline {
        return Err(Error::ProposalNotDue.into());
    }
    close(context, id, ProposalRecord { status: Status::Expired, ..record });
    context.report(Event::Expired { id });
    Ok(())
}

/// The votes of a proposal as the set in force counts them.
#[must_use]
pub fn votes(state: &dyn StateRead, record: &ProposalRecord) -> Votes {
    let validators = validators(state);
    let given = validators.iter().filter(|validator| record.approvals.contains(&validator.operator)).count();
    let small = |count: usize| u32::try_from(count).expect("a set has at most VALIDATORS_MAX validators");
    Votes { given: small(given), quorum: small(epochs::validator_set(state).quorum()) }
}

/// Adds the signer's approval, and enacts the proposal when a quorum has approved it.
fn count(context: &mut Context<'_>, id: ProposalId, mut record: ProposalRecord) -> Result<(), DispatchError> {
    record.approvals.push(context.signer);
    let Votes { given: votes, quorum } = votes(&context.state, &record);
    context.report(Event::Approved { id, by: context.signer, votes, quorum });
    if votes < quorum {
        PROPOSALS.put(&mut context.state, &id, &record);
        return Ok(());
    }
    enact(context, id, record)
}

/// Has a proposal done that a quorum approved.
fn enact(context: &mut Context<'_>, id: ProposalId, record: ProposalRecord) -> Result<(), DispatchError> {
    if record.proposal.ends_epoch() {
        epochs::ensure_none_pending(&context.state)?;
    }
    let next = judge(&context.state, &context.block.genesis, &record.proposal)?;
    let proposal = record.proposal.clone();
    let block = context.block.header.number;
    close(context, id, ProposalRecord { status: Status::Enacted { block }, ..record });
    context.report(Event::Enacted { id });
    match next {
        Some(validators) => {
            epochs::decide(context, validators)?;
            let epoch = epochs::validator_set(&context.state).epoch.next();
            trail::note(context, Some(id), Deed::SetDecided { epoch });
        }
        None => entries::enact(context, id, &proposal),
    }
    Ok(())
}

/// Keeps what became of a proposal and takes it off the list.
fn close(context: &mut Context<'_>, id: ProposalId, record: ProposalRecord) {
    let mut open = OPEN_PROPOSALS.get(&context.state).unwrap_or_default();
    open.retain(|known| known.id != id);
    OPEN_PROPOSALS.put(&mut context.state, &open);
    PROPOSALS.put(&mut context.state, &id, &record);
}

/// Passes a proposal that could be enacted now, with the validators that it would leave where it is about them.
fn judge(state: &dyn StateRead, genesis: &H256, proposal: &Proposal) -> Result<Option<Vec<Validator>>, Error> {
    match proposal.ends_epoch() {
        true => outcome(state, genesis, proposal).map(Some),
        false => entries::check(state, proposal).map(|()| None),
    }
}

/// The validators that a proposal about them would leave.
fn outcome(state: &dyn StateRead, genesis: &H256, proposal: &Proposal) -> Result<Vec<Validator>, Error> {
    let mut set = next_validators(state).unwrap_or_else(|| validators(state));
    let before = set.len();
    match proposal {
        Proposal::AddValidator { validator, proof } => {
            validator.check_form()?;
            ensure_new(state, &set, validator)?;
            check_possession(genesis, &validator.consensus, &validator.operator, proof)?;
            set.push(validator.clone());
        }
        Proposal::RemoveValidator { consensus } => {
            let at = place(&set, consensus)?;
            set.remove(at);
        }
        Proposal::ReplaceKey { old, new, proof } => {
            let at = place(&set, old)?;
            ensure_free_key(state, &set, new)?;
            check_possession(genesis, new, &set[at].operator, proof)?;
            set[at].consensus = *new;
        }
        _ => {}
    }
    check_count(set.len(), before)?;
    Ok(set)
}

/// Passes a validator whose name, keys and peer id no other has.
fn ensure_new(state: &dyn StateRead, set: &[Validator], new: &Validator) -> Result<(), Error> {
    ensure_free_key(state, set, &new.consensus)?;
    if set.iter().any(|known| known.peer_id == new.peer_id) {
        return Err(Error::DuplicatePeerId);
    }
    if set.iter().any(|known| known.name == new.name) {
        return Err(Error::DuplicateName);
    }
    // A consensus key that also decides about validators would be two secrets in one file.
    if roles(state, &new.operator).has(Role::Validator) { Err(Error::KeyHasOtherUse) } else { Ok(()) }
}

/// Passes a consensus key that nobody votes with and no account of another kind has.
fn ensure_free_key(state: &dyn StateRead, set: &[Validator], key: &AccountId) -> Result<(), Error> {
    if set.iter().any(|known| known.consensus == *key) {
        return Err(Error::DuplicateConsensusKey);
    }
    let has_other_use = roles(state, key).iter().any(|role| role != Role::Validator);
    if has_other_use { Err(Error::KeyHasOtherUse) } else { Ok(()) }
}

/// The place of a consensus key in a set.
fn place(set: &[Validator], key: &AccountId) -> Result<usize, Error> {
    set.iter().position(|known| known.consensus == *key).ok_or(Error::UnknownValidator)
}

/// Passes an account that operates a validator in force. The role alone isn't enough: it may be listed in a genesis.
fn ensure_operator(state: &dyn StateRead, account: &AccountId) -> Result<(), Error> {
    let operates = validators(state).iter().any(|validator| validator.operator == *account);
    if operates { Ok(()) } else { Err(Error::NotAnOperator) }
}

/// A proposal that is open.
fn open(state: &dyn StateRead, id: ProposalId) -> Result<ProposalRecord, Error> {
    let record = PROPOSALS.get(state, &id).ok_or(Error::UnknownProposal)?;
    if record.status == Status::Open { Ok(record) } else { Err(Error::ProposalClosed) }
}
