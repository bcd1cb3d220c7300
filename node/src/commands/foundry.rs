//! `tierchain foundry image`.

use std::process::ExitCode;

use tierchain_primitives::H256;
use tierchain_rpc::api::FoundryApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::Hash;
use tierchain_runtime::{Call, foundry};

use super::foundry_service::foundry_service;
use super::query::{all, print_list};
use super::submit::Author;
use crate::cli::foundry::{FoundryCommand, ImageArgs, ImageCommand};
use crate::cli::query::RpcArgs;

/// Performs a command about births.
pub(super) async fn foundry(command: FoundryCommand) -> anyhow::Result<ExitCode> {
    match command {
        FoundryCommand::Image(ImageCommand::Add(args)) => {
            send(&args, foundry::Call::AddImage { image: args.image }).await
        }
        FoundryCommand::Image(ImageCommand::Retire(args)) => {
            send(&args, foundry::Call::RetireImage { image: args.image }).await
        }
        FoundryCommand::Image(ImageCommand::List { provider, limit, rpc }) => list(provider, limit, &rpc).await,
        FoundryCommand::Service(command) => foundry_service(command).await,
    }
}

async fn send(args: &ImageArgs, call: foundry::Call) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(&args.submit).await?;
    author.submit(&Call::Foundry(call)).await?.print(args.submit.rpc.json)
}

async fn list(provider: H256, limit: u32, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let ask = async |client: &Client, cursor, count| client.images(Hash(provider), cursor, count).await;
    let head = ["image", "added in block", "retired in block"];
    print_list(rpc, &all(rpc, limit, ask).await?, &head, |table, found| {
        let retired = found.retired_in.map_or_else(|| "-".to_owned(), |block| block.to_string());
        table.row(&[&found.image.0, &found.added_in, &retired]);
    })
}
