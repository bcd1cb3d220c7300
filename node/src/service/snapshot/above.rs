//! The certified blocks above a snapshot's block, up to the one that names it: asked for as ranges.

use tierchain_primitives::BlockNumber;
use tierchain_primitives::H256;
use tierchain_primitives::certificate::CertificateKind;
use tierchain_primitives::epoch::Epochs;
use tierchain_replica::snapshot::Contents;
use tierchain_replica::wire::CertifiedBlock;

/// Those blocks, as far as they are here.
#[derive(Clone, Debug)]
pub(super) struct Above {
    genesis: H256,
    epochs: Epochs,
    next: BlockNumber,
    last: BlockNumber,
    blocks: Vec<CertifiedBlock>,
}

/// A block that isn't whole, or whose certificate doesn't hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("block {0} isn't final")]
pub(super) struct NotFinal(BlockNumber);

impl Above {
    /// None of a snapshot's blocks yet.
    pub(super) fn new(contents: &Contents, epochs: Epochs) -> Self {
        let (next, last) = (contents.height + 1, contents.header.number);
        Self { genesis: contents.genesis, epochs, next, last, blocks: Vec::new() }
    }

    /// The next block to ask for; none when all are here.
    pub(super) fn wanted(&self) -> Option<BlockNumber> {
        (self.next <= self.last).then_some(self.next)
    }

    /// Takes what a peer sent. Each block is certified, so there is one for each number and it doesn't matter whose.
    pub(super) fn take(&mut self, blocks: Vec<CertifiedBlock>) -> Result<(), NotFinal> {
        for block in blocks {
            if self.wanted() != Some(block.header.number) {
                continue;
            }
            self.check(&block)?;
            self.blocks.push(block);
            self.next += 1;
        }
        Ok(())
    }

    /// All of them, in order.
    pub(super) fn blocks(&self) -> &[CertifiedBlock] {
        &self.blocks
    }

    fn check(&self, block: &CertifiedBlock) -> Result<(), NotFinal> {
        let number = block.header.number;
        let set = self.epochs.certifying(number).ok_or(NotFinal(number))?;
        let is_final = block.is_whole()
            && block.certificate.kind == CertificateKind::Committed
            && block.certificate.verify(&self.genesis, set).is_ok();
        if is_final { Ok(()) } else { Err(NotFinal(number)) }
    }
}
