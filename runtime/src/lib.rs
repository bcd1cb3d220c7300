//! The runtime: executes extrinsics. Deterministic, integers only, no I/O, no clock.
//!
//! It is a set of modules in one anatomy (purpose, storage, events, errors, genesis, hooks, calls, helpers, tests)
//! with indices written by hand:
//!
//! | index | module | holds |
//! |---|---|---|
//! | 0 | [`system`] | accounts and nonces, the block's own facts, remarks, the outcome of every extrinsic |
//! | 1 | [`timestamp`] | the block's time |
//! | 2 | [`registry`] | data centers, hosts, accounts and their roles, validators and observers, governance, epochs |
//! | 3 | [`chains`] | entity chains: announce, birth, append, batches, guests, late events; attestations, witnesses, notes |
//! | 4 | [`meta`] | meta-chains: where the ends of entity chains are linked |
//! | 5 | [`foundry`] | the catalog of images of which servers are born |
//! | 8 | [`directives`] | what providers ask of hosts, and what became of it |
//!
//! The way of an extrinsic: [`check()`] decodes it completely, without any state; whoever holds the chain settles its
//! signature, nonce and era; [`execute()`] runs the calls of a certified block and returns what they changed. It never
//! writes: state comes in through [`tierchain_primitives::ports::StateRead`] and goes out as a list of changes.
//!
//! What it is to clients, [`metadata`] says: made from the same types, module by module. What may be asked of a state,
//! [`mod@api`] answers.
//!
//! A call *fails* when a module says so: it stays in the block, is on record as `ExtrinsicFailed`, and changes
//! nothing but its signer's nonce. What is *invalid* never gets here. Execution panics for nothing that comes from
//! outside; where it asserts, a certified block broke a rule that every validator has checked.

pub mod api;
mod bounded;
pub mod call;
pub mod chains;
pub mod check;
pub mod directives;
pub mod dispatch;
pub mod errors;
pub mod event;
pub mod execute;
pub mod foundry;
pub mod genesis;
mod leaves;
pub mod meta;
pub mod metadata;
pub mod query;
pub mod quota;
pub mod registry;
pub mod storage;
pub mod system;
pub mod timestamp;
pub mod validity;
pub mod version;
pub mod weights;

pub use call::{Call, CallError};
pub use check::{CheckError, Checked, CheckedParts, check};
pub use dispatch::{DispatchError, DispatchInfo, ModuleError};
pub use event::{EventRecord, Phase, RuntimeEvent};
pub use execute::{BlockContext, Outcome, execute};
pub use genesis::{GenesisConfig, GenesisProblem, genesis_state};
pub use leaves::{block_hash_fact, facts_of, is_leaf};
pub use quota::{Allowance, Quota, Spent};
pub use registry::{DataCenter, Host, Role, Roles, Validator, validator_set};
pub use system::{AccountInfo, account, is_admitted};
pub use version::{RuntimeVersion, VERSIONS, runtime_version};
pub use weights::Weights;
