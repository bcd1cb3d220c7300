//! What a pair of signed statements proves, for anybody who knows the validator set.
//!
//! The machine hands out [`Evidence`]; whoever gets it, over the wire or years later in a file, believes nothing of it:
//! both statements are verified, and the pair is judged again from what they say alone.

use core::fmt;

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::{Epoch, H256, ValidatorIndex};

use crate::effect::Evidence;
use crate::message::{Message, ViewChange, Vote, VoteKind};
use crate::verify::{Verify, VerifyError, verify_with};

/// Which promise the pair breaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Charge {
    /// Two blocks proposed for one number in one view (R1).
    TwoProposals,
    /// Two blocks of one number prepared in one view (R1).
    TwoPrepares,
    /// Two blocks of one number committed in one view (R3).
    TwoCommits,
    /// Two VIEW-CHANGEs for one view with different contents (R5).
    TwoViewChanges,
    /// Two NEW-VIEWs for one view with different proofs (R6).
    TwoNewViews,
    /// A commit, and a VIEW-CHANGE for a later view without the certificate that the commit rested on (R3, R5).
    HiddenCommit,
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TwoProposals => "it proposed two blocks for one number in one view",
            Self::TwoPrepares => "it prepared two blocks of one number in one view",
            Self::TwoCommits => "it committed two blocks of one number in one view",
            Self::TwoViewChanges => "it sent two different VIEW-CHANGEs for one view",
            Self::TwoNewViews => "it sent two different NEW-VIEWs for one view",
            Self::HiddenCommit => "its VIEW-CHANGE hides a commit that it had made",
        })
    }
}

/// Why a pair of statements proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChargeError {
    /// A statement that nobody signed.
    #[error("one of the statements doesn't verify: {0}")]
    Statement(#[from] VerifyError),
    /// Statements that one honest validator may make both.
    #[error("the two statements contradict each other in nothing")]
    Consistent,
    /// The statements are another's.
    #[error("the statements are of validator {found}, and validator {accused} is accused")]
    OtherCulprit {
        /// Who is accused.
        accused: ValidatorIndex,
        /// Who signed.
        found: ValidatorIndex,
    },
}

impl Evidence {
    /// The epoch whose set the culprit belongs to.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.first.epoch()
    }

    /// Checks both statements and judges the pair.
    ///
    /// # Errors
    /// Why it proves nothing.
    pub fn verify(&self, port: &dyn Verify, set: &ValidatorSet, genesis: &H256) -> Result<Charge, ChargeError> {
        verify_with(port, &self.first, set, genesis)?;
        verify_with(port, &self.second, set, genesis)?;
        let (found, charge) = judge(&self.first, &self.second, set).ok_or(ChargeError::Consistent)?;
        if found == self.culprit { Ok(charge) } else { Err(ChargeError::OtherCulprit { accused: self.culprit, found }) }
    }
}

/// Who broke which promise by saying both, if anybody did.
fn judge(first: &Message, second: &Message, set: &ValidatorSet) -> Option<(ValidatorIndex, Charge)> {
    match (first, second) {
        (Message::Proposal(one), Message::Proposal(other)) => {
            let same = (one.view, one.header.number) == (other.view, other.header.number);
            let differ = one.header.hash() != other.header.hash();
            (same && differ).then(|| (set.primary(one.view), Charge::TwoProposals))
        }
        (Message::Vote(one), Message::Vote(other)) => {
            let topic = |vote: &Vote| (vote.voter, vote.kind, vote.view, vote.number);
            let charge = match one.kind {
                VoteKind::Prepare => Charge::TwoPrepares,
                VoteKind::Commit => Charge::TwoCommits,
            };
            (topic(one) == topic(other) && one.hash != other.hash).then_some((one.voter, charge))
        }
        (Message::ViewChange(one), Message::ViewChange(other)) => {
            let same = (one.sender, one.view) == (other.sender, other.view);
            (same && one.content_hash() != other.content_hash()).then_some((one.sender, Charge::TwoViewChanges))
        }
        (Message::NewView(one), Message::NewView(other)) => {
            let same = (one.sender, one.view) == (other.sender, other.view);
            (same && one.content_hash() != other.content_hash()).then_some((one.sender, Charge::TwoNewViews))
        }
        (Message::Vote(commit), Message::ViewChange(change)) | (Message::ViewChange(change), Message::Vote(commit)) => {
            let same = commit.voter == change.sender && commit.kind == VoteKind::Commit;
            (same && hides(change, commit)).then_some((change.sender, Charge::HiddenCommit))
        }
        _ => None,
    }
}

/// Whether a VIEW-CHANGE hides a commit of its sender. By R3 who commits (v, k) holds a prepared certificate of v for
/// block k or one above, and the VIEW-CHANGE must show it or a higher one.
pub(crate) fn hides(change: &ViewChange, commit: &Vote) -> bool {
    let shown = change.prepared.as_ref().map(|certificate| (certificate.view, certificate.number));
    let certified = change.certified.as_ref().map(|certificate| certificate.number);
    change.view > commit.view && shown < Some((commit.view, commit.number)) && certified < Some(commit.number)
}
