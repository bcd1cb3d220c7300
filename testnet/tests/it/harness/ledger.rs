//! Everything that a node says of the two tiers.

use tierchain_rpc::api::{ChainsApiClient, MetaApiClient};
use tierchain_rpc::types::{ChainRef, EntityBlock, MetaBlock, MetaChain, ServerInfo};

use super::node::{Node, wait_for};

/// Items per call; no scenario has more blocks in one chain.
const PAGE: u32 = 256;

/// Chains with their blocks, and meta-chains with theirs.
#[derive(PartialEq, Debug)]
pub(crate) struct Ledger {
    /// Servers that were born, by UUID and generation.
    pub(crate) chains: Vec<(ServerInfo, Vec<EntityBlock>)>,
    /// Meta-chains by name.
    pub(crate) metas: Vec<(MetaChain, Vec<MetaBlock>)>,
}

impl Ledger {
    /// Reads all of it.
    pub(crate) fn read(node: &Node) -> Self {
        let mut servers = servers(node).expect("chains_list");
        servers.sort_by_key(|server| server.server);
        let born = servers.into_iter().filter(|server| server.blocks > 0);
        let chains = born.map(|server| {
            let name = ChainRef::Chain(server.chain.0);
            let blocks = wait_for(node.client.server_blocks(name, 0, PAGE)).expect("chains_blocks");
            (server, blocks)
        });
        let chains = chains.collect();
        let page = wait_for(node.client.meta_chains(None, PAGE, None)).expect("meta_list");
        assert_eq!(page.next, None, "more meta-chains than a scenario has");
        let metas = page.items.into_iter().map(|chain| {
            let blocks = wait_for(node.client.meta_blocks(chain.meta, 0, PAGE)).expect("meta_blocks");
            (chain, blocks)
        });
        Self { chains, metas: metas.collect() }
    }

    /// How many entity blocks there are.
    pub(crate) fn blocks(&self) -> usize {
        self.chains.iter().map(|(_, blocks)| blocks.len()).sum()
    }

    /// How many meta blocks there are.
    pub(crate) fn meta_blocks(&self) -> usize {
        self.metas.iter().map(|(_, blocks)| blocks.len()).sum()
    }

    /// How many late events were counted.
    pub(crate) fn late(&self) -> u64 {
        self.chains.iter().map(|(server, _)| server.late.0).sum()
    }
}

impl Node {
    /// How many entity blocks there are now; none when the node doesn't answer.
    pub(crate) fn entity_blocks(&self) -> Option<u64> {
        Some(servers(self)?.iter().map(|server| u64::from(server.blocks)).sum())
    }
}

fn servers(node: &Node) -> Option<Vec<ServerInfo>> {
    let page = wait_for(node.client.servers(None, PAGE, None)).ok()?;
    assert_eq!(page.next, None, "more servers than a scenario has");
    Some(page.items)
}
