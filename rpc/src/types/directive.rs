//! Directives: what providers ask of hosts, and what became of it.

use serde::{Deserialize, Serialize};

use super::{Address, Bytes, Cursor, DeclaredRelation, Etsi, Hash, Ownership, Resources, Server, ServerUuid, U64};

/// A directive and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DirectiveInfo {
    /// Its number.
    pub id: U64,
    /// The issuer's own name for it.
    pub reference: Hash,
    /// The host that is to do it.
    pub host: Hash,
    /// What to do.
    pub action: DirectiveAction,
    /// The block time in milliseconds up to which it may be accepted.
    pub deadline: U64,
    /// Who asked.
    pub issuer: Address,
    /// The block in which that was.
    pub issued_in: u32,
    /// What became of it.
    pub status: DirectiveStatus,
    /// Why its host couldn't do it: unsupported, no-capacity, no-image, no-such-server, refused, broken.
    pub reason: Option<String>,
    /// The server it is done to; of one that is to be created, as soon as its host says so.
    pub server: Option<Server>,
    /// The block in which the status became what it is.
    pub changed_in: u32,
    /// SHA-256 of what the host has to say about the outcome.
    pub evidence: Option<Hash>,
    /// The whole record in SCALE.
    pub encoded: Bytes,
}

/// What a host is to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "no list of directives is long enough to mind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DirectiveAction {
    /// Start a server's next life.
    Create {
        /// The server.
        uuid: ServerUuid,
        /// SHA-256 of the image it starts from.
        image: Hash,
        /// What it is given, where the provider says so.
        resources: Option<Resources>,
        /// Whose it is.
        ownership: Ownership,
        /// The identifiers of the orchestration.
        etsi: Etsi,
        /// The lives it comes from, beside its own earlier ones.
        relations: Vec<DeclaredRelation>,
    },
    /// End a server's life.
    Destroy {
        /// Which.
        server: Server,
    },
    /// Stop its vCPUs.
    Pause {
        /// Which.
        server: Server,
    },
    /// Let its vCPUs run again.
    Resume {
        /// Which.
        server: Server,
    },
    /// Move it to another host while it runs.
    Migrate {
        /// Which.
        server: Server,
        /// Where to.
        to: Hash,
    },
}

impl DirectiveAction {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Destroy { .. } => "destroy",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Migrate { .. } => "migrate",
        }
    }
}

/// What became of a directive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum DirectiveStatus {
    /// It waits for its host.
    Issued,
    /// Its host is going to do it.
    Accepted,
    /// Its host did it.
    Done,
    /// Its host couldn't do it.
    Failed,
    /// Its provider called it off.
    Cancelled,
    /// Its time was over.
    Expired,
}

impl DirectiveStatus {
    /// All, in the order in which they are reached.
    pub const ALL: [Self; 6] = [Self::Issued, Self::Accepted, Self::Done, Self::Failed, Self::Cancelled, Self::Expired];

    /// Whether the host may still have something to do about it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Issued | Self::Accepted)
    }

    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// Which directives `directives_list` gives: those that match everything that is said. Unknown fields are refused.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DirectiveFilter {
    /// To this host.
    pub host: Option<Hash>,
    /// By this account.
    pub issuer: Option<Address>,
    /// With this status.
    pub status: Option<DirectiveStatus>,
}

impl DirectiveFilter {
    /// Whether a directive matches.
    #[must_use]
    pub fn matches(&self, found: &DirectiveInfo) -> bool {
        self.host.is_none_or(|host| host == found.host)
            && self.issuer.is_none_or(|issuer| issuer == found.issuer)
            && self.status.is_none_or(|status| status == found.status)
    }
}

/// An item of `directives_subscribe`: a step of a directive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DirectiveStep {
    /// Where to go on after this step.
    pub cursor: Cursor,
    /// The block in which it was made.
    pub block: u32,
    /// What became of the directive.
    pub change: DirectiveStatus,
    /// The directive as this step left it. `encoded` is its record by now.
    pub directive: DirectiveInfo,
}
