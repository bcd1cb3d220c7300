//! A network namespace per validator.
//!
//! ```text
//! namespace i:  data 198.18.X.(10+i) ── veth ── bridge "…db"     validators among themselves: what is cut
//!               ctl  198.19.X.(10+i) ── veth ── bridge "…cb"     JSON-RPC, with us at 198.19.X.1: never cut
//! ```
//!
//! 198.18.0.0/15 is reserved for measurements (RFC 2544). Names carry our process number, so that several harnesses can
//! run at once, and one that was killed is cleaned up after by the next.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context;

use super::Pair;
use crate::cluster::{Place, tool};

/// What every name begins with; our process number follows.
const PREFIX: &str = "tcf";

/// Each node has its own loopback, so all of them listen on the same ports.
const NETWORK_PORT: u16 = 10_044;
const RPC_PORT: u16 = 9_944;
const METRICS_PORT: u16 = 9_615;

/// An address of layer 2 that nobody has.
const NOWHERE: &str = "02:00:00:00:00:01";

/// A set of addresses from which nothing is heard. On the way in only: what is dropped on the way out is an error to
/// whoever sends, and a cut cable gives none.
const RULES: &str = "add table inet faults; add set inet faults cut { type ipv4_addr; }; \
                     add chain inet faults input { type filter hook input priority 0; }; \
                     add rule inet faults input ip saddr @cut drop";

/// How a pair is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cutter {
    /// A set of nftables.
    Nftables,
    /// A neighbour entry for an address that nobody has.
    Neighbour,
}

/// The namespaces, removed when dropped.
pub(crate) struct Namespaces {
    prefix: String,
    subnet: u8,
    nodes: u16,
    cutter: Cutter,
}

impl Namespaces {
    pub(crate) fn lay(nodes: u16) -> anyhow::Result<Self> {
        remove_orphans();
        let prefix = format!("{PREFIX}{}", std::process::id());
        let cutter = if tool("nft", &["--version"]).is_ok() { Cutter::Nftables } else { Cutter::Neighbour };
        // Made first: its drop removes what was laid when a later step fails.
        let namespaces = Self { prefix, subnet: free_subnet()?, nodes, cutter };
        for bridge in [namespaces.bridge('d'), namespaces.bridge('c')] {
            tool("ip", &["link", "add", &bridge, "type", "bridge", "forward_delay", "0"])?;
            tool("ip", &["link", "set", &bridge, "up"])?;
        }
        let own = format!("198.19.{}.1/24", namespaces.subnet);
        tool("ip", &["addr", "add", &own, "dev", &namespaces.bridge('c')])?;
        (0..nodes).try_for_each(|node| namespaces.lay_one(node))?;
        Ok(namespaces)
    }

    /// How pairs are cut, in a word.
    pub(crate) fn cutter(&self) -> &'static str {
        match self.cutter {
            Cutter::Nftables => "nftables",
            Cutter::Neighbour => "neighbour entries (nft isn't installed: scripts/setup.sh does it)",
        }
    }

    pub(crate) fn place(&self, node: u16) -> Place {
        let data = SocketAddr::from((self.address(18, node), NETWORK_PORT));
        Place {
            listen: data,
            dialled: data,
            rpc: SocketAddr::from((self.address(19, node), RPC_PORT)),
            metrics: METRICS_PORT,
            namespace: Some(self.namespace(node)),
        }
    }

    pub(crate) fn cut(&self, pairs: &[Pair]) -> anyhow::Result<()> {
        self.change(pairs, true)
    }

    pub(crate) fn heal(&self, pairs: &[Pair]) -> anyhow::Result<()> {
        self.change(pairs, false)
    }

    pub(crate) fn set_link(&self, node: u16, up: bool) -> anyhow::Result<()> {
        tool("ip", &["link", "set", &self.port(node, 'd'), if up { "up" } else { "down" }]).map(drop)
    }

    fn change(&self, pairs: &[Pair], cut: bool) -> anyhow::Result<()> {
        for node in 0..self.nodes {
            let others = pairs.iter().filter_map(|(a, b)| match node {
                node if node == *a => Some(*b),
                node if node == *b => Some(*a),
                _ => None,
            });
            let others: Vec<String> = others.map(|other| self.address(18, other).to_string()).collect();
            if !others.is_empty() {
                self.change_one(node, &others, cut)?;
            }
        }
        Ok(())
    }

    fn change_one(&self, node: u16, others: &[String], cut: bool) -> anyhow::Result<()> {
        let namespace = self.namespace(node);
        if self.cutter == Cutter::Nftables {
            let verb = if cut { "add" } else { "delete" };
            return self.nft(node, &format!("{verb} element inet faults cut {{ {} }}", others.join(", ")));
        }
        for other in others {
            let entry = ["-n", &namespace, "neigh", "replace", other, "lladdr", NOWHERE, "dev", "data", "nud"];
            match cut {
                true => tool("ip", &[&entry[..], &["permanent"]].concat())?,
                false => tool("ip", &["-n", &namespace, "neigh", "del", other, "dev", "data"])?,
            };
        }
        Ok(())
    }

    fn nft(&self, node: u16, script: &str) -> anyhow::Result<()> {
        tool("nsenter", &[&format!("--net=/run/netns/{}", self.namespace(node)), "nft", script]).map(drop)
    }

    fn lay_one(&self, node: u16) -> anyhow::Result<()> {
        let namespace = self.namespace(node);
        tool("ip", &["netns", "add", &namespace])?;
        tool("ip", &["-n", &namespace, "link", "set", "lo", "up"])?;
        for (kind, name, network) in [('d', "data", 18), ('c', "ctl", 19)] {
            let (port, address) = (self.port(node, kind), format!("{}/24", self.address(network, node)));
            tool("ip", &["link", "add", &port, "type", "veth", "peer", "name", name, "netns", &namespace])?;
            tool("ip", &["link", "set", &port, "master", &self.bridge(kind), "up"])?;
            tool("ip", &["-n", &namespace, "addr", "add", &address, "dev", name])?;
            tool("ip", &["-n", &namespace, "link", "set", name, "up"])?;
        }
        if self.cutter == Cutter::Nftables {
            self.nft(node, RULES).context("nftables in a namespace")?;
        }
        Ok(())
    }

    fn namespace(&self, node: u16) -> String {
        format!("{}-{node}", self.prefix)
    }

    fn bridge(&self, kind: char) -> String {
        format!("{}{kind}b", self.prefix)
    }

    /// Our end of a node's veth pair.
    fn port(&self, node: u16, kind: char) -> String {
        format!("{}{kind}{node}", self.prefix)
    }

    fn address(&self, network: u8, node: u16) -> Ipv4Addr {
        let host = u8::try_from(10 + node).expect("a harness has few nodes");
        Ipv4Addr::new(198, network, self.subnet, host)
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        remove_all(&self.prefix);
    }
}

/// Removes namespaces and bridges of a prefix; what isn't there needs no removing.
fn remove_all(prefix: &str) {
    for namespace in namespaces().iter().filter(|name| name.starts_with(&format!("{prefix}-"))) {
        // The veth pairs go with it.
        let _ = tool("ip", &["netns", "del", namespace]);
    }
    for bridge in ["db", "cb"].map(|kind| format!("{prefix}{kind}")) {
        if Path::new("/sys/class/net").join(&bridge).exists() {
            let _ = tool("ip", &["link", "del", &bridge]);
        }
    }
}

/// Removes what a harness left that was killed.
fn remove_orphans() {
    let owner = |name: &String| name.strip_prefix(PREFIX)?.split_once('-')?.0.parse::<u32>().ok();
    let mut owners: Vec<u32> = namespaces().iter().filter_map(owner).collect();
    owners.dedup();
    for dead in owners.iter().filter(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
        remove_all(&format!("{PREFIX}{dead}"));
    }
}

fn namespaces() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/run/netns") else { return Vec::new() };
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The third byte of two subnets that no interface of ours has.
fn free_subnet() -> anyhow::Result<u8> {
    let used = tool("ip", &["-o", "-4", "addr"])?;
    let [start, ..] = std::process::id().to_le_bytes();
    let mut all = (0..=u8::MAX).map(|step| start.wrapping_add(step));
    all.find(|subnet| !used.contains(&format!(" 198.19.{subnet}."))).context("all of 198.19.0.0/16 is in use")
}
