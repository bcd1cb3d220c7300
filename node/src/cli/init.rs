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
}
