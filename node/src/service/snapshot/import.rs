//! Makes a database of a snapshot that is here whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Context;
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::ExecuteJob;
use tierchain_replica::executor::execute;
use tierchain_replica::genesis::Genesis;
use tierchain_replica::snapshot::{Assembly, ChunkFault, Manifest, Piece, SnapshotFault};
use tierchain_replica::wire::CertifiedBlock;
use tierchain_runtime::Checked;
use tierchain_storage::{Database, Import, Settings};

use super::staging::Staging;
use crate::service::disk::{nonempty_record, root_record};
use crate::service::executor::{ExecutedState, commit_of};

/// Why no database was made.
#[derive(Debug)]
pub(super) enum ImportError {
    /// A chunk isn't on disk as it was kept: it is asked for again.
    Torn(usize),
    /// The snapshot isn't what its manifest claims, whoever vouched for it.
    Fault(SnapshotFault),
    /// Disk or database.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for ImportError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<std::io::Error> for ImportError {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.into())
    }
}

/// How far an import is, for whoever waits for it, and whether it should stop.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    pub(super) chunks: Arc<AtomicUsize>,
    pub(super) is_stopped: Arc<AtomicBool>,
}

/// What an import is made of.
pub(super) struct Material {
    pub(super) staging: Staging,
    pub(super) settings: Settings,
    pub(super) genesis: Genesis,
    pub(super) manifest: Manifest,
    /// The blocks from the snapshot's up to the naming one, certified.
    pub(super) above: Vec<CertifiedBlock>,
}

impl Material {
    /// Makes the database and says that it is complete. Answers with its newest block.
    pub(super) fn import(&self, watch: &Watch) -> Result<BlockNumber, ImportError> {
        let import = Import::begin(&self.staging.database(), self.genesis.hash, self.settings)
            .context("cannot make the database of a snapshot")?;
        self.put_known(&import);
        let mut assembly = Assembly::new(self.manifest.contents.clone());
        while let Some(index) = assembly.next() {
            if watch.is_stopped.load(Ordering::Relaxed) {
                return Err(anyhow::anyhow!("the node is stopping").into());
            }
            let hash = self.manifest.contents.chunks[index].hash;
            let piece = assembly.take(&self.staging.read(&hash), &import).map_err(|fault| self.sort(fault))?;
            put(&import, &piece);
            watch.chunks.store(index + 1, Ordering::Relaxed);
        }
        let foundation = assembly.finish(&import).map_err(|fault| self.sort(fault))?;
        put(&import, &foundation.rest);
        let (number, hash) = (foundation.header.number, foundation.header.hash());
        let aux = [root_record(number, foundation.root), nonempty_record(foundation.newest_nonempty)];
        let database = import.finish(number, hash, &aux);
        let state = ExecutedState { number, root: foundation.root, newest_nonempty: foundation.newest_nonempty };
        let newest = self.execute_above(&database, state)?;
        let _ = database.flush_synced();
        drop(database);
        self.staging.complete()?;
        Ok(newest)
    }

    /// Genesis, and the ends of epochs: they prove every later set, so a node keeps them for ever.
    fn put_known(&self, import: &Import) {
        import.put_headers(&[(self.genesis.hash, self.genesis.header.clone())]);
        for proof in &self.manifest.epochs {
            import.put_headers(&[(proof.header.hash(), proof.header.clone())]);
            import.put_certificate(&proof.certificate);
        }
    }

    /// A chunk with another hash was kept with the right one: the disk lost it.
    fn sort(&self, fault: SnapshotFault) -> ImportError {
        match fault {
            SnapshotFault::Chunk { index, fault: ChunkFault::Hash { .. } } => ImportError::Torn(index),
            fault => ImportError::Fault(fault),
        }
    }

    fn execute_above(&self, database: &Database, mut state: ExecutedState) -> Result<BlockNumber, ImportError> {
        for block in &self.above {
            let job = job_of(block)?;
            let executed = execute(database, database, self.genesis.hash, state.root, &job);
            let newest_nonempty = if job.body.is_empty() { state.newest_nonempty } else { executed.number };
            state = ExecutedState { number: executed.number, root: executed.root, newest_nonempty };
            database.commit(&commit_of(&job, executed, state));
        }
        Ok(state.number)
    }
}

fn put(import: &Import, piece: &Piece) {
    import.put_headers(&piece.headers);
    import.put_state(&piece.entries, &piece.pages);
    for height in &piece.heights {
        import.put_ledger(height.height, &height.entities, &height.metas);
    }
}

pub(super) fn job_of(block: &CertifiedBlock) -> anyhow::Result<ExecuteJob> {
    let body: Result<Vec<Checked>, _> = block.body.iter().map(|bytes| tierchain_runtime::check(bytes)).collect();
    let hash: H256 = block.header.hash();
    let certificate: Certificate = block.certificate.clone();
    let body = Arc::new(body.context("a certified block holds something that is no extrinsic")?);
    Ok(ExecuteJob { hash, header: block.header.clone(), body, certificate })
}
