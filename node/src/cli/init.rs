//! `tierchain init`.

use std::path::PathBuf;

use clap::Args;

/// Where to make the vote log, and for which chain.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Chain specification file.
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: PathBuf,
    /// Folder for everything the node keeps.
    #[arg(long, value_name = "DIR")]
    pub(crate) base_path: PathBuf,
    /// Put a log in place of a lost one without an epoch of its own, which is for the loss of more than f logs at once:
    /// it binds the validator to no vote below the view given with --above-view. See docs/operations.md first.
    #[arg(long, requires = "above_view")]
    pub(crate) replace_votes: bool,
    /// The view below which no vote is cast: the same at all validators that lost their logs, and above every view that
    /// any validator has been in.
    #[arg(long, value_name = "VIEW", requires = "replace_votes", value_parser = clap::value_parser!(u64).range(1..=1 << 62))]
    pub(crate) above_view: Option<u64>,
    /// With --replace-votes: a block that this validator helped to make final may be lost, and another may take its
    /// place. Without this option the command only says what it would do.
    #[arg(long, requires = "replace_votes")]
    pub(crate) accept_possible_fork: bool,
    /// With --replace-votes: consensus key file [default: BASE-PATH/keys/consensus].
    #[arg(long, value_name = "FILE", requires = "replace_votes")]
    pub(crate) consensus_key: Option<PathBuf>,
}
