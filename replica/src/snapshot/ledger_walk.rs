//! The ledger's blocks, walked from the first height to the last: every chain must lead to its head in the state.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EntityBlock, MetaBlock};
use tierchain_primitives::ports::StateRead;
use tierchain_runtime::chains::SERVERS;
use tierchain_runtime::query;

use super::chunk::LedgerPart;

/// Most ledger blocks of one height: the events of a full block of the network are fewer.
const HEIGHT_BLOCKS_MAX: usize = 65_536;

/// What is wrong with the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LedgerFault {
    /// A block that doesn't follow on its chain's last one.
    #[error("block {number} of chain {chain} doesn't follow on the one before")]
    Unlinked {
        /// The chain or meta-chain.
        chain: H256,
        /// The block in it.
        number: u32,
    },
    /// A chain that the state doesn't know, or that has another head there.
    #[error("chain {0} isn't the one that the state names")]
    OtherHead(H256),
    /// More blocks of one height than a block of the network can make, or heights out of order.
    #[error("the heights of the ledger's blocks are out of order, or one of them has too many")]
    Heights,
    /// Chains are missing or unfinished.
    #[error("{found} chains are whole, and the state names {expected}")]
    Missing {
        /// Chains that lead to their heads.
        found: u64,
        /// Chains in the state.
        expected: u64,
    },
}

/// A chain as far as it has been walked, and where the state says that it ends.
#[derive(Clone, Copy, Debug)]
struct Walked {
    next: u32,
    prev: H256,
    length: u32,
    head: H256,
}

impl Walked {
    /// A chain before its first block.
    fn new(length: u32, head: H256) -> Self {
        Self { next: 0, prev: H256::ZERO, length, head }
    }

    /// Takes the next block. Says whether the chain is whole with it.
    fn take(&mut self, chain: H256, number: u32, prev: H256, hash: H256) -> Result<bool, LedgerFault> {
        if number != self.next || prev != self.prev || number >= self.length {
            return Err(LedgerFault::Unlinked { chain, number });
        }
        self.next += 1;
        self.prev = hash;
        match self.next == self.length {
            true if hash != self.head => Err(LedgerFault::OtherHead(chain)),
            whole => Ok(whole),
        }
    }
}

/// The walk. It remembers chains that aren't whole yet, so it needs no more memory than the state has living servers.
#[derive(Clone, Debug)]
pub(super) struct LedgerWalk {
    genesis: H256,
    entities: BTreeMap<H256, Walked>,
    metas: BTreeMap<H256, Walked>,
    /// Entity chains that are whole.
    whole: u64,
    /// Entity chains that were born in the height being walked. A block's hash covers its height, so a chain that
    /// comes twice comes twice in one height.
    born: BTreeSet<H256>,
    /// The height being walked, whose parts may go on in the next chunk.
    pending: Option<LedgerPart>,
}

impl LedgerWalk {
    pub(super) fn new(genesis: H256) -> Self {
        Self {
            genesis,
            entities: BTreeMap::new(),
            metas: BTreeMap::new(),
            whole: 0,
            born: BTreeSet::new(),
            pending: None,
        }
    }

    /// Takes a chunk's parts; gives the heights that are complete.
    pub(super) fn take(
        &mut self,
        parts: Vec<LedgerPart>,
        state: &impl StateRead,
    ) -> Result<Vec<LedgerPart>, LedgerFault> {
        let mut complete = Vec::new();
        for part in parts {
            match &mut self.pending {
                Some(pending) if pending.height == part.height => {
                    // Entity blocks come before meta blocks, or a node would lay them out otherwise than we do.
                    let is_late = !pending.metas.is_empty() && !part.entities.is_empty();
                    let blocks = [&pending.entities.len(), &pending.metas.len(), &part.entities.len()];
                    if is_late || blocks.into_iter().sum::<usize>() + part.metas.len() > HEIGHT_BLOCKS_MAX {
                        return Err(LedgerFault::Heights);
                    }
                    self.walk(&part, state)?;
                    if let Some(pending) = &mut self.pending {
                        pending.entities.extend(part.entities);
                        pending.metas.extend(part.metas);
                    }
                }
                Some(pending) if pending.height > part.height => return Err(LedgerFault::Heights),
                _ => {
                    self.born.clear();
                    self.walk(&part, state)?;
                    complete.extend(self.pending.replace(part));
                }
            }
        }
        Ok(complete)
    }

    /// Ends the walk: every chain of the state must be whole. Gives the last height.
    pub(super) fn finish(mut self, state: &impl StateRead) -> Result<Option<LedgerPart>, LedgerFault> {
        let metas = self.metas.values().filter(|walked| walked.next == walked.length).count() as u64;
        let found = self.whole + metas;
        let expected = query::server_count(state).saturating_add(query::meta_count(state));
        if !self.entities.is_empty() || metas != self.metas.len() as u64 || found != expected {
            return Err(LedgerFault::Missing { found, expected });
        }
        Ok(self.pending.take())
    }

    fn walk(&mut self, part: &LedgerPart, state: &impl StateRead) -> Result<(), LedgerFault> {
        part.entities.iter().try_for_each(|block| self.walk_entity(block, state))?;
        part.metas.iter().try_for_each(|block| self.walk_meta(block, state))
    }

    fn walk_entity(&mut self, block: &EntityBlock, state: &impl StateRead) -> Result<(), LedgerFault> {
        let EntityBlock { chain, number, prev, hash, .. } = *block;
        if !self.entities.contains_key(&chain) {
            let id = block.tx.event.server;
            let server = SERVERS.get(state, &id).filter(|_| id.chain(&self.genesis) == chain);
            let server = server.ok_or(LedgerFault::OtherHead(chain))?;
            if !self.born.insert(chain) {
                return Err(LedgerFault::Unlinked { chain, number });
            }
            self.entities.insert(chain, Walked::new(server.length, server.head));
        }
        let walked = self.entities.get_mut(&chain).ok_or(LedgerFault::OtherHead(chain))?;
        if walked.take(chain, number, prev, hash)? {
            self.entities.remove(&chain);
            self.whole += 1;
        }
        Ok(())
    }

    fn walk_meta(&mut self, block: &MetaBlock, state: &impl StateRead) -> Result<(), LedgerFault> {
        let MetaBlock { meta, number, prev, hash, .. } = *block;
        // Whole meta-chains are remembered: their blocks don't say in which height they were made.
        let walked = match self.metas.entry(meta) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let known = query::meta(state, &meta).ok_or(LedgerFault::OtherHead(meta))?;
                place.insert(Walked::new(known.length, known.head))
            }
        };
        walked.take(meta, number, prev, hash).map(|_| ())
    }
}
