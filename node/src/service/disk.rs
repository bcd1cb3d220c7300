//! Opening what the node keeps: base path, database, vote log; and what they say about where it was.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::limits::WINDOW;
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::chain::{Block, ChainBase};
use tierchain_replica::genesis::Genesis;
use tierchain_replica::log::{LogError, WriteAheadLog};
use tierchain_replica::{Record, Recovered};
use tierchain_runtime::{Weights, chains, check};
use tierchain_storage::{BasePath, BlockCommit, Database, DatabaseError, LogDirectory, Retention, Settings};

use super::executor::ExecutedState;
use super::snapshot;
use crate::config::RunConfig;
use crate::vote_log;

/// How many of the newest roots are kept beside the database: headers may name any in the last two windows, and twice
/// as many cost nothing. The keys on disk are numbers modulo this.
const ROOTS_KEPT: BlockNumber = 32;

/// Everything a start finds.
pub(crate) struct Disk {
    /// Held as long as the node runs.
    pub(crate) base_path: BasePath,
    /// Chain and state.
    pub(crate) database: Database,
    /// The vote log; none for an observer.
    pub(crate) log: Option<WriteAheadLog<LogDirectory>>,
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
        if config.consensus_key.is_some() && vote_log::exists(base_path.root()) {
            refuse_other_chain(&base_path.votes(), genesis.hash)?;
        }
        let database_was_lost = config.rejoin && set_aside_corrupt_database(&base_path, genesis.hash)?;
        let (log, records) = match (&config.consensus_key, config.rejoin) {
            (None, _) => (None, Vec::new()),
            (Some(_), false) => keep_log(vote_log::open(&base_path.votes(), genesis.hash)?),
            (Some(_), true) => keep_log(vote_log::open_to_rejoin(&base_path.votes(), genesis.hash, database_was_lost)?),
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
        let evidence = super::evidence::kept(&database);
        let recovered = Recovered { base, certificate, records, evidence };
        Ok(Self { base_path, database, log, state, recovered })
    }
}

fn keep_log((log, records): vote_log::Opened) -> (Option<WriteAheadLog<LogDirectory>>, Vec<Record>) {
    (Some(log), records)
}

/// Refuses another chain's vote log, whether or not it is whole.
fn refuse_other_chain(votes: &Path, genesis: H256) -> anyhow::Result<()> {
    match vote_log::look(votes, genesis)? {
        Err(error @ LogError::OtherChain { .. }) => {
            Err(error).with_context(|| format!("the vote log in {}", votes.display()))
        }
        _ => Ok(()),
    }
}

/// Renames a database that is this chain's and can't be used. Says whether it did.
fn set_aside_corrupt_database(base_path: &BasePath, genesis: H256) -> anyhow::Result<bool> {
    let folder = base_path.database();
    if !folder.exists() {
        return Ok(true);
    }
    let error = match Database::open(&folder, genesis, Settings::default()) {
        Ok(database) if database.best().is_none() => return Ok(true),
        Ok(database) => match newest_state(&database) {
            Ok(_) => return Ok(false),
            Err(error) => error,
        },
        Err(error @ DatabaseError::Corrupt { .. }) => error.into(),
        // Another chain's, in use, or unreadable: none of these is mended by a new one.
        Err(error) => return Err(error.into()),
    };
    let aside = vote_log::set_aside(&folder)?;
    let kept = aside.map(|path| path.display().to_string()).unwrap_or_default();
    tracing::warn!(%error, kept_as = kept, "the database is corrupt and was set aside");
    Ok(true)
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
    let broken = "the database lacks what belongs to its newest block: it is corrupt; start with `--rejoin` (an observer: \
                  move the folder away), which sets it aside and gets the chain from the others";
    let (number, hash) = database.best().context(broken)?;
    let header = database.header(number).context(broken)?;
    let block = Block::bare(header).context(broken)?;
    anyhow::ensure!(block.hash == hash, broken);
    let lowest = number.saturating_sub(ROOTS_KEPT - 1);
    let roots: Vec<(BlockNumber, H256)> =
        (lowest..=number).filter_map(|at| Some((at, read_root(database, at)?))).collect();
    let root = roots.last().filter(|(at, _)| *at == number).context(broken)?.1;
    let newest_nonempty =
        database.aux(NONEMPTY).and_then(|bytes| BlockNumber::decode(&mut bytes.as_slice()).ok()).context(broken)?;
    let certificate = database.certificate(number);
    let recent = recent(database, number).context(broken)?;
    let base = ChainBase { block, root, newest_nonempty, roots, recent };
    Ok((ExecutedState { number, root, newest_nonempty }, base, certificate))
}

/// The blocks of the last window with their extrinsics. A node that joined by a snapshot has them from the snapshot's block
/// on, and no header names an earlier state.
fn recent(database: &Database, newest: BlockNumber) -> anyhow::Result<Vec<Block>> {
    let weights = Weights::new(chains::parameters(database).block_nonce_bits);
    let lowest = newest.saturating_sub(WINDOW);
    let found = (lowest..=newest).filter_map(|number| Some((database.header(number)?, database.body(number)?)));
    let whole = found.map(|(header, body)| {
        let body = body.iter().map(|bytes| check(bytes)).collect::<Result<Vec<_>, _>>()?;
        Ok(Block::new(header, Arc::new(body), &weights)?)
    });
    whole.collect()
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
