//! What `chains_subscribeBlocks` and `meta_subscribeBlocks` follow: the ledger's blocks in the order in which the
//! network derived them.

use tierchain_primitives::ledger::EntityBlock;

use crate::backend::{Backend, Derived, LedgerBlock};
use crate::follow::{Source, Step};
use crate::types::{BlockFilter, ChainItem, Cursor, MetaItem};

/// The place after a cursor, or after the newest final block.
pub(super) fn begin(backend: &dyn Backend, cursor: Option<Cursor>) -> Cursor {
    match cursor {
        Some(cursor) => after(cursor),
        None => Cursor { block: backend.finalized().header.number.saturating_add(1), place: 0 },
    }
}

fn after(cursor: Cursor) -> Cursor {
    Cursor { place: cursor.place.saturating_add(1), ..cursor }
}

/// Reads on, and moves the place behind what was read.
fn read_on(next: &mut Cursor, backend: &dyn Backend) -> (Vec<Derived>, bool) {
    let found = backend.derived(*next);
    let is_done = found.is_empty();
    *next = found.last().map_or(*next, |last| after(last.cursor));
    (found, is_done)
}

/// Entity blocks from a place on.
pub(super) struct EntityBlocks {
    pub(super) next: Cursor,
    pub(super) filter: BlockFilter,
}

impl EntityBlocks {
    fn is_wanted(&self, backend: &dyn Backend, block: &EntityBlock) -> bool {
        let owners = || backend.ownership(&block.tx.event.server);
        self.filter.matches(block)
            && (!self.filter.asks_for_owners() || owners().is_some_and(|owners| self.filter.matches_owners(&owners)))
    }
}

impl Source for EntityBlocks {
    type Item = ChainItem;

    fn step(&mut self, backend: &dyn Backend) -> Step<ChainItem> {
        let (found, is_done) = read_on(&mut self.next, backend);
        let item = |Derived { cursor, block }| match block {
            LedgerBlock::Entity(block) if self.is_wanted(backend, &block) => {
                Some((cursor, ChainItem { cursor, block: (&block).into() }))
            }
            LedgerBlock::Entity(_) | LedgerBlock::Meta(_) => None,
        };
        Step { items: found.into_iter().filter_map(item).collect(), is_done }
    }

    fn mark(backend: &dyn Backend) -> u64 {
        backend.finalized().header.number.into()
    }
}

/// Meta blocks from a place on.
pub(super) struct MetaBlocks {
    pub(super) next: Cursor,
}

impl Source for MetaBlocks {
    type Item = MetaItem;

    fn step(&mut self, backend: &dyn Backend) -> Step<MetaItem> {
        let (found, is_done) = read_on(&mut self.next, backend);
        let item = |Derived { cursor, block }| match block {
            LedgerBlock::Meta(block) => Some((cursor, MetaItem { cursor, block: (&block).into() })),
            LedgerBlock::Entity(_) => None,
        };
        Step { items: found.into_iter().filter_map(item).collect(), is_done }
    }

    fn mark(backend: &dyn Backend) -> u64 {
        backend.finalized().header.number.into()
    }
}
