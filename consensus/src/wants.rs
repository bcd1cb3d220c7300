//! Blocks that a quorum vouches for and that aren't here: who has them, and when to ask.

use std::collections::BTreeMap;

use tierchain_primitives::{H256, ValidatorIndex};

use crate::chain::BlockRef;
use crate::effect::Effect;
use crate::input::Now;

/// A block that is missing.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Want {
    block: BlockRef,
    holders: Vec<ValidatorIndex>,
    ask_at: Now,
}

/// All blocks that are missing.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Wants(BTreeMap<H256, Want>);

impl Wants {
    /// Whether this block is wanted.
    pub(crate) fn has(&self, block: BlockRef) -> bool {
        self.0.get(&block.hash).is_some_and(|want| want.block == block)
    }

    /// The lowest block that is wanted.
    pub(crate) fn lowest(&self) -> Option<BlockRef> {
        self.0.values().map(|want| want.block).min()
    }

    /// Takes what is missing now, with the time a new one is to be asked for; what isn't missing any more is dropped.
    pub(crate) fn update(&mut self, missing: Vec<(BlockRef, Vec<ValidatorIndex>, Now)>) {
        self.0.retain(|hash, _| missing.iter().any(|(block, ..)| block.hash == *hash));
        for (block, holders, ask_at) in missing {
            let want = self.0.entry(block.hash).or_insert(Want { block, holders: Vec::new(), ask_at });
            want.holders.extend(holders);
            want.holders.sort_unstable();
            want.holders.dedup();
        }
    }

    /// What is to be asked for now; asked again after `pause`.
    pub(crate) fn due(&mut self, now: Now, pause: u64) -> Vec<Effect> {
        let due = self.0.values_mut().filter(|want| now >= want.ask_at);
        due.map(|want| {
            want.ask_at = now.saturating_add(pause);
            Effect::Obtain { number: want.block.number, hash: want.block.hash, holders: want.holders.clone() }
        })
        .collect()
    }

    /// When to ask next.
    pub(crate) fn next_at(&self) -> Option<Now> {
        self.0.values().map(|want| want.ask_at).min()
    }
}
