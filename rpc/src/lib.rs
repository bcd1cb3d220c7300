//! JSON-RPC: what a node answers to people and programs, and the clients to ask it.
//!
//! - [`api`]: one trait per namespace, from which server and client are generated. Names and shapes of `chain_*`,
//!   `author_*`, `state_*` and `system_*` are Substrate's, so that its clients work unmodified; `chains_*`, `meta_*`
//!   and `consensus_*` are ours.
//! - [`types`]: everything that travels as JSON, for both sides.
//! - [`backend`]: what the server asks of the node behind it. This crate knows no storage, no consensus, no pool.
//! - [`server`]: HTTP and WebSocket on one port, bounded in everything.
//! - [`client`]: connect by URL.
//! - [`foundry_service`]: what foundries answer, which are no nodes.
//! - [`Watchers`]: a helper for backends that follow extrinsics.
//!
//! Invariants:
//! - Nobody hears of a block before its state can be read.
//! - A connection hears of each block as `chain_allHead`, then `chain_newHead`, then `chain_finalizedHead`, and no
//!   block is left out however slowly it reads.
//! - What is unknown is null; what is wrong is an error that says what, who and the remedy ([`error::code`],
//!   [`SubmitError`]).
//! - Nothing that may touch the disk runs on the async reactor.

mod answer;
pub mod api;
pub mod backend;
pub mod client;
pub mod error;
mod feeds;
mod follow;
pub mod foundry_service;
mod heads;
pub mod limits;
mod openrpc;
mod pem;
pub mod server;
mod storage_watch;
mod submit_error;
pub mod types;
mod watchers;

pub use server::{
    Meter, Origins, ServerConfig, ServerError, ServerHandle, SmallService, TlsFiles, check_address, start,
};
pub use submit_error::SubmitError;
pub use watchers::Watchers;
