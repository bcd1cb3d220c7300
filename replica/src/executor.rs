//! Execution of a certified block: the runtime's changes, and the authenticated tree that follows from them.

use tierchain_primitives::ledger::{EntityBlock, MetaBlock};
use tierchain_primitives::ports::{NodeRead, StateChange, StateRead};
use tierchain_primitives::tree::Tree;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_runtime::{BlockContext, DispatchError, is_leaf};

use crate::effect::ExecuteJob;

/// Everything that executing a block changes, for one atomic commit.
#[derive(Clone, Debug)]
pub struct ExecutedBlock {
    /// The block.
    pub number: BlockNumber,
    /// Root of the authenticated state after it.
    pub root: H256,
    /// Changes of state, sorted by key.
    pub changes: Vec<StateChange>,
    /// Changes of the tree's pages.
    pub pages: Vec<StateChange>,
    /// Entity blocks derived, in order.
    pub entity_blocks: Vec<EntityBlock>,
    /// Meta blocks derived, in order.
    pub meta_blocks: Vec<MetaBlock>,
    /// By extrinsic, what dispatch said.
    pub results: Vec<Result<(), DispatchError>>,
}

/// Executes a block on the state after its parent, whose root is `parent_root`.
pub fn execute(
    state: &impl StateRead,
    nodes: &impl NodeRead,
    genesis: H256,
    parent_root: H256,
    job: &ExecuteJob,
) -> ExecutedBlock {
    let context =
        BlockContext::new(&job.header, genesis).expect("a final block was put in flight by its consensus data");
    let outcome = tierchain_runtime::execute(state, &context, &job.body);
    let (root, pages) = update_tree(nodes, parent_root, &outcome.changes);
    ExecutedBlock {
        number: job.header.number,
        root,
        changes: outcome.changes,
        pages,
        entity_blocks: outcome.entity_blocks,
        meta_blocks: outcome.meta_blocks,
        results: outcome.results,
    }
}

/// The tree after changes of state: one update per touched leaf.
pub(crate) fn update_tree(nodes: &impl NodeRead, root: H256, changes: &[StateChange]) -> (H256, Vec<StateChange>) {
    let leaves = Tree::leaf_changes(changes.iter().filter(|(key, _)| is_leaf(key)));
    let update = Tree::update(nodes, root, &leaves);
    (update.root, update.pages)
}
