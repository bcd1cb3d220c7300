//! `tierchain key`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use tierchain_primitives::{AccountId, H256};

/// What to do with keys, as `subkey --scheme ed25519` does it.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key. With FILE its secret goes there (mode 0600) and nowhere else; without, a phrase of words is printed.
    Generate(GenerateArgs),
    /// Show what belongs to a key: a secret URI (phrase, seed or //Alice), a key file, or an address.
    Inspect(InspectArgs),
    /// Sign a message; prints the signature.
    Sign(SignArgs),
    /// Check a message's signature; fails when it doesn't hold.
    Verify(VerifyArgs),
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
    /// The file to write the secret into; it must not exist yet [default: none, the phrase is printed].
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Words of the phrase.
    #[arg(
        long, value_name = "COUNT", default_value = "12", conflicts_with = "file",
        value_parser = ["12", "15", "18", "21", "24"],
    )]
    pub(crate) words: String,
    /// How to show the new key.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Options of `key inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Secret URI ("words…//hard///password", 0x and 64 digits, //Alice), key file, or SS58 address.
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// KEY is a public key: 0x and 64 digits, or an SS58 address.
    #[arg(long)]
    pub(crate) public: bool,
    /// How to show it.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Options of `key sign`.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// Secret URI or key file.
    #[arg(long, value_name = "KEY")]
    pub(crate) suri: String,
    /// What is signed.
    #[command(flatten)]
    pub(crate) message: MessageArgs,
    /// Signature scheme; this chain has one.
    #[arg(long, default_value = "ed25519")]
    pub(crate) scheme: Scheme,
}

/// Options of `key verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The signature, 0x and 128 digits.
    #[arg(value_name = "SIGNATURE")]
    pub(crate) signature: String,
    /// Who signed: SS58 address, 0x and the 64 digits of a public key, secret URI, or key file.
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// What was signed.
    #[command(flatten)]
    pub(crate) message: MessageArgs,
    /// Signature scheme; this chain has one.
    #[arg(long, default_value = "ed25519")]
    pub(crate) scheme: Scheme,
}

/// A message.
#[derive(Debug, Args)]
pub(crate) struct MessageArgs {
    /// The message [default: standard input].
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// The message is hexadecimal digits.
    #[arg(long)]
    pub(crate) hex: bool,
}

/// How keys are shown.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Signature scheme; this chain has one.
    #[arg(long, default_value = "ed25519")]
    pub(crate) scheme: Scheme,
    /// Print JSON, with subkey's field names.
    #[arg(long)]
    pub(crate) json: bool,
    /// The same, as subkey calls it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = OutputType::Text)]
    pub(crate) output_type: OutputType,
    /// Print this field alone, for scripts: publicKey, ss58Address, peerId…
    #[arg(long, value_name = "NAME", conflicts_with = "json")]
    pub(crate) field: Option<String>,
}

/// Form of the output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum OutputType {
    /// A table.
    Text,
    /// A JSON object.
    Json,
}

/// Signature schemes: there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Scheme;

impl FromStr for Scheme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "ed25519" => Ok(Self),
            "sr25519" | "ecdsa" => {
                Err(format!("this chain accepts ed25519 keys only, not {text}: make an ed25519 key"))
            }
            _ => Err("there is no such scheme; this chain accepts ed25519".to_owned()),
        }
    }
}
