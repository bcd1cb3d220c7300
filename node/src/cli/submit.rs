//! What every command that signs and submits something takes.

use clap::Args;

use super::query::RpcArgs;

/// Who signs, and how long to wait.
#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// The account that signs: a key file, a secret URI (//Alice), or 0x and 64 digits of a seed.
    #[arg(long, value_name = "KEY", env = "TIERCHAIN_KEY", hide_env_values = true)]
    pub(crate) key: String,
    /// How many seconds to wait until it is final.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait_s: u64,
    /// The node to submit it to.
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
}
