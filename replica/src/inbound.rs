//! What comes over the wire, made into inputs: decoded within limits, every signature checked, by the set of the epoch
//! that it is of.
//!
//! Pure, so that simulator and node refuse the same things; the body lends its eyes ([`Senses`]) and does this on
//! whatever thread it likes, beside the replica's. The epochs it looks with may therefore be a moment behind. That
//! costs a repeat and no more: what is of another epoch is never an offence.

use std::sync::Arc;

use parity_scale_codec::DecodeAll;
use tierchain_consensus::{Message, Verify, VerifyError, verify_certificate, verify_with};
use tierchain_primitives::certificate::{Certificate, CertificateKind, ValidatorSet};
use tierchain_primitives::epoch::{EpochError, Epochs};
use tierchain_primitives::header::{Header, extrinsics_root};
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, ValidatorIndex};
use tierchain_runtime::{CheckError, Checked};

use crate::evidence::{BadBundle, Evidence, EvidenceError, Signatures, Topic};
use crate::input::{Entry, Input, Member, OpenBundle, Verdict};
use crate::wire::{CertifiedBlock, RANGE_BLOCKS_MAX, RANGE_BYTES_MAX, SignedBundle, SyncMessage};

/// What the body lends to inbound messages: its keys' arithmetic and its chain.
pub trait Senses: ChainRead {
    /// Judges signatures of consensus keys.
    fn consensus(&self) -> &dyn Verify;

    /// For each extrinsic, whether its signature holds for the birth block given with it.
    fn extrinsics_hold(&self, entries: &[(Checked, H256)]) -> Vec<bool>;

    /// The newest final block whose state can be read.
    fn height(&self) -> BlockNumber;

    /// A final block's header with a certificate of it.
    fn certified_header(&self, number: BlockNumber) -> Option<(Header, Certificate)>;

    /// Whether evidence of this topic would be news here ([`Book::wants`](crate::evidence::Book::wants)).
    fn wants_evidence(&self, topic: &Topic) -> bool;
}

/// Why a message is let go.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// It doesn't decode within its limits.
    #[error("it doesn't decode: {0}")]
    Undecodable(String),
    /// Only validators speak of consensus. No offence: who is one follows from what was executed here, which may be
    /// behind the epoch.
    #[error("a consensus message of a member that is no validator")]
    NotAValidator,
    /// A consensus message that breaks a rule.
    #[error(transparent)]
    Consensus(#[from] VerifyError),
    /// A bundle that its maker didn't sign.
    #[error("a bundle that validator {maker} of epoch {epoch} didn't sign")]
    Bundle {
        /// The maker that it names.
        maker: ValidatorIndex,
        /// The epoch of its set.
        epoch: Epoch,
    },
    /// Header, body and certificate don't belong together.
    #[error("block {0} came with a body or a certificate of another block")]
    NotWhole(BlockNumber),
    /// Something in a body is no extrinsic.
    #[error("block {number} holds something that is no extrinsic: {error}")]
    Body {
        /// The block.
        number: BlockNumber,
        /// Why it is none.
        error: CheckError,
    },
    /// A certified header that ends its epoch wrongly.
    #[error(transparent)]
    Epoch(#[from] EpochError),
    /// Evidence that proves nothing.
    #[error("evidence that proves nothing: {0}")]
    Evidence(EvidenceError),
    /// It is of an epoch whose set isn't known here: no offence.
    #[error("it is of epoch {0}, whose validators aren't known here")]
    OtherEpoch(Epoch),
    /// It is final here already, or of a past that this node doesn't check any more. No offence: late is honest.
    #[error("block {0} is of the past")]
    Past(BlockNumber),
}

impl Refused {
    /// Whether whoever sent it is to blame.
    #[must_use]
    pub fn is_offence(&self) -> bool {
        !matches!(self, Self::NotAValidator | Self::OtherEpoch(_) | Self::Past(_))
    }
}

/// The eyes with which a message is looked at.
pub struct Inbound<'a, S> {
    /// Hash of the genesis block.
    pub genesis: H256,
    /// The epochs known here.
    pub epochs: &'a Epochs,
    /// Whether this node has a seat in the set in force: others have no use for votes and bundles.
    pub is_seated: bool,
    /// What the body lends.
    pub senses: &'a S,
}

impl<S: Senses> Inbound<'_, S> {
    /// A message on the consensus channel. None when it is fine and of no use here.
    ///
    /// # Errors
    /// Why it is let go.
    pub fn consensus(&self, from: Member, bytes: &[u8]) -> Result<Option<Input>, Refused> {
        let message: Message = decode(bytes)?;
        let set = self.epochs.current();
        if message.epoch() != set.epoch {
            // Also of one that is no validator here any more: it may not know yet.
            return Ok(Some(Input::OtherEpoch { from, epoch: message.epoch() }));
        }
        let Member::Validator(key) = from else { return Err(Refused::NotAValidator) };
        if !self.is_seated {
            return Ok(None);
        }
        verify_with(self.senses.consensus(), &message, set, &self.genesis)?;
        Ok(Some(Input::Consensus { from: key, message }))
    }

    /// A decoded message on the sync channel. None when it is fine and of no use here, and for snapshots and requests of ranges,
    /// which the body serves itself with [`range`].
    ///
    /// # Errors
    /// Why it is let go.
    pub fn sync(&self, from: Member, message: SyncMessage) -> Result<Option<Input>, Refused> {
        Ok(Some(match message {
            SyncMessage::BundleRequest { digest } => Input::BundleRequest { from, digest },
            SyncMessage::BlockRequest { number, hash } => Input::BlockRequest { from, number, hash },
            SyncMessage::Height { number } => Input::Height { from, number },
            SyncMessage::Bundle(bundle) => return self.bundle(bundle),
            SyncMessage::Block { header, body } => self.block(header, &body)?,
            SyncMessage::Range { blocks } => self.range(from, blocks)?,
            SyncMessage::Evidence(evidence) => return self.evidence(from, evidence),
            SyncMessage::Missing { .. } | SyncMessage::RangeRequest { .. } | SyncMessage::Snapshot(_) => {
                return Ok(None);
            }
        }))
    }

    /// A gossiped bundle.
    ///
    /// # Errors
    /// Why it is let go.
    pub fn gossiped_bundle(&self, bytes: &[u8]) -> Result<Option<Input>, Refused> {
        self.bundle(decode(bytes)?)
    }

    /// A gossiped block. One that is no news costs no signature and isn't spread.
    ///
    /// # Errors
    /// Why it is let go.
    pub fn gossiped_block(&self, bytes: &[u8]) -> Result<Option<Input>, Refused> {
        let block: CertifiedBlock = decode(bytes)?;
        let number = block.header.number;
        if number <= self.senses.height() {
            return Err(Refused::Past(number));
        }
        let body = self.certified(&block, self.epochs)?;
        Ok(Some(Input::Gossiped { block, body }))
    }

    /// Takes a bundle apart and verifies what can be verified now. A bundle of an earlier epoch may still be needed:
    /// its extrinsics don't end with its maker's seat.
    fn bundle(&self, bundle: SignedBundle) -> Result<Option<Input>, Refused> {
        let set = self.epochs.set(bundle.epoch).ok_or(Refused::OtherEpoch(bundle.epoch))?;
        let maker = self.maker(&bundle, set)?;
        if !self.is_seated {
            return Ok(None);
        }
        let following = self.senses.height().saturating_add(1);
        let checked = bundle.bundle.extrinsics.iter().filter_map(|bytes| tierchain_runtime::check(bytes).ok());
        let entries = self.judge(checked.collect(), following);
        let fault = self.fault(&bundle, &entries).map(|bad| Arc::new(Evidence::Bundle(bad)));
        let digest = bundle.bundle.digest();
        Ok(Some(Input::Bundle(OpenBundle { digest, maker, signed: Arc::new(bundle), entries, fault })))
    }

    /// What convicts the maker of a bundle: an entry that is no extrinsic, or one whose signature fails for the birth
    /// block that counted when the bundle was gathered. (One that fails for a later birth block was fine then.)
    fn fault(&self, bundle: &SignedBundle, entries: &[Entry]) -> Option<BadBundle> {
        let mut judged = entries.iter();
        for (entry, bytes) in (0u32..).zip(&bundle.bundle.extrinsics) {
            let bad = |birth| Some(BadBundle { signed: bundle.clone(), entry, birth });
            let Some(of_it) = judged.as_slice().first().filter(|judged| judged.checked.bytes == *bytes) else {
                return bad(None);
            };
            judged.next();
            let Verdict::Fails { birth } = of_it.verdict else { continue };
            let counted = of_it.checked.extrinsic.era.birth(bundle.at.saturating_add(1));
            if self.senses.block_hash(counted) != Some(birth) {
                continue;
            }
            match counted {
                0 => return bad(None),
                _ => return bad(Some(self.senses.certified_header(counted)?)),
            }
        }
        None
    }

    /// Verifies evidence that would be news. What it is about is taken from its bytes before they are believed, which
    /// can only save work: who lies about it has it thrown away.
    fn evidence(&self, from: Member, evidence: Arc<Evidence>) -> Result<Option<Input>, Refused> {
        if !self.senses.wants_evidence(&evidence.topic()) {
            return Ok(None);
        }
        match evidence.verify(&Judge(self.senses), &self.genesis, self.epochs) {
            Ok(_) => Ok(Some(Input::Evidence { from, evidence })),
            Err(EvidenceError::UnknownEpoch(epoch)) => Err(Refused::OtherEpoch(epoch)),
            Err(error) => Err(Refused::Evidence(error)),
        }
    }

    fn maker(&self, bundle: &SignedBundle, set: &ValidatorSet) -> Result<AccountId, Refused> {
        let refused = Refused::Bundle { maker: bundle.maker, epoch: bundle.epoch };
        match set.key(bundle.maker) {
            Some(key) if bundle.is_signed(&self.genesis, set, self.senses.consensus()) => Ok(*key),
            _ => Err(refused),
        }
    }

    /// Verifies, all at once, the signatures of those extrinsics whose birth block is known.
    fn judge(&self, checked: Vec<Checked>, following: BlockNumber) -> Vec<Entry> {
        let birth = |checked: &Checked| self.senses.block_hash(checked.extrinsic.era.birth(following));
        let births: Vec<Option<H256>> = checked.iter().map(birth).collect();
        let known: Vec<(Checked, H256)> =
            checked.iter().zip(&births).filter_map(|(checked, birth)| Some((checked.clone(), (*birth)?))).collect();
        let mut holds = self.senses.extrinsics_hold(&known).into_iter();
        let mut verdict = |birth: Option<H256>| match birth {
            None => Verdict::Unknown,
            Some(birth) => match holds.next() {
                Some(true) => Verdict::Holds { birth },
                Some(false) => Verdict::Fails { birth },
                None => Verdict::Unknown,
            },
        };
        checked.into_iter().zip(births).map(|(checked, birth)| Entry { verdict: verdict(birth), checked }).collect()
    }

    fn block(&self, header: Header, body: &[Vec<u8>]) -> Result<Input, Refused> {
        if extrinsics_root(body) != header.extrinsics_root {
            return Err(Refused::NotWhole(header.number));
        }
        let body = take_apart(header.number, body)?;
        Ok(Input::Block { header, body })
    }

    /// Verifies a range block by block, each with the set that the ones before it lead to. It ends where this node
    /// knows no further, at an epoch that it hasn't seen begin, and where its numbers don't go on one by one. What is
    /// final here is passed over unread: an answer may be late.
    fn range(&self, from: Member, blocks: Vec<CertifiedBlock>) -> Result<Input, Refused> {
        let height = self.senses.height();
        let mut epochs = self.epochs.clone();
        let mut verified: Vec<(CertifiedBlock, Arc<Vec<Checked>>)> = Vec::with_capacity(blocks.len());
        for block in blocks.into_iter().filter(|block| block.header.number > height) {
            let goes_on =
                |(before, _): &(CertifiedBlock, _)| before.header.number.checked_add(1) == Some(block.header.number);
            if !verified.last().is_none_or(goes_on) {
                break;
            }
            let body = match self.certified(&block, &epochs) {
                Ok(body) => body,
                Err(refused) if refused.is_offence() => return Err(refused),
                Err(_) => break,
            };
            epochs.follow(&block.header)?;
            verified.push((block, body));
        }
        Ok(Input::Range { from, blocks: verified })
    }

    /// Checks a block that claims to be final, and takes its body apart.
    fn certified(&self, block: &CertifiedBlock, epochs: &Epochs) -> Result<Arc<Vec<Checked>>, Refused> {
        let (number, certificate) = (block.header.number, &block.certificate);
        if certificate.kind != CertificateKind::Committed || !block.is_whole() {
            return Err(Refused::NotWhole(number));
        }
        let set = epochs.certifying(number).ok_or(Refused::Past(number))?;
        if certificate.epoch > epochs.current().epoch {
            return Err(Refused::OtherEpoch(certificate.epoch));
        }
        verify_certificate(self.senses.consensus(), certificate, set, &self.genesis)?;
        take_apart(number, &block.body)
    }
}

/// Judges evidence with what the body lends.
struct Judge<'a, S>(&'a S);

impl<S: Senses> Signatures for Judge<'_, S> {
    fn consensus(&self) -> &dyn Verify {
        self.0.consensus()
    }

    fn extrinsic_holds(&self, checked: &Checked, _: &H256, birth: &H256) -> bool {
        self.0.extrinsics_hold(&[(checked.clone(), *birth)]) == [true]
    }
}

/// Decodes a message on the sync channel.
///
/// # Errors
/// When it doesn't decode within its limits.
pub fn decode_sync(bytes: &[u8]) -> Result<SyncMessage, Refused> {
    decode(bytes)
}

/// The answer to a request of certified blocks from `first` on: as many as fit.
pub fn range(
    first: BlockNumber,
    last: BlockNumber,
    read: impl Fn(BlockNumber) -> Option<CertifiedBlock>,
) -> SyncMessage {
    let mut blocks = Vec::new();
    let mut bytes = 0;
    for block in (first..=last).map_while(read) {
        bytes += block.body.iter().map(Vec::len).sum::<usize>();
        if blocks.len() == RANGE_BLOCKS_MAX || (bytes > RANGE_BYTES_MAX && !blocks.is_empty()) {
            break;
        }
        blocks.push(block);
    }
    SyncMessage::Range { blocks }
}

fn decode<T: DecodeAll>(mut bytes: &[u8]) -> Result<T, Refused> {
    T::decode_all(&mut bytes).map_err(|error| Refused::Undecodable(error.to_string()))
}

fn take_apart(number: BlockNumber, body: &[Vec<u8>]) -> Result<Arc<Vec<Checked>>, Refused> {
    let checked: Result<Vec<Checked>, _> = body.iter().map(|bytes| tierchain_runtime::check(bytes)).collect();
    checked.map(Arc::new).map_err(|error| Refused::Body { number, error })
}

#[cfg(test)]
mod tests;
