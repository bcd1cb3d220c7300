//! Where a replica stands, for people and programs.

use tierchain_consensus::Status as MachineStatus;
use tierchain_primitives::{BlockNumber, H256};

use super::{Abstains, Replica};

/// A snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The consensus machine's; none for an observer.
    pub consensus: Option<MachineStatus>,
    /// The newest final block.
    pub last: (BlockNumber, H256),
    /// The newest executed block and the root of the state after it.
    pub executed: (BlockNumber, H256),
    /// The highest block that a connected peer claims to have.
    pub highest_known: BlockNumber,
    /// The highest block that more validators claim to have than can be faulty.
    pub vouched: BlockNumber,
    /// Why it doesn't vote; none while it does.
    pub abstains: Option<Abstains>,
    /// Whether it is catching up.
    pub is_syncing: bool,
    /// Extrinsics in the pool.
    pub pooled: usize,
    /// Their bytes.
    pub pooled_bytes: usize,
    /// Bundles held.
    pub bundles: usize,
}

impl Replica {
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        let last = self.chain.last();
        let executed = self.chain.executed();
        Status {
            consensus: self.machine.as_ref().map(|machine| machine.status()),
            last: (last.header.number, last.hash),
            executed: (executed, self.chain.root(executed).unwrap_or_default()),
            highest_known: self.catch_up.highest(),
            vouched: self.catch_up.vouched(self.set()),
            abstains: self.abstains(),
            is_syncing: self.catch_up.is_syncing(last.header.number),
            pooled: self.pool.len(),
            pooled_bytes: self.pool.bytes(),
            bundles: self.bundles.len(),
        }
    }
}
