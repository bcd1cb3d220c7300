//! What is asked for: an action, the host that is to do it, and until when.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{Etsi, Ownership, Relations, Resources, ServerId, Uuid};
use tierchain_primitives::numbers::Millis;

/// An order to a host.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct Directive {
    /// The issuer's own name for it: the same one twice is the same directive, or an error.
    pub reference: H256,
    /// The host that is to do it, by its 32-byte id.
    pub host: H256,
    /// What to do.
    pub action: Action,
    /// The block time up to which it may be accepted, in milliseconds since the Unix epoch.
    pub deadline: Millis,
}

/// What a host is to do.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
#[expect(clippy::large_enum_variant, reason = "no list of directives is long enough to mind")]
pub enum Action {
    /// Start a server's next life: announce it, run it, have it born.
    #[codec(index = 0)]
    Create(Order),
    /// End a server's life.
    #[codec(index = 1)]
    Destroy {
        /// Which.
        server: ServerId,
    },
    /// Stop its vCPUs and hold its memory.
    #[codec(index = 2)]
    Pause {
        /// Which.
        server: ServerId,
    },
    /// Let its vCPUs run again.
    #[codec(index = 3)]
    Resume {
        /// Which.
        server: ServerId,
    },
    /// Move it to another host while it runs.
    #[codec(index = 4)]
    Migrate {
        /// Which.
        server: ServerId,
        /// Where to.
        to: H256,
    },
}

/// What a server is to be.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct Order {
    /// The server. Its next life is started, whichever that is when the host does it.
    pub uuid: Uuid,
    /// SHA-256 of the image it starts from.
    pub image: H256,
    /// What it is given, where the provider says so.
    pub resources: Option<Resources>,
    /// Whose it is.
    pub ownership: Ownership,
    /// The identifiers of the orchestration it is part of.
    pub etsi: Etsi,
    /// The lives it comes from, beside its own earlier ones.
    pub relations: Relations,
}

impl Action {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Destroy { .. } => "destroy",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Migrate { .. } => "migrate",
        }
    }

    /// The life it is done to; none for one that is only ordered.
    #[must_use]
    pub fn server(&self) -> Option<ServerId> {
        match self {
            Self::Create(_) => None,
            Self::Destroy { server }
            | Self::Pause { server }
            | Self::Resume { server }
            | Self::Migrate { server, .. } => Some(*server),
        }
    }
}
