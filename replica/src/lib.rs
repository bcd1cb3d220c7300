//! The replica: ordering ([`tierchain_consensus`]), execution ([`tierchain_runtime`]), mempool and catch-up as one
//! value.
//!
//! It has no I/O, no async, no clock. The node gives it a real body (libp2p, RocksDB, tokio, jsonrpsee), the simulator
//! a dream body (seeded network, disk and clock): what is tested is what ships.
//!
//! ```text
//! event -> decode within limits -> verify -> Replica::step(now, input) -> Staged
//!       -> Staged::persist(log) -> Durable -> publish, arm timers, answer callers -> next event
//! ```
//!
//! Executing a certified block is an effect too ([`Effect::Execute`] out, [`Input::Executed`] in), so that it delays a
//! vote only when it falls a whole window behind. Only certified blocks are executed: nothing is ever rolled back.

pub mod accounts;
pub mod body;
pub mod bundles;
mod catch_up;
pub mod chain;
pub mod checks;
mod clock;
mod effect;
mod epochs;
pub mod evidence;
pub mod executor;
#[cfg(test)]
mod fixture;
mod foreign;
mod gathering;
pub mod genesis;
pub mod inbound;
mod input;
pub mod log;
pub mod pool;
mod proposer;
mod record;
pub mod rejoin;
mod replica;
pub mod snapshot;
pub mod spending;
mod staged;
pub mod wire;

pub use accounts::LedgerRead;
pub use clock::Clock;
pub use effect::{DropReason, Effect, ExecuteJob, Recipients};
pub use epochs::{all_epochs, epochs_of};
pub use foreign::{Foreign, foreign};
pub use input::{Entry, Executed, Input, Member, OpenBundle, Ticket, Verdict};
pub use pool::Refusal;
pub use proposer::Pace;
pub use record::Record;
pub use replica::{Abstains, Ports, Recovered, Replica, Settings, Status, Voter};
pub use staged::{Durable, Log, Staged};
