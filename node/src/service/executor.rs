//! Executes certified blocks, in order, on a thread of its own: execution, commit, and only then the news.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_replica::executor::{ExecutedBlock, execute};
use tierchain_replica::{ExecuteJob, Executed, Input};
use tierchain_rpc::types::{Hash, TransactionStatus};
use tierchain_storage::BlockCommit;

use super::disk::{nonempty_record, root_record};
use super::gaps;
use super::peers::Roll;
use super::shared::Shared;
use crate::telemetry::metric;

/// Where execution stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExecutedState {
    /// The newest executed block.
    pub(crate) number: BlockNumber,
    /// Root of the state after it.
    pub(crate) root: H256,
    /// The newest block with extrinsics.
    pub(crate) newest_nonempty: BlockNumber,
}

/// Starts the thread. It ends when nobody can send it jobs any more, after the last one.
pub(crate) fn start(
    shared: Arc<Shared>,
    state: ExecutedState,
    jobs: Receiver<ExecuteJob>,
) -> io::Result<JoinHandle<()>> {
    Builder::new().name("executor".into()).spawn(move || {
        let mut executor = Executor { shared, state };
        for job in jobs {
            executor.perform(job);
        }
    })
}

struct Executor {
    shared: Arc<Shared>,
    state: ExecutedState,
}

impl Executor {
    fn perform(&mut self, job: ExecuteJob) {
        let start = Instant::now();
        let db = &self.shared.db;
        let executed = execute(db, db, self.shared.genesis, self.state.root, &job);
        let number = executed.number;
        let newest_nonempty = if job.body.is_empty() { self.state.newest_nonempty } else { number };
        self.state = ExecutedState { number, root: executed.root, newest_nonempty };
        let changes = self.commit(&job, executed);
        metrics::histogram!(metric::EXECUTION_SECONDS).record(start.elapsed());
        self.shared.driver.input(Input::Executed(Executed { number, root: self.state.root }));
        if Roll::is_touched_by(&changes) {
            self.shared.follow_roll();
        }
        self.shared.announce(job.hash, job.header.clone(), changes);
        self.tell_watchers(&job);
    }

    fn commit(&self, job: &ExecuteJob, executed: ExecutedBlock) -> Vec<tierchain_primitives::ports::StateChange> {
        metrics::counter!(metric::EXTRINSICS).increment(job.body.len() as u64);
        metrics::counter!(metric::LEDGER_BLOCKS, "tier" => "entity").increment(executed.entity_blocks.len() as u64);
        metrics::counter!(metric::LEDGER_BLOCKS, "tier" => "meta").increment(executed.meta_blocks.len() as u64);
        let commit = commit_of(job, executed, self.state);
        if job.ends_epoch() {
            self.shared.db.commit_synced(&commit);
        } else {
            self.shared.db.commit(&commit);
        }
        commit.changes
    }

    fn tell_watchers(&self, job: &ExecuteJob) {
        if self.shared.watchers.is_empty() {
            return;
        }
        for checked in job.body.iter() {
            self.shared.watchers.tell(&checked.hash, &TransactionStatus::InBlock(Hash(job.hash)));
            self.shared.watchers.tell(&checked.hash, &TransactionStatus::Finalized(Hash(job.hash)));
        }
        let accounts: BTreeSet<AccountId> = job.body.iter().map(|checked| checked.extrinsic.signer).collect();
        gaps::on_included(&self.shared, accounts.into_iter());
    }
}

/// What is committed of an executed block, with where execution stands then.
pub(crate) fn commit_of(job: &ExecuteJob, executed: ExecutedBlock, state: ExecutedState) -> BlockCommit {
    BlockCommit {
        hash: job.hash,
        header: job.header.clone(),
        extrinsics: job.body.iter().map(|checked| (checked.hash, checked.bytes.clone())).collect(),
        certificate: Some(job.certificate.clone()),
        changes: executed.changes,
        pages: executed.pages,
        entity_blocks: executed.entity_blocks,
        meta_blocks: executed.meta_blocks,
        aux: vec![root_record(state.number, state.root), nonempty_record(state.newest_nonempty)],
    }
}
