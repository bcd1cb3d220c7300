//! `tierchain foundry image`.

use std::process::ExitCode;

use anyhow::Context;
use tierchain_primitives::H256;
use tierchain_rpc::api::FoundryApiClient;
use tierchain_rpc::types::{Hash, ImageInfo};
use tierchain_runtime::{Call, foundry};

use super::foundry_service::foundry_service;
use super::query::{PAGE, at, client};
use super::submit::Author;
use super::{print, print_json};
use crate::cli::foundry::{FoundryCommand, ImageArgs, ImageCommand};
use crate::cli::query::RpcArgs;
use crate::table::Table;

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
    let client = client(rpc).await?;
    let mut images: Vec<ImageInfo> = Vec::new();
    let mut cursor = None;
    while images.len() < limit as usize {
        let count = PAGE.min(limit - images.len() as u32);
        let page = client.images(Hash(provider), cursor, count).await.with_context(|| at(rpc))?;
        images.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if rpc.json {
        return print_json(&images);
    }
    let mut table = Table::new(&["image", "added in block", "retired in block"]);
    for found in &images {
        let retired = found.retired_in.map_or_else(|| "-".to_owned(), |block| block.to_string());
        table.row(&[&found.image.0, &found.added_in, &retired]);
    }
    print(&table.render())
}
