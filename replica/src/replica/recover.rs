//! A replica from what the disk holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use parity_scale_codec::Encode;
use tierchain_consensus::Record as MachineRecord;
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::Header;
use tierchain_primitives::{AccountId, BlockNumber, Epoch, H256, View};
use tierchain_runtime::Checked;

use super::on_submit::{outdone_by, slot};
use super::settle::next;
use super::{ExecutedEpoch, Ports, Replica, Settings, Turn};
use crate::accounts::{Accounts, LedgerRead};
use crate::bundles::Bundles;
use crate::catch_up::CatchUp;
use crate::chain::{Block, Chain, ChainBase};
use crate::checks::Checks;
use crate::clock::Clock;
use crate::evidence::{Book, Evidence};
use crate::pool::Pool;
use crate::proposer::Proposer;
use crate::record::Record;
use crate::staged::Staged;

/// What the disk holds: the newest executed block, and the log since.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The newest block whose state was committed.
    pub base: ChainBase,
    /// Its certificate; none for genesis.
    pub certificate: Option<Certificate>,
    /// The log's records, in order.
    pub records: Vec<Record>,
    /// Faults that were proven, as handed out by [`Effect::Evidence`](crate::Effect::Evidence).
    pub evidence: Vec<Evidence>,
}

/// The log's records, sorted out.
#[derive(Default)]
struct Sorted {
    consensus: Vec<MachineRecord>,
    blocks: BTreeMap<H256, (Header, Arc<Vec<Checked>>)>,
    /// Of each account and nonce the newest: it was answered for because the ones before it were gone or gave way.
    pooled: BTreeMap<(AccountId, Nonce), (Checked, H256)>,
    /// The ones before it.
    outdone: Vec<Checked>,
    /// The highest epoch in which it binds.
    epoch: Option<Epoch>,
}

impl Sorted {
    fn pool(&mut self, checked: Checked, birth: H256) {
        let hash = checked.hash;
        if let Some((older, _)) = self.pooled.insert(slot(&checked), (checked, birth))
            && older.hash != hash
        {
            self.outdone.push(older);
        }
    }
}

impl Recovered {
    /// The challenge that the log begins with, where it takes the place of a lost one: [`Voter::rejoins`](super::Voter)
    /// has to be just that.
    #[must_use]
    pub fn challenge(&self) -> Option<H256> {
        self.records.iter().find_map(|record| match record {
            Record::Rejoin { challenge } => Some(*challenge),
            _ => None,
        })
    }
}

impl Replica {
    /// Starts a replica from what the disk holds; an empty log and the genesis block make a new one. What comes out
    /// is staged: the blocks that the log proves final and the state lacks are executed again.
    ///
    /// The log may span several epochs. What it proves final is made final here, block by block and across the ends
    /// of epochs; only then does the machine of the epoch so reached begin, from that epoch's own records. Records of
    /// epochs above wait until those are reached: with other replicas' help, and without a vote on the way.
    pub fn recover<L: LedgerRead>(
        settings: Settings,
        recovered: Recovered,
        now: Clock,
        ports: &Ports<'_, L>,
    ) -> (Self, Staged) {
        let sorted = sort(recovered.records);
        let mut replica = Self::empty(settings, Chain::new(recovered.base));
        replica.certificate = recovered.certificate;
        replica.log_epoch = sorted.epoch;
        for (header, body) in sorted.blocks.into_values() {
            if let Ok(block) = Block::new(header, body, &replica.settings.weights) {
                replica.chain.insert(block);
            }
        }
        let mut turn = Turn { now, ports, staged: Staged::default(), queue: VecDeque::new(), wake: None };
        for evidence in recovered.evidence {
            replica.book.insert(Arc::new(evidence));
        }
        replica.find_predecessors(ports.ledger);
        replica.read_epoch(ports.ledger);
        replica.finalise_again(&sorted.consensus, &mut turn);
        replica.records = sorted.consensus;
        replica.forget_past_epochs();
        replica.try_vote(&mut turn);
        replica.settle(&mut turn);
        // Only now: pooled extrinsics may be born in the blocks that the log proves final, and what was included
        // meanwhile, or expired, is refused: that is how it leaves the log.
        for older in &sorted.outdone {
            if let Some((newer, _)) = sorted.pooled.get(&slot(older)).filter(|(newer, _)| newer.hash != older.hash) {
                turn.staged.free(outdone_by(older, newer));
            }
        }
        replica.unadmitted = sorted.pooled.into_values().collect();
        replica.admit_late(&mut turn);
        replica.settle(&mut turn);
        (replica, turn.finish())
    }

    /// Makes final again what the log's certificates prove to be.
    fn finalise_again<L: LedgerRead>(&mut self, records: &[MachineRecord], turn: &mut Turn<'_, L>) {
        let certified: BTreeMap<BlockNumber, &Certificate> = records
            .iter()
            .filter_map(|record| match record {
                MachineRecord::Certified(certificate) => Some((certificate.number, certificate)),
                _ => None,
            })
            .collect();
        while let Some(certificate) = certified.get(&next(self.chain.last().header.number)) {
            let Some(block) = self.chain.in_flight(&certificate.hash) else { return };
            let header = block.header.clone();
            self.on_final(&header, (*certificate).clone(), turn);
            self.leave_epoch(turn);
        }
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
        let rejoin = self.settings.voter.as_ref().and_then(|voter| voter.rejoins);
        let rejoin = rejoin.map(|challenge| Record::Rejoin { challenge }.encode());
        let epoch = self.log_epoch.map(|epoch| Record::Epoch(epoch).encode());
        let standing = self.machine.iter().flat_map(|machine| machine.standing()).chain(self.records.iter().cloned());
        let consensus = standing.map(|record| Record::Consensus(record).encode());
        let pooled = self.pool.iter().chain(self.unadmitted.iter().map(|(checked, birth)| (checked, birth)));
        let pooled =
            pooled.map(|(checked, birth)| Record::Pooled { bytes: checked.bytes.clone(), birth: *birth }.encode());
        rejoin.into_iter().chain(epoch).chain(blocks).chain(consensus).chain(pooled).collect()
    }

    fn empty(settings: Settings, chain: Chain) -> Self {
        Self {
            epochs: settings.epochs.clone(),
            settings,
            executed_epoch: ExecutedEpoch::default(),
            predecessors: Vec::new(),
            machine: None,
            records: Vec::new(),
            log_epoch: None,
            certificate: None,
            greeted: BTreeSet::new(),
            chain,
            accounts: Accounts::default(),
            pool: Pool::default(),
            bundles: Bundles::default(),
            checks: Checks::default(),
            proposer: Proposer::default(),
            catch_up: CatchUp::default(),
            unadmitted: Vec::new(),
            wanted: BTreeMap::new(),
            verifying: BTreeSet::new(),
            machine_wake: None,
            work: false,
            includable: None,
            judged_view: View(0),
            seen_fresh: BTreeMap::new(),
            ahead: BTreeMap::new(),
            implausible: BTreeSet::new(),
            judge_again: 0,
            book: Book::default(),
            last_bundled: None,
        }
    }
}

/// A record that stands in one segment and in the checkpoint of the next counts once: one that waits, as it does while
/// the replica follows, is written into every checkpoint again.
fn sort(records: Vec<Record>) -> Sorted {
    let mut sorted = Sorted::default();
    let mut known = BTreeSet::new();
    for record in records {
        // One that was answered for, let go of and answered for once more counts where it stands last.
        let is_pooled = matches!(record, Record::Pooled { .. });
        if !is_pooled && !known.insert(sha256(&[&record.encode()])) {
            continue;
        }
        match record {
            Record::Consensus(record) => {
                sorted.epoch = sorted.epoch.max(Some(record.epoch()));
                sorted.consensus.push(record);
            }
            Record::Epoch(epoch) => sorted.epoch = sorted.epoch.max(Some(epoch)),
            // Of the whole log rather than of a moment: Recovered::challenge.
            Record::Rejoin { .. } => {}
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
                    sorted.pool(checked, birth);
                }
            }
        }
    }
    sorted
}
