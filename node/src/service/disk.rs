//! Opening what the node keeps: base path, database, vote log; and what they say about where it was.

use std::path::Path;

use anyhow::{Context, bail};
use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::chain::{Block, ChainBase};
use tierchain_replica::genesis::Genesis;
use tierchain_replica::log::{self, SEGMENT_BYTES, WriteAheadLog};
use tierchain_replica::{Record, Recovered};
use tierchain_storage::{BasePath, BlockCommit, Database, LogDirectory, Retention, Settings};

use super::executor::ExecutedState;
use super::snapshot;
use crate::config::RunConfig;

/// How many of the newest roots are kept beside the database: headers may name any in the last two windows.
const ROOTS_KEPT: BlockNumber = 32;

/// Everything a start finds.
pub(crate) struct Disk {
    /// Held as long as the node runs.
    pub(crate) base_path: BasePath,
    /// Chain and state.
    pub(crate) database: Database,
    /// The vote log; none for an observer.
    pub(crate) log: Option<WriteAheadLog<LogDirectory>>,
    /// Hash of block 0.
    pub(crate) genesis: H256,
    /// Where execution goes on.
    pub(crate) state: ExecutedState,
    /// Where the replica goes on.
    pub(crate) recovered: Recovered,
}

/// A base path in the hands of this process, before its database is opened.
pub(crate) struct Prepared {
    /// Held as long as the node runs.
    pub(crate) base_path: BasePath,
    /// Block 0.
    pub(crate) genesis: Genesis,
    log: Option<WriteAheadLog<LogDirectory>>,
    records: Vec<Record>,
}

impl Prepared {
    /// Takes the base path and opens the vote log. The database of a join that was completed is put in its place.
    pub(crate) fn open(config: &RunConfig) -> anyhow::Result<Self> {
        let genesis = Genesis::build(&config.spec.genesis);
        let base_path = BasePath::lock(&config.base_path)?;
        snapshot::take_over(&base_path)?;
        // The vote log first: a base path of another chain is refused before anything is written into it.
        let (log, records) = match config.consensus_key {
            None => (None, Vec::new()),
            Some(_) => {
                let (log, records) = open_vote_log(&base_path.votes(), genesis.hash)?;
                (Some(log), records)
            }
        };
        Ok(Self { base_path, genesis, log, records })
    }

    /// Whether there is no database: the node has executed nothing.
    pub(crate) fn is_empty(&self) -> bool {
        !self.base_path.database().exists()
    }
}

/// The settings of a node's database.
pub(crate) fn database_settings(config: &RunConfig) -> Settings {
    let retention = if config.archive { Retention::Archive } else { Retention::default() };
    Settings { retention, ..Settings::default() }
}

impl Disk {
    /// Opens the database, writing genesis if the base path is new.
    pub(crate) fn open(prepared: Prepared, config: &RunConfig) -> anyhow::Result<Self> {
        let Prepared { base_path, genesis, log, records } = prepared;
        let database = Database::open(&base_path.database(), genesis.hash, database_settings(config))?;
        if database.best().is_none() {
            commit_genesis(&database, &genesis);
        }
        let (state, base, certificate) = newest_state(&database)?;
        let recovered = Recovered { base, certificate, records };
        Ok(Self { base_path, database, log, genesis: genesis.hash, state, recovered })
    }
}

fn open_vote_log(votes: &Path, genesis: H256) -> anyhow::Result<(WriteAheadLog<LogDirectory>, Vec<Record>)> {
    let directory =
        LogDirectory::open(votes, SEGMENT_BYTES).with_context(|| format!("cannot read {}", votes.display()))?;
    let (log, recovered): (_, log::Recovered) =
        WriteAheadLog::open(directory, genesis).with_context(|| format!("the vote log in {}", votes.display()))?;
    if recovered.cut > 0 {
        tracing::info!(bytes = recovered.cut, "cut a torn tail off the vote log: written, never synced, never said");
    }
    let mut records = Vec::with_capacity(recovered.records.len());
    for bytes in recovered.records {
        let mut input = bytes.as_slice();
        match Record::decode(&mut input) {
            Ok(record) if input.is_empty() => records.push(record),
            _ => bail!(
                "the vote log in {} holds a record of another version: run the version that wrote it",
                votes.display()
            ),
        }
    }
    Ok((log, records))
}

pub(super) fn commit_genesis(database: &Database, genesis: &Genesis) {
    let mut commit = BlockCommit::new(genesis.header.clone());
    commit.changes.clone_from(&genesis.state);
    commit.pages.clone_from(&genesis.pages);
    commit.aux = vec![root_record(0, genesis.root), nonempty_record(0)];
    database.commit(&commit);
}

/// Where the database stands: the newest block, its root, and what the headers after it may refer to.
fn newest_state(
    database: &Database,
) -> anyhow::Result<(ExecutedState, ChainBase, Option<tierchain_primitives::certificate::Certificate>)> {
    let broken = "the database lacks what belongs to its newest block: it is corrupt; restore the base path";
    let (number, hash) = database.best().context(broken)?;
    let header = database.header(number).context(broken)?;
    let block = Block::new(header, Default::default()).context(broken)?;
    anyhow::ensure!(block.hash == hash, broken);
    let lowest = number.saturating_sub(ROOTS_KEPT - 1);
    let roots: Vec<(BlockNumber, H256)> =
        (lowest..=number).filter_map(|at| Some((at, read_root(database, at)?))).collect();
    let root = roots.last().filter(|(at, _)| *at == number).context(broken)?.1;
    let newest_nonempty =
        database.aux(NONEMPTY).and_then(|bytes| BlockNumber::decode(&mut bytes.as_slice()).ok()).context(broken)?;
    let certificate = database.certificate(number);
    let base = ChainBase { block, root, newest_nonempty, roots };
    Ok((ExecutedState { number, root, newest_nonempty }, base, certificate))
}

const NONEMPTY: &[u8] = b"newest-nonempty";

/// The record of a block's root, which takes the place of the one [`ROOTS_KEPT`] blocks before.
pub(crate) fn root_record(number: BlockNumber, root: H256) -> StateChange {
    (root_key(number), Some((number, root).encode()))
}

/// The record of the newest block with extrinsics.
pub(crate) fn nonempty_record(number: BlockNumber) -> StateChange {
    (NONEMPTY.to_vec(), Some(number.encode()))
}

/// The root of the state after a block of the last [`ROOTS_KEPT`].
pub(crate) fn read_root(database: &Database, number: BlockNumber) -> Option<H256> {
    let bytes = database.aux(&root_key(number))?;
    let (at, root) = <(BlockNumber, H256)>::decode(&mut bytes.as_slice()).ok()?;
    (at == number).then_some(root)
}

fn root_key(number: BlockNumber) -> Vec<u8> {
    [b"root/".as_slice(), &(number % ROOTS_KEPT).to_be_bytes()].concat()
}
