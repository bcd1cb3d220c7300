//! What [`crate::chains`] reports.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::ledger::{EndReason, ServerId, ServerState};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{AccountId, H256};

use super::notes::{DiscrepancyKind, Verdict};
use crate::dispatch::ModuleError;

/// What this module reports.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Event {
    /// A server is announced.
    #[codec(index = 0)]
    Announced {
        /// Which.
        server: ServerId,
        /// The host that will run it.
        host: H256,
    },
    /// A server is born: block 0 of its chain.
    #[codec(index = 1)]
    Born {
        /// Which.
        server: ServerId,
        /// Its chain.
        chain: H256,
        /// The block's hash.
        hash: H256,
    },
    /// A chain has another block.
    #[codec(index = 2)]
    BlockMade {
        /// Whose.
        server: ServerId,
        /// Its chain.
        chain: H256,
        /// The block's number.
        number: u32,
        /// The block's hash.
        hash: H256,
        /// The state it is in after the block.
        state: ServerState,
    },
    /// A chain has its last block.
    #[codec(index = 3)]
    Ended {
        /// Whose.
        server: ServerId,
        /// Its chain.
        chain: H256,
        /// The block's number.
        number: u32,
        /// The block's hash, which seals the chain.
        hash: H256,
        /// Why.
        reason: EndReason,
    },
    /// An event of a batch was refused; the others don't mind.
    #[codec(index = 4)]
    ItemRefused {
        /// Its place in the batch, from 0.
        index: u32,
        /// Why.
        error: ModuleError,
        /// The writer's next number for that server.
        expected: u64,
    },
    /// An event of a server that had ended was counted.
    #[codec(index = 5)]
    LateEventNoted {
        /// Whose.
        server: ServerId,
        /// How many that are now.
        late: u32,
    },
    /// What was sent is on the ledger already: nothing changed.
    #[codec(index = 6)]
    RepeatIgnored {
        /// Whose.
        server: ServerId,
        /// The writer's number; none for an announcement or a birth.
        number: Option<u64>,
        /// The block of the server's chain that it made then, where it made one and that is still known.
        block: Option<u32>,
    },
    /// A host was watched without a break up to this time.
    #[codec(index = 7)]
    Attested {
        /// Which.
        host: H256,
        /// Up to when.
        until: Micros,
    },
    /// For this time nobody says that the host was watched.
    #[codec(index = 8)]
    GapNoted {
        /// Which.
        host: H256,
        /// The gap's number.
        gap: u32,
        /// Its begin.
        from: Micros,
        /// Its end.
        to: Micros,
    },
    /// What was attested is attested already: nothing changed.
    #[codec(index = 9)]
    AttestationRepeated {
        /// Which host.
        host: H256,
        /// Up to when.
        until: Micros,
    },
    /// A witness says something else than the chain.
    #[codec(index = 10)]
    Witnessed {
        /// Of which server.
        server: ServerId,
        /// Who.
        by: AccountId,
        /// In which state the witness sees it.
        state: ServerState,
        /// Since when.
        since: Micros,
    },
    /// A witness says what the chain says.
    #[codec(index = 11)]
    WitnessAgreed {
        /// Of which server.
        server: ServerId,
        /// Who.
        by: AccountId,
    },
    /// A discrepancy is noted beside a chain.
    #[codec(index = 12)]
    DiscrepancyNoted {
        /// Beside whose.
        server: ServerId,
        /// The note's number.
        note: u32,
        /// Its kind.
        kind: DiscrepancyKind,
    },
    /// A discrepancy is settled.
    #[codec(index = 13)]
    DiscrepancyResolved {
        /// Of which server.
        server: ServerId,
        /// The discrepancy's number.
        note: u32,
        /// Who was right.
        verdict: Verdict,
    },
}
