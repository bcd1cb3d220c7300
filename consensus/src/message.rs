//! What validators say to each other. Every message is signed by its sender over
//! [`signed_bytes`](tierchain_primitives::certificate::signed_bytes), epoch and genesis included.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_primitives::certificate::{Certificate, SignedKind};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::Header;
use tierchain_primitives::limits::{PROPOSAL_BUNDLES_MAX, VALIDATORS_MAX};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};

/// The primary of `view` proposes a block.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode)]
pub struct Proposal {
    /// The epoch of the set.
    pub epoch: Epoch,
    /// The primary's view.
    pub view: View,
    /// The block's header.
    pub header: Header,
    /// Digests of the bundles from which the body is derived. Hints that the signature doesn't cover: a wrong list
    /// gives another `extrinsics_root`.
    pub bundles: Vec<H256>,
    /// By the primary, over kind Proposal, number and hash of the header.
    pub signature: Signature,
}

/// Which vote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub enum VoteKind {
    /// I accept this block in this view, and hold its body.
    #[codec(index = 1)]
    Prepare,
    /// I hold a prepared certificate of this view that covers this block.
    #[codec(index = 2)]
    Commit,
}

impl VoteKind {
    /// The kind as signed.
    #[must_use]
    pub fn signed(self) -> SignedKind {
        match self {
            Self::Prepare => SignedKind::Prepare,
            Self::Commit => SignedKind::Commit,
        }
    }
}

/// A prepare or a commit.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct Vote {
    /// Which.
    pub kind: VoteKind,
    /// The epoch of the set.
    pub epoch: Epoch,
    /// The view in which it counts, and in no other.
    pub view: View,
    /// The block's number.
    pub number: BlockNumber,
    /// The block's hash.
    pub hash: H256,
    /// Whose vote it is.
    pub voter: ValidatorIndex,
    /// By the voter.
    pub signature: Signature,
}

/// The sender leaves all views below `view` and will never vote in one again.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct ViewChange {
    /// The epoch of the set.
    pub epoch: Epoch,
    /// The view it wants to enter.
    pub view: View,
    /// Whose message it is.
    pub sender: ValidatorIndex,
    /// Certificate of its last final block; none while that is the block the epoch began on.
    pub certified: Option<Certificate>,
    /// Its highest prepared certificate, by view, then number; none if it has none.
    pub prepared: Option<Certificate>,
    /// By the sender, over kind ViewChange, number 0 and [`ViewChange::content_hash`].
    pub signature: Signature,
}

impl ViewChange {
    /// Hash of the contents, as signed.
    #[must_use]
    pub fn content_hash(&self) -> H256 {
        sha256(&[b"tierchain/view-change/1", &(self.sender, &self.certified, &self.prepared).encode()])
    }
}

/// The primary of `view` opens it, and proves that a quorum wants it and where it starts.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode)]
pub struct NewView {
    /// The epoch of the set.
    pub epoch: Epoch,
    /// The view it opens.
    pub view: View,
    /// The primary.
    pub sender: ValidatorIndex,
    /// VIEW-CHANGEs for this view of a quorum, by ascending sender.
    pub proof: Vec<ViewChange>,
    /// By the primary, over kind NewView, number 0 and [`NewView::content_hash`].
    pub signature: Signature,
}

impl NewView {
    /// Hash of the contents, as signed.
    #[must_use]
    pub fn content_hash(&self) -> H256 {
        sha256(&[b"tierchain/new-view/1", &(self.sender, &self.proof).encode()])
    }
}

/// The sender has cause to leave `view`. A hint: it promises nothing and goes on voting.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct Suspect {
    /// The epoch of the set.
    pub epoch: Epoch,
    /// The view it wants to leave.
    pub view: View,
    /// Whose message it is.
    pub sender: ValidatorIndex,
    /// By the sender, over kind Suspect, number 0 and the zero hash.
    pub signature: Signature,
}

/// Anything that consensus says.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub enum Message {
    /// A block to prepare.
    #[codec(index = 0)]
    Proposal(Proposal),
    /// A prepare or a commit.
    #[codec(index = 1)]
    Vote(Vote),
    /// A promise to leave.
    #[codec(index = 2)]
    ViewChange(ViewChange),
    /// A view opened.
    #[codec(index = 3)]
    NewView(NewView),
    /// A hint.
    #[codec(index = 4)]
    Suspect(Suspect),
    /// A certificate for a peer that is behind within the window.
    #[codec(index = 5)]
    Certificate(Certificate),
}

impl Message {
    /// The epoch in whose set it counts.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        match self {
            Self::Proposal(it) => it.epoch,
            Self::Vote(it) => it.epoch,
            Self::ViewChange(it) => it.epoch,
            Self::NewView(it) => it.epoch,
            Self::Suspect(it) => it.epoch,
            Self::Certificate(it) => it.epoch,
        }
    }
}

impl Decode for Proposal {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let epoch = Epoch::decode(input)?;
        let view = View::decode(input)?;
        let header = Header::decode(input)?;
        let count = bounded_count(input, PROPOSAL_BUNDLES_MAX)?;
        let bundles = (0..count).map(|_| H256::decode(input)).collect::<Result<_, _>>()?;
        let signature = Signature::decode(input)?;
        Ok(Self { epoch, view, header, bundles, signature })
    }
}

impl Decode for NewView {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let epoch = Epoch::decode(input)?;
        let view = View::decode(input)?;
        let sender = ValidatorIndex::decode(input)?;
        let count = bounded_count(input, VALIDATORS_MAX)?;
        let proof = (0..count).map(|_| ViewChange::decode(input)).collect::<Result<_, _>>()?;
        let signature = Signature::decode(input)?;
        Ok(Self { epoch, view, sender, proof, signature })
    }
}

fn bounded_count<I: Input>(input: &mut I, max: usize) -> Result<usize, Error> {
    let count = Compact::<u32>::decode(input)?.0 as usize;
    if count > max { Err("a list that is too long".into()) } else { Ok(count) }
}
