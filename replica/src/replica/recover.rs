//! A replica from what the disk holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parity_scale_codec::Encode;
use tierchain_consensus::{Base, Input as MachineInput, Machine, Record as MachineRecord};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::{H256, View};
use tierchain_runtime::Checked;

use super::{Ports, Replica, Settings, Turn};
use crate::accounts::{Accounts, LedgerRead};
use crate::bundles::Bundles;
use crate::chain::{Block, Chain, ChainBase};
use crate::checks::Checks;
use crate::clock::Clock;
use crate::effect::{DropReason, Effect};
use crate::pool::{Pool, Refusal};
use crate::proposer::Proposer;
use crate::record::Record;
use crate::staged::Staged;
use crate::sync::Sync;

/// What the disk holds: the newest executed block, and the log since.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The newest block whose state was committed.
    pub base: ChainBase,
    /// Its certificate; none for genesis.
    pub certificate: Option<Certificate>,
    /// The log's records, in order.
    pub records: Vec<Record>,
}

/// The log's records, sorted out.
#[derive(Default)]
struct Sorted {
    consensus: Vec<MachineRecord>,
    blocks: BTreeMap<H256, (Header, Arc<Vec<Checked>>)>,
    pooled: Vec<(Checked, H256)>,
}

impl Replica {
    /// Starts a replica from what the disk holds; an empty log and the genesis block make a new one. What comes out
    /// is staged: the blocks that the log proves final and the state lacks are executed again.
    pub fn recover<L: LedgerRead>(
        settings: Settings,
        recovered: Recovered,
        now: Clock,
        ports: &Ports<'_, L>,
    ) -> (Self, Staged) {
        let sorted = sort(recovered.records);
        let above = |header: &&Header| header.number > recovered.base.block.header.number;
        let headers: Vec<Header> = sorted.blocks.values().map(|(header, _)| header).filter(above).cloned().collect();
        let base = Base { header: recovered.base.block.header.clone(), certificate: recovered.certificate };
        let machine = settings
            .machine
            .as_ref()
            .map(|config| Machine::recover(config.clone(), base, sorted.consensus, headers, now.monotonic));
        let mut replica = Self::empty(settings, Chain::new(recovered.base), machine);
        for (header, body) in sorted.blocks.into_values() {
            if let Ok(block) = Block::new(header, body) {
                replica.chain.insert(block);
            }
        }
        let mut turn = Turn { now, ports, staged: Staged::default(), queue: [MachineInput::Tick].into(), wake: None };
        // First the blocks that the log proves final: pooled extrinsics may be born in them.
        replica.settle(&mut turn);
        for (checked, birth) in sorted.pooled {
            // What was included meanwhile, or expired, is refused: that is how it leaves the log.
            match replica.admit(&checked, birth, &turn) {
                // A record in the log's new segment and one in the old.
                Ok(()) | Err(Refusal::AlreadyKnown) => {}
                Err(refusal) => {
                    let reason = DropReason::NotTakenBack(refusal);
                    turn.staged.free(Effect::Dropped { hash: checked.hash, reason });
                }
            }
        }
        replica.settle(&mut turn);
        (replica, turn.finish())
    }

    /// The records with which a new segment of the log begins, so that older ones can go once the state they lead to
    /// is on disk.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<Vec<u8>> {
        let last = self.chain.last().header.number;
        let mut in_flight: Vec<&Block> = self.chain.flight().collect();
        in_flight.sort_unstable_by_key(|block| block.header.number);
        let blocks = in_flight.into_iter().filter(|block| block.header.number > last).map(|block| {
            let body = block.body.iter().map(|checked| checked.bytes.clone()).collect();
            Record::Block { header: block.header.clone(), body }.encode()
        });
        let standing = self.machine.iter().flat_map(|machine| machine.standing());
        let consensus = standing.map(|record| Record::Consensus(record).encode());
        let pooled = self
            .pool
            .iter()
            .map(|(checked, birth)| Record::Pooled { bytes: checked.bytes.clone(), birth: *birth }.encode());
        blocks.chain(consensus).chain(pooled).collect()
    }

    fn empty(settings: Settings, chain: Chain, machine: Option<Machine>) -> Self {
        Self {
            settings,
            machine,
            chain,
            accounts: Accounts::default(),
            pool: Pool::default(),
            bundles: Bundles::default(),
            checks: Checks::default(),
            proposer: Proposer::default(),
            sync: Sync::default(),
            wanted: BTreeMap::new(),
            verifying: BTreeSet::new(),
            machine_wake: None,
            work: false,
            includable: None,
            judged_view: View(0),
            last_bundled: None,
        }
    }
}

fn sort(records: Vec<Record>) -> Sorted {
    let mut sorted = Sorted::default();
    for record in records {
        match record {
            Record::Consensus(record) => sorted.consensus.push(record),
            Record::Block { header, body } => {
                let checked: Result<Vec<Checked>, _> =
                    body.iter().map(|bytes| tierchain_runtime::check(bytes)).collect();
                // Only blocks of such extrinsics are ever written.
                if let Ok(body) = checked {
                    sorted.blocks.insert(header.hash(), (header, Arc::new(body)));
                }
            }
            Record::Pooled { bytes, birth } => {
                if let Ok(checked) = tierchain_runtime::check(&bytes) {
                    sorted.pooled.push((checked, birth));
                }
            }
        }
    }
    sorted
}
