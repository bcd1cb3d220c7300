//! Ports that nobody uses: RPC on P + i, libp2p on P + 100 + i, metrics on P + 200 + i, as `testnet.sh` has them.

use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which the system gives ports to clients.
const LOWEST: u16 = 12_000;
const HIGHEST: u16 = 31_000;

/// The ports of a network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports(u16);

impl Ports {
    /// A range in which all ports of so many nodes can be bound now. Two test processes begin to look at different
    /// places.
    pub(crate) fn find(nodes: u16) -> Self {
        let start = std::process::id() % u32::from((HIGHEST - LOWEST) / 300);
        let start = u16::try_from(start).expect("a remainder below a u16") * 300;
        let bases = (0..HIGHEST - LOWEST).step_by(300);
        let mut bases = bases.map(|step| LOWEST + (start + step) % (HIGHEST - LOWEST));
        Self(bases.find(|base| is_free(*base, nodes)).expect("some range of ports is free"))
    }

    /// Where a node answers JSON-RPC.
    pub(crate) fn rpc(self, node: u16) -> u16 {
        self.0 + node
    }

    /// Where a node listens for others.
    pub(crate) fn network(self, node: u16) -> u16 {
        self.0 + 100 + node
    }

    /// Where a node answers Prometheus.
    pub(crate) fn metrics(self, node: u16) -> u16 {
        self.0 + 200 + node
    }
}

fn is_free(base: u16, nodes: u16) -> bool {
    let mut ports = (0..nodes).flat_map(|node| [base + node, base + 100 + node, base + 200 + node]);
    ports.all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
}
