//! One trait per namespace: each conversation on a page, from which both server and client are generated.
//!
//! The client of a namespace is a trait that every jsonrpsee client (and [`crate::client::Client`]) has once it is in
//! scope: `ChainApiClient`, `AuthorApiClient`, `StateApiClient`, `SystemApiClient`, `ChainsApiClient`, `MetaApiClient`,
//! `ConsensusApiClient`, `RegistryApiClient`, `DirectivesApiClient`, `FoundryApiClient`, `RpcApiClient`; and `AdminApiClient` on the administration's listener.

mod admin;
mod author;
mod chain;
mod chains;
mod consensus;
mod directives;
mod discover;
mod foundry;
mod meta;
mod registry;
mod rpc;
mod state;
mod system;

pub use self::admin::{AdminApiClient, AdminApiServer};
pub use self::author::{AuthorApiClient, AuthorApiServer};
pub use self::chain::{ChainApiClient, ChainApiServer};
pub use self::chains::{ChainsApiClient, ChainsApiServer};
pub use self::consensus::{ConsensusApiClient, ConsensusApiServer};
pub use self::directives::{DirectivesApiClient, DirectivesApiServer};
pub use self::discover::{DiscoverApiClient, DiscoverApiServer};
pub use self::foundry::{FoundryApiClient, FoundryApiServer};
pub use self::meta::{MetaApiClient, MetaApiServer};
pub use self::registry::{RegistryApiClient, RegistryApiServer};
pub use self::rpc::{RpcApiClient, RpcApiServer};
pub use self::state::{StateApiClient, StateApiServer};
pub use self::system::{SystemApiClient, SystemApiServer};
