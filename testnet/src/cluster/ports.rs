//! Ports that nobody uses: RPC on P + i, libp2p on P + 100 + i, metrics on P + 200 + i, as `testnet.sh` has them; and
//! forwarders on P + 150 + i.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context, ensure};

use super::world::Place;

/// Below the range from which the system gives ports to clients.
const LOWEST: u16 = 12_000;
const HIGHEST: u16 = 31_000;

/// The ports of a network on loopback.
#[derive(Clone, Copy, Debug)]
pub struct Ports(u16);

impl Ports {
    /// A range in which all ports of so many nodes can be bound now. Two processes begin to look at different places.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(nodes: u16) -> anyhow::Result<Self> {
        let start = std::process::id() % u32::from((HIGHEST - LOWEST) / 300);
        let start = u16::try_from(start).expect("a remainder below a u16") * 300;
        let bases = (0..HIGHEST - LOWEST).step_by(300);
        let mut bases = bases.map(|step| LOWEST + (start + step) % (HIGHEST - LOWEST));
        Ok(Self(bases.find(|base| is_free(*base, nodes)).context("no range of ports is free")?))
    }

    /// The range from a port on.
    ///
    /// # Errors
    /// When a port of so many nodes is in use.
    pub fn from(base: u16, nodes: u16) -> anyhow::Result<Self> {
        ensure!(base <= u16::MAX - 300, "--base-port {base} leaves no room for 300 ports");
        ensure!(is_free(base, nodes), "a port of {base} to {} is in use: take another --base-port", base + 299);
        Ok(Self(base))
    }

    /// Where a node answers JSON-RPC.
    #[must_use]
    pub fn rpc(self, node: u16) -> u16 {
        self.0 + node
    }

    /// Where a node listens for others.
    #[must_use]
    pub fn network(self, node: u16) -> u16 {
        self.0 + 100 + node
    }

    /// Where a node answers Prometheus.
    #[must_use]
    pub fn metrics(self, node: u16) -> u16 {
        self.0 + 200 + node
    }

    /// Where a forwarder takes what is meant for a node.
    #[must_use]
    pub fn forwarder(self, node: u16) -> u16 {
        self.0 + 150 + node
    }

    /// The place of a node on loopback.
    #[must_use]
    pub fn place(self, node: u16) -> Place {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Place {
            listen: at(self.network(node)),
            dialled: at(self.network(node)),
            rpc: at(self.rpc(node)),
            metrics: self.metrics(node),
            namespace: None,
        }
    }
}

fn is_free(base: u16, nodes: u16) -> bool {
    let mut ports = (0..nodes).flat_map(|node| [base + node, base + 100 + node, base + 200 + node]);
    ports.all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
}
