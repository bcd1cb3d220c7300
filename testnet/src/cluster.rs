//! Networks of real processes on this machine: folders, keys, ports, and processes that end with their owner.
//!
//! Tests and fault scenarios start networks by it. Nothing here knows what a node says; that is asked over JSON-RPC.

mod binaries;
mod command;
mod keys;
mod ports;
mod process;
mod world;

use std::process::Command;

use anyhow::{Context, ensure};

pub use binaries::binary;
pub use command::{Finished, finish, tool};
pub use keys::{key, public_key, write_key};
pub use ports::Ports;
pub use process::{Process, signal};
pub use world::{Bounds, Place, Shape, VALIDATORS, World};

/// The processes of a network. Dropped, all of them are killed.
#[derive(Debug)]
pub struct Cluster {
    /// Its folder and places.
    pub world: World,
    processes: Vec<Option<Process>>,
}

impl Cluster {
    /// Makes the vote log of every validator; nothing runs yet.
    ///
    /// # Errors
    /// When a vote log can't be made.
    pub fn prepare(world: World) -> anyhow::Result<Self> {
        world.init()?;
        let processes = (0..world.nodes()).map(|_| None).collect();
        Ok(Self { world, processes })
    }

    /// Starts a node that doesn't run.
    ///
    /// # Errors
    /// When it runs already, or can't be started.
    pub fn start(&mut self, node: u16) -> anyhow::Result<()> {
        let command = self.world.run_command(node, &self.world.spec());
        self.start_by(node, command)
    }

    /// Starts a node by a command of the caller's own.
    ///
    /// # Errors
    /// When it runs already, or can't be started.
    pub fn start_by(&mut self, node: u16, mut command: Command) -> anyhow::Result<()> {
        let log = self.world.log_path(node);
        let place = self.processes.get_mut(usize::from(node)).with_context(|| format!("there is no node {node}"))?;
        ensure!(place.is_none(), "node {node} runs already");
        *place = Some(Process::start(&mut command, &log, &log)?);
        Ok(())
    }

    /// SIGKILL; comes back when the process is gone.
    ///
    /// # Errors
    /// When the node doesn't run.
    pub fn kill(&mut self, node: u16) -> anyhow::Result<()> {
        self.take(node)?.kill();
        Ok(())
    }

    /// SIGKILL of all nodes, sent to all before the first of them is waited for.
    ///
    /// # Errors
    /// When a signal can't be sent.
    pub fn kill_all(&mut self) -> anyhow::Result<()> {
        let pids: Vec<u32> = self.processes.iter().flatten().map(Process::pid).collect();
        signal("-KILL", &pids)?;
        self.processes.iter_mut().for_each(|place| *place = None);
        Ok(())
    }

    /// The process of a node, out of the network's hands.
    ///
    /// # Errors
    /// When the node doesn't run.
    pub fn take(&mut self, node: u16) -> anyhow::Result<Process> {
        let place = self.processes.get_mut(usize::from(node)).and_then(Option::take);
        place.with_context(|| format!("node {node} doesn't run"))
    }

    /// The process of a node that was started and not killed.
    pub fn process(&mut self, node: u16) -> Option<&mut Process> {
        self.processes.get_mut(usize::from(node))?.as_mut()
    }

    /// The nodes that were started and not killed.
    #[must_use]
    pub fn running(&self) -> Vec<u16> {
        (0..self.world.nodes()).filter(|node| self.processes[usize::from(*node)].is_some()).collect()
    }

    /// Process numbers by node; none where nothing runs.
    #[must_use]
    pub fn pids(&self) -> Vec<Option<u32>> {
        self.processes.iter().map(|place| place.as_ref().map(Process::pid)).collect()
    }
}
