//! The patient client: what every program that writes to the ledger has in common.
//!
//! [`Ledger`] is one validator, asked for what is final there; [`RpcLedger`] is that over JSON-RPC. A [`Ring`] is all
//! validators that a program was told of: one answers questions, f + 1 get each extrinsic. An [`Account`] keeps the
//! extrinsics of one key on their way, each sent again until it is final or provably dead. [`Pacing`] and [`Backoff`]
//! say how long to wait for what.

mod account;
mod backoff;
mod ledger;
mod ring;
mod rpc_ledger;

pub use account::{Account, EraStart, Flight, era_start};
pub use backoff::{Backoff, Pacing};
pub use ledger::{AskError, BLOCKS_MAX, Chain, ItemRefused, Ledger, LifeView, Outcome, SubmitError};
pub use ring::Ring;
pub use rpc_ledger::{RpcLedger, UrlError};
