//! Follows final blocks at one node and tells the board which extrinsics they hold.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use jsonrpsee::core::client::Subscription;
use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::extrinsic_hash;
use tierchain_rpc::api::ChainApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{AnyNumber, Header, ListOrValue};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Board;

/// A task that follows final blocks until it is stopped.
pub(super) struct Follower {
    task: JoinHandle<anyhow::Result<()>>,
    stop: oneshot::Sender<()>,
}

impl Follower {
    /// Starts at the newest final block.
    pub(super) async fn start(client: Arc<Client>, board: Board) -> anyhow::Result<Self> {
        let heads = client.subscribe_finalized_heads().await.context("chain_subscribeFinalizedHeads")?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            tokio::select! {
                failed = follow(client, heads, board) => failed,
                _ = stopped => Ok(()),
            }
        });
        Ok(Self { task, stop })
    }

    /// Stops, and says whether following went well until now.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        // The task may have ended by itself; then its result says why.
        let _ = self.stop.send(());
        self.task.await.context("the follower panicked")?
    }
}

async fn follow(client: Arc<Client>, mut heads: Subscription<Header>, board: Board) -> anyhow::Result<()> {
    let mut next = None;
    while let Some(head) = heads.next().await {
        let newest = head.context("a final head")?.number.0;
        // Heads that came while a block was fetched may be skipped: numbers tell which.
        for number in next.unwrap_or(newest)..=newest {
            let hashes = extrinsics(&client, number).await?;
            board.finalised(&hashes, Instant::now());
        }
        next = newest.checked_add(1);
    }
    anyhow::bail!("the node closed the connection")
}

/// Hashes of the extrinsics in a final block.
pub(crate) async fn extrinsics(client: &Client, number: u32) -> anyhow::Result<Vec<H256>> {
    let hash =
        client.block_hash(Some(ListOrValue::Value(AnyNumber::from(number)))).await.context("chain_getBlockHash")?;
    let ListOrValue::Value(Some(hash)) = hash else { anyhow::bail!("the node lost its final block {number}") };
    let block = client.block(Some(hash)).await.context("chain_getBlock")?.context("the node lost a final block")?;
    Ok(block.block.extrinsics.iter().map(|bytes| extrinsic_hash(&bytes.0)).collect())
}
