//! `tierchain init`: makes the vote log of a validator, once.
//!
//! The log is what a validator remembers of its votes. One that starts with an empty log could contradict what it said
//! before, so making one is an act of its own and never a default of `run`.

mod replace;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use tierchain_primitives::H256;
use tierchain_replica::log::{LogError, WriteAheadLog};
use tierchain_storage::{BasePath, Database, Settings};

use super::print;
use crate::chain_spec::ChainSpec;
use crate::cli::init::InitArgs;
use crate::vote_log;

/// Performs `init`.
pub(super) fn init(args: &InitArgs) -> anyhow::Result<ExitCode> {
    let spec = ChainSpec::load(&args.chain)?;
    if args.replace_votes {
        return replace::replace_votes(args, &spec);
    }
    let (id, genesis) = (&spec.genesis.id, spec.genesis_hash());
    make_vote_log(&args.base_path, genesis)?;
    print(&format!("made the vote log of chain {id} ({genesis}) in {}\n", args.base_path.display()))
}

/// Makes the vote log under a base path that holds nothing of another chain.
pub(super) fn make_vote_log(folder: &Path, genesis: H256) -> anyhow::Result<()> {
    let base_path = BasePath::lock(folder)?;
    let votes = base_path.votes();
    let in_log = || format!("the vote log in {}", votes.display());
    // Opened only to learn whose it is; without one there is nothing to learn.
    if base_path.database().exists() {
        drop(Database::open(&base_path.database(), genesis, Settings::default())?);
    }
    match WriteAheadLog::create(vote_log::directory(&votes)?, genesis) {
        Ok(_) => Ok(()),
        // Another chain's log is the graver mistake, so that is what is said.
        Err(exists @ LogError::Exists) => match WriteAheadLog::open(vote_log::directory(&votes)?, genesis) {
            Err(other @ LogError::OtherChain { .. }) => Err(other).with_context(in_log),
            _ => Err(exists).with_context(in_log),
        },
        Err(error) => Err(error).with_context(in_log),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_log_is_made_once_and_for_one_chain() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (ours, other) = (H256([1; 32]), H256([2; 32]));
        assert!(!vote_log::exists(folder.path()));
        make_vote_log(folder.path(), ours).expect("the first");
        assert!(vote_log::exists(folder.path()));
        let again = format!("{:#}", make_vote_log(folder.path(), ours).expect_err("the second"));
        assert!(again.contains("there is a vote log already"), "{again}");
        let foreign = format!("{:#}", make_vote_log(folder.path(), other).expect_err("another chain's"));
        assert!(foreign.contains(&ours.to_string()) && foreign.contains("--base-path"), "{foreign}");
    }
}
