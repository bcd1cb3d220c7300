//! Lists in pages: a page says where the next one begins.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use tierchain_primitives::ledger::{ServerId, ServerState};

use super::server::ChainRef;
use super::{Hash, Named, ServerStatus};

/// A page of a list. A page may hold fewer items than asked for and still have a next one: a filter looks at a bounded
/// number of records per call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Page<T, C> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor for the next page; null after the last.
    pub next: Option<C>,
}

/// The cursor of `chains_list`, `UUID/generation`: the next page begins after that chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerCursor(pub ServerId);

impl Serialize for ServerCursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ServerCursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match ChainRef::deserialize(deserializer)? {
            ChainRef::Server(server) => Ok(Self(server)),
            ChainRef::Chain(_) | ChainRef::Newest(_) => {
                Err(D::Error::custom("not a cursor: give `next` of the page before, or null for the first page"))
            }
        }
    }
}

/// Which servers `chains_list` gives: those that match everything that is said. Unknown fields are refused, so that a
/// mistyped one doesn't match everything.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ServerFilter {
    /// With this status.
    pub status: Option<ServerStatus>,
    /// In this state.
    pub state: Option<Named<ServerState>>,
    /// On this host.
    pub host: Option<Hash>,
    /// Of this provider.
    pub provider: Option<Hash>,
    /// Of this tenant.
    pub tenant: Option<Hash>,
    /// Of this network service.
    pub service: Option<Hash>,
    /// Recorded on their meta-chain, or not yet.
    pub anchored: Option<bool>,
}

impl ServerFilter {
    /// Whether a server matches.
    #[must_use]
    pub fn matches(&self, server: &super::ServerInfo) -> bool {
        fn agrees<T: PartialEq>(wanted: Option<&T>, found: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == found)
        }
        agrees(self.status.as_ref(), &server.status)
            && (self.state.is_none() || self.state == server.state)
            && agrees(self.host.as_ref(), &server.host)
            && agrees(self.provider.as_ref(), &server.ownership.provider)
            && agrees(self.tenant.as_ref(), &server.ownership.tenant)
            && agrees(self.service.as_ref(), &server.ownership.service)
            && agrees(self.anchored.as_ref(), &server.anchored)
    }
}

/// Which meta-chains `meta_list` gives: those that match everything that is said. Unknown fields are refused.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MetaFilter {
    /// Of this provider.
    pub provider: Option<Hash>,
    /// Of this tenant.
    pub tenant: Option<Hash>,
}

impl MetaFilter {
    /// Whether a meta-chain matches.
    #[must_use]
    pub fn matches(&self, chain: &super::MetaChain) -> bool {
        self.provider.is_none_or(|wanted| wanted == chain.ownership.provider)
            && self.tenant.is_none_or(|wanted| wanted == chain.ownership.tenant)
    }
}
