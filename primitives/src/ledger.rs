//! The tiered ledger's words: servers, events, entity blocks, meta blocks, usage.
//!
//! An *entity block* is one link of a virtual server's own hash chain; a *meta block* records a chain that ended.
//! Both are derived by every validator from signed extrinsics, never handed in (`docs/ledger.md`).

use core::fmt;

use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::account::AccountId;
use crate::hash::{H256, sha256};
use crate::numbers::{BlockNumber, Micros, Millis};

mod block;
mod bounded;
mod event;
mod usage;

pub use block::{
    BlockKind, DeclaredRelation, EntityBlock, EntityTx, MetaBlock, MetaTx, Relation, RelationKind, Relations,
};
pub use bounded::{Detail, Identifier};
pub use event::{
    Announcement, BirthRequest, EndReason, Etsi, Event, EventKind, GuestReport, Meter, Precision, Resources, SNssai,
    ServerState, TrackerCustody,
};
pub use usage::{EVENT_KINDS, SERVER_STATES, StateUsage, Usage};

/// A virtual server's UUID: libvirt's domain UUID, Nova's instance UUID, SOL003's `computeResource.resourceId`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Uuid(pub [u8; 16]);

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = hex::encode(self.0);
        write!(f, "{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Text that is no UUID.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a UUID: expected 8-4-4-4-12 hexadecimal digits and got {0:?}")]
pub struct ParseUuidError(String);

impl core::str::FromStr for Uuid {
    type Err = ParseUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseUuidError(text.chars().take(80).collect());
        let bytes = text.as_bytes();
        if bytes.len() != 36 || [8, 13, 18, 23].iter().any(|at| bytes[*at] != b'-') {
            return Err(error());
        }
        let digits: String = text.chars().filter(|symbol| *symbol != '-').collect();
        let mut out = [0; 16];
        hex::decode_to_slice(digits, &mut out).map_err(|_| error())?;
        Ok(Self(out))
    }
}

/// One life of a virtual server: a chain that ended never opens again, the same UUID starts a new generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ServerId {
    /// The server.
    pub uuid: Uuid,
    /// Which of its lives, from 0.
    pub generation: u32,
}

impl ServerId {
    /// The name of this life's chain: `SHA-256("tierchain/chain/1" ‖ genesis hash ‖ uuid ‖ generation u32 LE)`.
    #[must_use]
    pub fn chain(&self, genesis: &H256) -> H256 {
        sha256(&[b"tierchain/chain/1", genesis.as_ref(), &self.uuid.0, &self.generation.to_le_bytes()])
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.uuid, self.generation)
    }
}

/// What makes chains related: they belong to one provider, tenant and network service. The three are 32-byte ids
/// ([`party_id`]); names stand on the screen only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ownership {
    /// The service provider.
    pub provider: H256,
    /// The tenant.
    pub tenant: H256,
    /// The network service.
    pub service: H256,
}

impl Ownership {
    /// The name of the meta-chain: `SHA-256("tierchain/meta-chain/1" ‖ genesis hash ‖ provider ‖ tenant ‖ service)`.
    #[must_use]
    pub fn meta(&self, genesis: &H256) -> H256 {
        let Self { provider, tenant, service } = self;
        sha256(&[b"tierchain/meta-chain/1", genesis.as_ref(), provider.as_ref(), tenant.as_ref(), service.as_ref()])
    }
}

/// The 32-byte id of a provider, tenant or service that people know by a name:
/// `SHA-256("tierchain/name/1" ‖ name in UTF-8)`.
#[must_use]
pub fn party_id(name: &str) -> H256 {
    sha256(&[b"tierchain/name/1", name.as_bytes()])
}
