//! What is audited, whatever breaks: vote logs, chains, and everything that was reported final.

use anyhow::{Context, bail};
use tierchain_primitives::{BlockNumber, H256};
use tierchain_rpc::api::ChainApiClient;
use tierchain_rpc::types::{AnyNumber, ListOrValue};

use super::stage::{Stage, until};
use crate::load;

/// Hashes per call.
const PAGE: u32 = 512;

/// Blocks whose hashes and arrivals are kept for whoever asks.
const BLOCKS_KEPT: BlockNumber = 4_096;

impl Stage {
    /// Reads the vote log of a node that doesn't run.
    pub(crate) fn audit_votes(&mut self, node: u16) {
        match self.ballots.read(&self.cluster.world.base_path(node).join("votes")) {
            Ok(contradictions) => self.violate(contradictions),
            Err(error) => self.violate([format!("node {node}: {error:#}")]),
        }
    }

    /// Compares the chains of all nodes that run, from where they were compared last, and looks for everything that was
    /// reported final meanwhile in the blocks that `witness` has.
    pub(crate) async fn audit_chains(&mut self, witness: u16) -> anyhow::Result<()> {
        let statuses = until("all nodes answer", async || self.statuses().await).await?;
        let upto = statuses.iter().map(|(_, status)| status.executed.number).min().unwrap_or(0);
        let mut found = self.watch.forks();
        let mut from = self.checked + 1;
        while from <= upto {
            let to = upto.min(from + PAGE - 1);
            found.extend(self.compare(from, to).await?);
            from = to + 1;
        }
        for (number, hashes) in self.traffic.take_reported(upto) {
            let kept = load::extrinsics(&self.clients[usize::from(witness)], number).await?;
            let lost = hashes.iter().filter(|hash| !kept.contains(hash));
            found.extend(lost.map(|hash| format!("lost: {hash} was final in block {number}; node {witness} lacks it")));
        }
        found.extend(self.traffic.failures());
        self.violate(found);
        self.checked = self.checked.max(upto);
        self.watch.forget_below(upto.saturating_sub(BLOCKS_KEPT));
        self.ballots.forget_below(upto);
        Ok(())
    }

    /// Compares a range of blocks on all nodes with each other and with what was reported.
    async fn compare(&self, from: BlockNumber, to: BlockNumber) -> anyhow::Result<Vec<String>> {
        let mut forks = Vec::new();
        let mut first: Option<Vec<H256>> = None;
        for node in self.cluster.running() {
            let hashes = self.hashes(node, from, to).await.with_context(|| format!("blocks of node {node}"))?;
            let expected = first.get_or_insert_with(|| hashes.clone());
            for (number, (hash, other)) in (from..).zip(hashes.iter().zip(expected.iter())) {
                let reported = self.watch.hash_of(number).unwrap_or(*hash);
                if hash != other || *hash != reported {
                    forks.push(format!(
                        "fork: block {number} is {hash} at node {node}, {other} or {reported} elsewhere"
                    ));
                }
            }
        }
        Ok(forks)
    }

    async fn hashes(&self, node: u16, from: BlockNumber, to: BlockNumber) -> anyhow::Result<Vec<H256>> {
        let numbers = ListOrValue::List((from..=to).map(AnyNumber::from).collect());
        let answer = self.clients[usize::from(node)].block_hash(Some(numbers)).await.context("chain_getBlockHash")?;
        let ListOrValue::List(hashes) = answer else { bail!("a list was asked for") };
        let hashes: Option<Vec<H256>> = hashes.into_iter().map(|hash| Some(hash?.0)).collect();
        hashes.with_context(|| format!("it lacks a block of {from} to {to}, which it had executed"))
    }
}
