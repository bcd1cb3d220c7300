//! A network that runs.

use std::process::Command;

use tierchain_primitives::H256;
use tierchain_testnet::cluster::{Cluster, Process, Shape, VALIDATORS};

use super::node::Node;
use super::until;
use super::world::World;

/// Lines of each node's log that are shown when a scenario fails.
const LOG_LINES_SHOWN: usize = 15;

/// The processes of a network. Dropped, all of them are killed.
pub(crate) struct Network {
    /// Dropped before the folder that its processes write to.
    cluster: Cluster,
    pub(crate) world: World,
}

impl Network {
    /// Four validators that have block 1 final.
    pub(crate) fn start() -> Self {
        Self::start_with_observers(0)
    }

    /// Four validators that have block 1 final, and observers.
    pub(crate) fn start_with_observers(observers: u16) -> Self {
        Self::prepare(observers).begin()
    }

    /// Four validators of a network that differs from the usual one.
    pub(crate) fn start_like(edit: impl FnOnce(&mut Shape)) -> Self {
        Self::of(World::like(edit)).begin()
    }

    fn begin(mut self) -> Self {
        for node in 0..self.world.nodes {
            self.restart(node);
        }
        self.wait_ready();
        self
    }

    /// Everything on disk, and nothing runs yet.
    pub(crate) fn prepare(observers: u16) -> Self {
        Self::of(World::new(observers))
    }

    fn of(world: World) -> Self {
        let cluster = Cluster::prepare(world.clone()).expect("vote logs can be made");
        Self { cluster, world }
    }

    /// Waits until every node that runs has block 1 final.
    pub(crate) fn wait_ready(&self) {
        for node in self.running() {
            until("each node has block 1", || node.height().filter(|height| *height >= 1));
        }
    }

    /// A node, whether it runs or not.
    pub(crate) fn node(&self, index: u16) -> Node {
        Node::at(index, &self.world.url(index))
    }

    /// The nodes that were started and not killed.
    pub(crate) fn running(&self) -> Vec<Node> {
        self.cluster.running().into_iter().map(|node| self.node(node)).collect()
    }

    /// The number of a node's process.
    pub(crate) fn pid(&self, node: u16) -> u32 {
        self.cluster.pids()[usize::from(node)].expect("it runs")
    }

    /// Starts a node that doesn't run.
    pub(crate) fn restart(&mut self, node: u16) {
        self.start_by(node, self.world.run_command(node, &self.world.spec()));
    }

    /// Starts a node by a command of the scenario's own.
    pub(crate) fn start_by(&mut self, node: u16, command: Command) {
        self.cluster.start_by(node, command).expect("it can be started");
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self, node: u16) {
        self.cluster.kill(node).expect("it runs");
    }

    /// SIGKILL of all nodes, before the first of them is waited for.
    pub(crate) fn kill_all(&mut self) {
        self.cluster.kill_all().expect("they run");
    }

    /// The process of a node, out of the network's hands.
    pub(crate) fn take(&mut self, node: u16) -> Process {
        self.cluster.take(node).expect("it runs")
    }

    /// The primary, as a node sees it.
    pub(crate) fn primary(&self) -> u16 {
        until("a node names the primary", || self.running().first()?.status()).primary
    }

    /// Waits until all nodes that run have executed the same block, at least `height`, and compares their roots.
    pub(crate) fn agree_at(&self, height: u32) -> (u32, H256) {
        let nodes = self.running();
        until("all nodes have executed the same block", || {
            let executed: Option<Vec<_>> = nodes.iter().map(|node| Some(node.status()?.executed)).collect();
            let executed = executed?;
            let first = *executed.first()?;
            if first.number < height || executed.iter().any(|other| other.number != first.number) {
                return None;
            }
            for (node, other) in nodes.iter().zip(&executed) {
                assert_eq!(other.state_root, first.state_root, "node {} after block {}", node.index, first.number);
            }
            Some((first.number, first.state_root.0))
        })
    }

    /// Compares the hash of every block up to `height` on the nodes that run.
    pub(crate) fn assert_one_chain(&self, height: u32) {
        let mut nodes = self.running().into_iter();
        let first = nodes.next().expect("some node runs").block_hashes(height);
        for node in nodes {
            assert_eq!(node.block_hashes(height), first, "node {} has another chain", node.index);
        }
    }

    fn show_logs(&self) {
        for node in 0..self.world.nodes {
            let log = std::fs::read_to_string(self.world.log_path(node)).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- node {node}, end of its log");
            lines.iter().skip(lines.len().saturating_sub(LOG_LINES_SHOWN)).for_each(|line| eprintln!("{line}"));
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.show_logs();
        }
    }
}

/// The others.
pub(crate) fn others(node: u16) -> impl Iterator<Item = u16> {
    (0..VALIDATORS).filter(move |other| *other != node)
}
