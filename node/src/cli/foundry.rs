//! `tierchain foundry`: the images of which servers are born, and the foundry itself.

use clap::{Args, Subcommand};
use tierchain_primitives::H256;

use super::foundry_service::FoundryServiceCommand;
use super::party::party;
use super::query::RpcArgs;
use super::submit::SubmitArgs;

/// What to do about births.
#[derive(Debug, Subcommand)]
pub(crate) enum FoundryCommand {
    /// A provider's catalog of images.
    #[command(subcommand)]
    Image(ImageCommand),
    /// What a foundry does.
    #[command(flatten)]
    Service(FoundryServiceCommand),
}

/// What to do with images.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Approve an image, as a provider: servers may be born of it.
    Add(ImageArgs),
    /// Retire an image, as a provider, for good: no server is born of it any more.
    Retire(ImageArgs),
    /// A provider's images, in the order in which they were approved.
    List {
        /// The provider, by name or id.
        #[arg(value_name = "PROVIDER", value_parser = party)]
        provider: H256,
        /// At most this many.
        #[arg(long, default_value_t = 1_000)]
        limit: u32,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
}

/// An image and who signs.
#[derive(Debug, Args)]
pub(crate) struct ImageArgs {
    /// SHA-256 of the image: 64 digits as `sha256sum` prints them, with or without 0x.
    #[arg(value_name = "HASH")]
    pub(crate) image: H256,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}
