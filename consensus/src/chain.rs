//! The chain as this replica holds it: the last final block, the blocks above it, and the certificates that wait.
//!
//! Invariants: everything in `held` and `waiting` is above the last final block; `held` has only blocks whose header
//! and body are staged for this replica's disk.

use std::collections::{BTreeMap, VecDeque};

use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, H256, View};

use crate::config::Base;
use crate::input::Now;

/// A block by number and hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct BlockRef {
    pub(crate) number: BlockNumber,
    pub(crate) hash: H256,
}

impl BlockRef {
    /// The block that a header describes.
    pub(crate) fn of(header: &Header) -> Self {
        Self { number: header.number, hash: header.hash() }
    }

    /// The block that a certificate is for.
    pub(crate) fn certified_by(certificate: &Certificate) -> Self {
        Self { number: certificate.number, hash: certificate.hash }
    }
}

/// The way from a block down to the last final one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Path {
    /// All blocks above the last final one up to the block, ascending. Empty when the block isn't above it.
    Complete(Vec<BlockRef>),
    /// This one isn't held, so nobody here knows what is below; the blocks above it, ascending.
    Missing(BlockRef, Vec<BlockRef>),
    /// It leads past the last final block to another one.
    Elsewhere,
}

/// The last final block and what is above it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Chain {
    last: Header,
    tip: BlockRef,
    certificate: Option<Certificate>,
    held: BTreeMap<H256, Header>,
    waiting: BTreeMap<BlockNumber, Certificate>,
    recent: VecDeque<(Certificate, Now)>,
}

impl Chain {
    /// A chain that ends with the base.
    pub(crate) fn new(base: Base, now: Now) -> Self {
        let tip = BlockRef::of(&base.header);
        let recent = base.certificate.iter().map(|certificate| (certificate.clone(), now)).collect();
        let (held, waiting) = (BTreeMap::new(), BTreeMap::new());
        Self { last: base.header, tip, certificate: base.certificate, held, waiting, recent }
    }

    /// The last final block.
    pub(crate) fn tip(&self) -> BlockRef {
        self.tip
    }

    /// Its certificate; none for the block the epoch began on.
    pub(crate) fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The view its certificate is of.
    pub(crate) fn view(&self) -> Option<View> {
        self.certificate.as_ref().map(|certificate| certificate.view)
    }

    /// A header that is held here, the last final one included.
    pub(crate) fn header(&self, hash: &H256) -> Option<&Header> {
        if *hash == self.tip.hash { Some(&self.last) } else { self.held.get(hash) }
    }

    /// The blocks held above the last final one.
    pub(crate) fn held_hashes(&self) -> impl Iterator<Item = H256> {
        self.held.keys().copied()
    }

    /// Certificates above the last final block, ascending.
    pub(crate) fn waiting(&self) -> impl DoubleEndedIterator<Item = &Certificate> {
        self.waiting.values()
    }

    /// The last certificates with the time each was applied, ascending.
    pub(crate) fn recent(&self) -> impl DoubleEndedIterator<Item = &(Certificate, Now)> {
        self.recent.iter()
    }

    /// Holds a block that is staged for the disk.
    pub(crate) fn hold(&mut self, header: Header) {
        if header.number > self.tip.number {
            self.held.insert(header.hash(), header);
        }
    }

    /// Keeps a commit certificate until its turn. The first of each number is as good as any.
    pub(crate) fn wait(&mut self, certificate: Certificate) {
        if certificate.number > self.tip.number {
            self.waiting.entry(certificate.number).or_insert(certificate);
        }
    }

    /// The way from a block down to the last final one.
    pub(crate) fn path(&self, block: BlockRef) -> Path {
        let (mut at, mut above) = (block, Vec::new());
        while at.number > self.tip.number {
            above.push(at);
            let Some(header) = self.held.get(&at.hash) else {
                above.pop();
                above.reverse();
                return Path::Missing(at, above);
            };
            at = BlockRef { number: at.number - 1, hash: header.parent_hash };
        }
        if above.is_empty() || at == self.tip {
            above.reverse();
            Path::Complete(above)
        } else {
            Path::Elsewhere
        }
    }

    /// Whether all blocks from the block down to the last final one are held.
    pub(crate) fn is_complete(&self, block: BlockRef) -> bool {
        matches!(self.path(block), Path::Complete(_))
    }

    /// The next block to become final, when its certificate and the block itself are here.
    pub(crate) fn next(&self) -> Option<(&Header, &Certificate)> {
        let certificate = self.waiting.get(&self.tip.number.checked_add(1)?)?;
        Some((self.held.get(&certificate.hash)?, certificate))
    }

    /// Makes the next block final and remembers its certificate among the last `keep`.
    ///
    /// # Panics
    /// When a certified block isn't the child of the last final one: more validators lie than the protocol bears, and
    /// a replica that goes on would tell a second history.
    pub(crate) fn advance(&mut self, header: Header, certificate: Certificate, now: Now, keep: usize) {
        assert_eq!(header.parent_hash, self.tip.hash, "R4: a certified block is the child of the last final one");
        self.tip = BlockRef::certified_by(&certificate);
        self.last = header;
        self.held.retain(|_, header| header.number > self.tip.number);
        self.waiting.retain(|number, _| *number > self.tip.number);
        self.recent.push_back((certificate.clone(), now));
        while self.recent.len() > keep {
            self.recent.pop_front();
        }
        self.certificate = Some(certificate);
    }

    /// Forgets the held blocks that aren't on the way to one of `roots` nor certified. Whoever needs one again asks.
    pub(crate) fn keep_only(&mut self, roots: &[BlockRef]) {
        let certified = self.waiting.values().map(BlockRef::certified_by);
        let mut keep: Vec<H256> = Vec::new();
        for root in roots.iter().copied().chain(certified) {
            let mut hash = root.hash;
            while let Some(header) = self.held.get(&hash) {
                keep.push(hash);
                hash = header.parent_hash;
            }
        }
        self.held.retain(|hash, _| keep.contains(hash));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{block, genesis};

    fn chain() -> (Chain, Vec<Header>) {
        let base = genesis();
        let one = block(&base, 0, 1);
        let two = block(&one, 0, 2);
        let three = block(&two, 0, 3);
        (Chain::new(Base { header: base, certificate: None }, 0), vec![one, two, three])
    }

    #[test]
    fn a_path_leads_down_to_the_last_final_block() {
        let (mut chain, blocks) = chain();
        let refs: Vec<BlockRef> = blocks.iter().map(BlockRef::of).collect();
        chain.hold(blocks[0].clone());
        chain.hold(blocks[2].clone());
        assert_eq!(chain.path(refs[0]), Path::Complete(vec![refs[0]]));
        assert_eq!(chain.path(refs[2]), Path::Missing(refs[1], vec![refs[2]]));
        chain.hold(blocks[1].clone());
        assert_eq!(chain.path(refs[2]), Path::Complete(refs.clone()));
        assert_eq!(chain.path(chain.tip()), Path::Complete(Vec::new()));
    }

    #[test]
    fn a_path_past_the_last_final_block_leads_elsewhere() {
        let (mut chain, blocks) = chain();
        let stray = block(&blocks[0], 1, 9);
        let mut orphan = stray.clone();
        orphan.number = 1;
        chain.hold(orphan.clone());
        assert_eq!(chain.path(BlockRef::of(&orphan)), Path::Elsewhere);
    }

    #[test]
    fn only_what_leads_to_a_root_is_kept() {
        let (mut chain, blocks) = chain();
        let stray = block(&blocks[0], 1, 9);
        for header in blocks.iter().take(2).chain([&stray]) {
            chain.hold(header.clone());
        }
        chain.keep_only(&[BlockRef::of(&blocks[1])]);
        assert!(chain.header(&blocks[0].hash()).is_some() && chain.header(&blocks[1].hash()).is_some());
        assert!(chain.header(&stray.hash()).is_none());
    }
}
