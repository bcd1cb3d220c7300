//! Real faults on real processes, and what they cost: each scenario starts four validators, puts load on them, breaks
//! something, and reports how long nothing was final. Whatever the fault, it audits the same: no validator contradicts
//! itself, nothing that was reported final is lost, no two nodes differ, nobody is stuck.

mod audit;
mod ballots;
mod disk;
mod report;
mod scenarios;
mod stage;
mod traffic;
mod watch;
mod wires;

use std::path::PathBuf;
use std::time::Duration;

pub use report::{Figure, Report};
pub use scenarios::{all_down, clock, failover, flap, full_disk, one_dead, partition, pause, soak};
pub use traffic::Intensity;
pub use wires::Kind;

/// Accounts of the light load with which latency is measured, admitted beside those of the load that lasts.
const LIGHT_ACCOUNTS: u32 = 4;

/// Seed of their keys.
const LIGHT_SEED: u64 = 0x006c_6967_6874;

/// What all scenarios share.
#[derive(Clone, Debug)]
pub struct Options {
    /// What lies between the nodes.
    pub wires: Kind,
    /// First of 300 ports; none to find free ones.
    pub base_port: Option<u16>,
    /// Where the network keeps its things; none for a temporary folder.
    pub dir: Option<PathBuf>,
    /// The load.
    pub intensity: Intensity,
    /// Seed of whatever is chosen at random.
    pub seed: u64,
    /// How long everything takes between two nodes, with forwarders.
    pub delay: Duration,
    /// No lines of progress.
    pub quiet: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wires: Kind::Loopback,
            base_port: None,
            dir: None,
            intensity: Intensity { accounts: 8, pause_ms: 10, remark_bytes: 32 },
            seed: 1,
            delay: Duration::ZERO,
            quiet: false,
        }
    }
}
