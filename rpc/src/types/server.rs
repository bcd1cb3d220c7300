//! A server's chain as the ledger's state has it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{self, EndReason, ServerId, ServerState, TrackerCustody, Uuid};

use super::{Address, AnchorInfo, Hash, Named, Resources, Server, Statement, U64};

/// Whose a server is: 32-byte ids, names stand on the screen only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ownership {
    /// The service provider.
    pub provider: Hash,
    /// The tenant.
    pub tenant: Hash,
    /// The network service.
    pub service: Hash,
}

impl From<ledger::Ownership> for Ownership {
    fn from(ownership: ledger::Ownership) -> Self {
        Self { provider: Hash(ownership.provider), tenant: Hash(ownership.tenant), service: Hash(ownership.service) }
    }
}

/// How far a chain's life has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ServerStatus {
    /// Announced by its hypervisor, not born yet: it has no block.
    Announced,
    /// Born and not ended.
    Living,
    /// Sealed for ever.
    Ended,
}

/// A writer and the number that the server's next event by it must carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WriterNext {
    /// The writer.
    pub account: Address,
    /// Its next number.
    pub next: U64,
}

/// Answer of `chains_get`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ServerInfo {
    /// The server and which of its lives.
    pub server: Server,
    /// The chain's name.
    pub chain: Hash,
    /// The server's state; null before its birth.
    pub state: Option<Named<ServerState>>,
    /// How far its life has come.
    pub status: ServerStatus,
    /// How many blocks its chain has.
    pub blocks: u32,
    /// Hash of its newest block; null before its birth.
    pub head: Option<Hash>,
    /// Hash of its birth block.
    pub birth_hash: Option<Hash>,
    /// When it was born, in microseconds.
    pub born: Option<U64>,
    /// When it ended, in microseconds.
    pub ended: Option<U64>,
    /// Why it ended.
    pub reason: Option<Named<EndReason>>,
    /// Hash of its end block, which seals it.
    pub end_hash: Option<Hash>,
    /// How many late events were noted beside the sealed chain.
    pub late: U64,
    /// Whether its meta-chain records its end.
    pub anchored: bool,
    /// What it is given, where known.
    pub resources: Option<Resources>,
    /// Whose it is.
    pub ownership: Ownership,
    /// The host that runs it.
    pub host: Hash,
    /// Who holds its tracker's key.
    pub tracker: Named<TrackerCustody>,
    /// The hypervisors of its hosts, and whoever else has written to it (its tracker, foundries, hypervisors of hosts that
    /// it has left), with the next number of each. `chains_list` leaves out those that came in between.
    pub writers: Vec<WriterNext>,
    /// How many lives its server has had.
    pub generations: u32,
    /// Since when it is in its state, in microseconds; null before its birth.
    pub state_since: Option<U64>,
    /// The host it is moving to.
    pub moving_to: Option<Hash>,
    /// The last sign of life in microseconds, where its host is silent and a foundry said so.
    pub suspected: Option<U64>,
    /// Its tracker's public key.
    pub tracker_key: Address,
    /// How many notes stand beside its chain.
    pub notes: u32,
    /// What a witness says, where that differs from the chain.
    pub witnessed: Option<Statement>,
    /// Where its end is linked.
    pub anchor: Option<AnchorInfo>,
}

/// How a client names a chain: `0x…` (the chain's own name), a UUID (its newest life), `UUID/generation`, or an object
/// with uuid and generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChainRef {
    /// By its own name.
    Chain(H256),
    /// By its server, newest life.
    Newest(Uuid),
    /// By its server and which of its lives.
    Server(ServerId),
}

impl From<ServerId> for ChainRef {
    fn from(server: ServerId) -> Self {
        Self::Server(server)
    }
}

impl core::fmt::Display for ChainRef {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Chain(chain) => chain.fmt(f),
            Self::Newest(uuid) => uuid.fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

/// Text that names no chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("names no chain: expected 0x and 64 hexadecimal digits, a UUID, or UUID/generation")]
pub struct ParseChainError;

impl core::str::FromStr for ChainRef {
    type Err = ParseChainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(chain) = text.parse() {
            return Ok(Self::Chain(chain));
        }
        match text.split_once('/') {
            None => text.parse().map(Self::Newest).map_err(|_| ParseChainError),
            Some((uuid, generation)) => {
                let uuid = uuid.parse().map_err(|_| ParseChainError)?;
                let generation = generation.parse().map_err(|_| ParseChainError)?;
                Ok(Self::Server(ServerId { uuid, generation }))
            }
        }
    }
}

impl Serialize for ChainRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChainRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Object(Server),
        }
        match Form::deserialize(deserializer)? {
            Form::Text(text) => text.parse().map_err(D::Error::custom),
            Form::Object(server) => Ok(Self::Server(server.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_named_in_four_ways() {
        let uuid = "01234567-89ab-cdef-0123-456789abcdef";
        let check = |json: String, expected: ChainRef| {
            assert_eq!(serde_json::from_str::<ChainRef>(&json).expect("a name"), expected);
        };
        let server = ServerId { uuid: uuid.parse().expect("a UUID"), generation: 3 };
        check(format!("\"0x{}\"", "11".repeat(32)), ChainRef::Chain(H256([0x11; 32])));
        check(format!("\"{uuid}\""), ChainRef::Newest(server.uuid));
        check(format!("\"{uuid}/3\""), ChainRef::Server(server));
        check(format!(r#"{{"uuid":"{uuid}","generation":3}}"#), ChainRef::Server(server));
        for wrong in ["\"\"", "\"0x12\"", "7", "\"01234567-89ab-cdef-0123-456789abcdef/x\""] {
            assert!(serde_json::from_str::<ChainRef>(wrong).is_err(), "{wrong}");
        }
    }
}
