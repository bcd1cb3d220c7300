//! What execution reports: the records under `System.Events`, encoded as Substrate's.

use parity_scale_codec::{Decode, Encode};
use scale_info::build::Fields;
use scale_info::{Path, Type, TypeInfo, TypeParameter, meta_type};
use tierchain_primitives::H256;

use crate::{chains, directives, foundry, meta, registry, system};

/// An event of one of the modules. The wire index is the module's.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
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
    /// An event of [`crate::foundry`].
    #[codec(index = 5)]
    Foundry(foundry::Event),
    /// An event of [`crate::directives`].
    #[codec(index = 8)]
    Directives(directives::Event),
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

impl From<foundry::Event> for RuntimeEvent {
    fn from(event: foundry::Event) -> Self {
        Self::Foundry(event)
    }
}

impl From<directives::Event> for RuntimeEvent {
    fn from(event: directives::Event) -> Self {
        Self::Directives(event)
    }
}

/// When an event happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
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

impl TypeInfo for EventRecord {
    type Identity = Self;

    /// Substrate's record is generic over the event and the topics, and clients know it as such.
    fn type_info() -> Type {
        let parameter = |name, ty| TypeParameter::new(name, Some(ty));
        let fields = Fields::named()
            .field(|field| field.ty::<Phase>().name("phase").type_name("Phase"))
            .field(|field| field.ty::<RuntimeEvent>().name("event").type_name("E"))
            .field(|field| field.ty::<Vec<H256>>().name("topics").type_name("Vec<T>"));
        Type::builder()
            .path(Path::new("EventRecord", "frame_system"))
            .type_params([parameter("E", meta_type::<RuntimeEvent>()), parameter("T", meta_type::<H256>())])
            .composite(fields)
    }
}
