//! What a demo shows at its end: every server's chain, the meta-chains, and one line that sums them up, read from one
//! node and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;
use tierchain_primitives::header::Header;
use tierchain_rpc::api::{ChainApiClient, ChainsApiClient, MetaApiClient};
use tierchain_rpc::client::{Client, connect};
use tierchain_rpc::types::{Hash, MetaBlock, MetaChain, ServerInfo};

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(10);

/// How long the node may take to have a state root for the block that was asked for.
const ROOT_WAIT: Duration = Duration::from_secs(20);

/// Items per call.
const PAGE: u32 = 256;

/// Names of servers by UUID: they never stand on the ledger, so they are joined here, for the screen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names(BTreeMap<String, String>);

/// What a line of a recording may say about a name.
#[derive(Deserialize)]
struct NamedLine {
    name: String,
    uuid: String,
}

impl Names {
    /// The names in a source as the agent takes it: `libvirt-recording:FILE`. A nova log has none.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn of_source(source: &str) -> anyhow::Result<Self> {
        let Some(file) = source.strip_prefix("libvirt-recording:") else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(Path::new(file)).with_context(|| format!("cannot read {file}"))?;
        Ok(Self::of_recording(&text))
    }

    fn of_recording(text: &str) -> Self {
        let lines = text.lines().filter_map(|line| serde_json::from_str::<NamedLine>(line).ok());
        Self(lines.map(|line| (line.uuid, line.name)).collect())
    }

    fn get(&self, uuid: &str) -> &str {
        self.0.get(uuid).map_or("-", String::as_str)
    }
}

/// A final block's number and the root of the state after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Root {
    height: u32,
    state_root: Hash,
}

/// Reads everything from the node at `url` and words it. `after` is a block that the root must cover.
///
/// # Errors
/// When the node can't be asked, or has no root for that block in time.
pub async fn report(url: &str, after: u32, names: &Names) -> anyhow::Result<String> {
    let client = connect(url, CALL_WAIT).await?;
    let root = wait_for_root(&client, after).await?;
    let servers = servers(&client).await?;
    let mut metas = Vec::new();
    for chain in meta_chains(&client).await? {
        let blocks = meta_blocks(&client, &chain).await?;
        metas.push((chain, blocks));
    }
    word(&servers, &metas, root, names).context("a report that can't be written to memory")
}

/// The root that the newest final header states, once it covers block `after`.
async fn wait_for_root(client: &Client, after: u32) -> anyhow::Result<Root> {
    let deadline = Instant::now() + ROOT_WAIT;
    loop {
        let header = client.header(None).await.context("chain_getHeader")?.context("the node has no final block")?;
        let header = Header::try_from(&header)?;
        let executed = header.pre_runtime().map_or(0, |data| data.executed);
        if executed >= after {
            return Ok(Root { height: executed, state_root: Hash(header.state_root) });
        }
        if Instant::now() > deadline {
            bail!(
                "the node's newest header states the root after block {executed}, not after {after}: is it behind \
                 (`tierchain status`)?"
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn servers(client: &Client) -> anyhow::Result<Vec<ServerInfo>> {
    let (mut servers, mut cursor): (Vec<ServerInfo>, _) = (Vec::new(), None);
    loop {
        let page = client.servers(cursor, PAGE, None).await.context("chains_list")?;
        servers.extend(page.items.into_iter().filter(|server| server.blocks > 0));
        cursor = page.next;
        if cursor.is_none() {
            // The ledger lists by hashed keys; people look for a UUID.
            servers.sort_by_key(|server| server.server);
            return Ok(servers);
        }
    }
}

async fn meta_chains(client: &Client) -> anyhow::Result<Vec<MetaChain>> {
    let (mut metas, mut cursor) = (Vec::new(), None);
    loop {
        let page = client.meta_chains(cursor, PAGE, None).await.context("meta_list")?;
        metas.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(metas);
        }
    }
}

async fn meta_blocks(client: &Client, chain: &MetaChain) -> anyhow::Result<Vec<MetaBlock>> {
    let mut blocks: Vec<MetaBlock> = Vec::new();
    while blocks.len() < chain.blocks as usize {
        let from = blocks.len() as u32;
        let page = client.meta_blocks(chain.meta, from, PAGE).await.context("meta_blocks")?;
        if page.is_empty() {
            bail!("meta-chain {} has fewer blocks than it says", chain.meta.0);
        }
        blocks.extend(page);
    }
    Ok(blocks)
}

fn word(
    servers: &[ServerInfo],
    metas: &[(MetaChain, Vec<MetaBlock>)],
    root: Root,
    names: &Names,
) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    for server in servers {
        let uuid = server.server.uuid.0.to_string();
        let state = if server.ended.is_some() {
            "ENDED".to_owned()
        } else {
            server.state.map_or_else(String::new, |state| state.to_string())
        };
        let head = server.head.map_or_else(|| "-".to_owned(), |head| head.0.to_string());
        writeln!(out, "{:<8} {uuid} {state:<17} {:>4} {head}", names.get(&uuid), server.blocks)?;
    }
    for (chain, blocks) in metas {
        writeln!(out, "meta-chain {} · {} blocks · head {}", chain.meta.0, chain.blocks, chain.head.0)?;
        for block in blocks {
            writeln!(
                out,
                "  {:>4}  chain {}  {:>4} blocks  {}",
                block.number, block.tx.chain.0, block.tx.blocks, block.hash.0
            )?;
        }
    }
    let blocks: u64 = servers.iter().map(|server| u64::from(server.blocks)).sum();
    let late: u64 = servers.iter().map(|server| server.late.0).sum();
    let meta: u64 = metas.iter().map(|(chain, _)| u64::from(chain.blocks)).sum();
    writeln!(
        out,
        "chains {} · blocks {blocks} · meta {meta} · late {late} · height {} · state_root {}",
        servers.len(),
        root.height,
        root.state_root.0
    )?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tierchain_primitives::H256;

    #[test]
    fn names_are_read_from_a_recording_and_nothing_else() {
        let text = "{\"name\": \"amf-0\", \"uuid\": \"u1\", \"event\": 0}\nnot json\n{\"kind\": \"x\"}\n";
        let names = Names::of_recording(text);
        assert_eq!((names.get("u1"), names.get("u2")), ("amf-0", "-"));
        assert_eq!(Names::of_source("nova-log:/nowhere").expect("no file is read"), Names::default());
    }

    #[test]
    fn the_last_line_sums_up() {
        let root = Root { height: 7, state_root: Hash(H256([0xab; 32])) };
        let text = word(&[], &[], root, &Names::default()).expect("memory");
        let expected = format!("chains 0 · blocks 0 · meta 0 · late 0 · height 7 · state_root 0x{}\n", "ab".repeat(32));
        assert_eq!(text, expected);
    }
}
