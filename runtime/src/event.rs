//! What execution reports: the records under `System.Events`, encoded as Substrate's.

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::H256;

use crate::{chains, meta, registry, system};

/// An event of one of the modules. The wire index is the module's.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum RuntimeEvent {
    /// An event of [`crate::system`].
    #[codec(index = 0)]
    System(system::Event),
    /// An event of [`crate::registry`].
    #[codec(index = 2)]
    Registry(registry::Event),
    /// An event of [`crate::chains`].
    #[codec(index = 3)]
    Chains(chains::Event),
    /// An event of [`crate::meta`].
    #[codec(index = 4)]
    Meta(meta::Event),
}

impl From<system::Event> for RuntimeEvent {
    fn from(event: system::Event) -> Self {
        Self::System(event)
    }
}

impl From<registry::Event> for RuntimeEvent {
    fn from(event: registry::Event) -> Self {
        Self::Registry(event)
    }
}

impl From<chains::Event> for RuntimeEvent {
    fn from(event: chains::Event) -> Self {
        Self::Chains(event)
    }
}

impl From<meta::Event> for RuntimeEvent {
    fn from(event: meta::Event) -> Self {
        Self::Meta(event)
    }
}

/// When an event happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Phase {
    /// While this extrinsic of the block was executed.
    #[codec(index = 0)]
    ApplyExtrinsic(u32),
    /// After the last extrinsic.
    #[codec(index = 1)]
    Finalization,
    /// Before the first extrinsic.
    #[codec(index = 2)]
    Initialization,
}

/// `frame_system::EventRecord`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct EventRecord {
    /// When.
    pub phase: Phase,
    /// What.
    pub event: RuntimeEvent,
    /// Not used by us.
    pub topics: Vec<H256>,
}
