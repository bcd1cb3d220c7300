//! What stands beside a server's chain: its announcement, notes, statements, and what its host attested.

use serde::{Deserialize, Serialize};
use tierchain_primitives::ledger::ServerState;

use super::{Address, Announcement, Hash, Named, Server, U64, U128};

/// Answer of `chains_announcement`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementInfo {
    /// Who announced it, as long as it waits for its birth.
    pub by: Option<Address>,
    /// Whether the birth has come: the announcement then stands in block 0 of the chain.
    pub born: bool,
    /// What was announced.
    pub announcement: Announcement,
}

/// What a witness says of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Statement {
    /// Who says so.
    pub by: Address,
    /// The state it is in.
    pub state: Named<ServerState>,
    /// Since when, in microseconds.
    pub since: U64,
    /// SHA-256 of what that is known by.
    pub evidence: Hash,
    /// Time of the block that took the statement, in milliseconds.
    pub noted: U64,
}

/// What a host's living servers were promised together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Committed {
    /// Virtual CPUs.
    pub vcpus: U128,
    /// Memory in MiB.
    pub memory_mib: U128,
}

/// A note beside a chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoteInfo {
    /// From 0 without gaps, per life.
    pub number: u32,
    /// Time of the block that took it, in milliseconds.
    pub at: U64,
    /// Number of that block.
    pub block: u32,
    /// Who had it noted; null for what the ledger noted by itself.
    pub by: Option<Address>,
    /// What it says.
    pub content: NoteContent,
}

/// What a note says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum NoteContent {
    /// The witness sees the server in another state than its hypervisor, or since another time.
    StateDisagrees {
        /// What the witness says.
        said: Statement,
        /// What the chain says.
        state: Named<ServerState>,
        /// Since when, by the chain, in microseconds.
        since: U64,
    },
    /// The server left a host and arrived nowhere.
    MoveUnfinished {
        /// The host that it left.
        from: Hash,
        /// The host that it was to reach.
        to: Hash,
        /// Time of the block that took its departure, in milliseconds.
        noted: U64,
    },
    /// Its host has promised more than it may.
    CapacityExceeded {
        /// The host.
        host: Hash,
        /// What its living servers were promised together.
        committed: Committed,
        /// What it may promise.
        limit: Committed,
    },
    /// A discrepancy is settled.
    Resolution {
        /// The note that it settles.
        of: u32,
        /// Who was right: ledger, witness, agreed.
        verdict: String,
        /// SHA-256 of what that is known by.
        evidence: Hash,
    },
}

/// A life with open discrepancies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dispute {
    /// The server and which of its lives.
    pub server: Server,
    /// Its open discrepancies.
    pub open: Vec<OpenDiscrepancy>,
}

/// A discrepancy that nobody settled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OpenDiscrepancy {
    /// stateDisagrees, moveUnfinished or capacityExceeded.
    pub kind: String,
    /// The note that says so.
    pub note: u32,
}

/// Answer of `chains_attestation`: when a host was watched.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AttestationInfo {
    /// The host.
    pub host: Hash,
    /// When it was watched first, in microseconds.
    pub from: U64,
    /// Up to when it was watched but for the gaps, in microseconds.
    pub until: U64,
    /// Time of the block that took the newest attestation, in milliseconds.
    pub noted: U64,
    /// How many gaps there are.
    pub gap_count: u32,
    /// Those that were asked for, in order.
    pub gaps: Vec<Gap>,
}

/// A time for which nobody says that the host was watched, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gap {
    /// Its begin.
    pub from: U64,
    /// Its end.
    pub to: U64,
}

/// Where an ended chain is linked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnchorInfo {
    /// Who had it linked.
    pub by: Address,
    /// The meta-chain.
    pub meta: Hash,
    /// The meta block's number.
    pub number: u32,
    /// The meta block's hash.
    pub hash: Hash,
}
