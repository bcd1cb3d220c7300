//! `tierchain key`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tierchain_primitives::{AccountId, H256};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key: into FILE (mode 0600), or onto standard output.
    Generate(GenerateArgs),
    /// Show what belongs to a key: a secret URI (//Alice), a key file, a hexadecimal seed, or an address.
    Inspect(InspectArgs),
    /// Show that a new consensus key is held, for the operator who proposes it.
    ProvePossession(ProvePossessionArgs),
}

/// Options of `key prove-possession`.
#[derive(Debug, Args)]
pub(crate) struct ProvePossessionArgs {
    /// The new consensus key: a key file, a secret URI, or 0x and 64 digits of a seed.
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// The account of who runs the validator: the proof is good for this one alone.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) operator: AccountId,
    /// The chain's specification: the proof is good on this chain alone.
    #[arg(long, value_name = "FILE", required_unless_present = "genesis", conflicts_with = "genesis")]
    pub(crate) chain: Option<PathBuf>,
    /// The chain's genesis hash, in place of its specification.
    #[arg(long, value_name = "HASH")]
    pub(crate) genesis: Option<H256>,
    /// Print JSON: key, operator, genesis and proof.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `key generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// The file to make. It must not exist yet.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How to show the new key.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Options of `key inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Secret URI, key file, 0x and 64 digits of a seed, or SS58 address.
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// KEY is a public key: 0x and 64 digits, or an SS58 address.
    #[arg(long)]
    pub(crate) public: bool,
    /// How to show it.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// How keys are shown.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Signature scheme; this chain has one.
    #[arg(long, value_enum, default_value_t = Scheme::Ed25519)]
    pub(crate) scheme: Scheme,
    /// Print JSON, with subkey's field names.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print this field alone, for scripts: publicKey, ss58Address, peerId…
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    pub(crate) field: Option<String>,
}

/// Signature schemes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Scheme {
    /// The only one that this chain accepts.
    Ed25519,
}
