//! Everything that travels as JSON, the same for server and client.
//!
//! Hashes and bytes are `0x` and lower-case hexadecimal; a u64 above 2^53 and every u128 is decimal text; accounts are
//! SS58; names are camelCase. Every block of the ledger also carries `encoded`, its SCALE encoding, from which its
//! hash can be computed in any language.

mod beside;
mod block;
mod consensus;
mod cursor;
mod directive;
mod entity_block;
mod event;
mod evidence;
mod hex;
mod image;
mod list;
mod meta_block;
mod number;
mod parties;
mod refusal;
mod registry;
mod server;
mod state;
mod system;
mod text;
mod transaction;
mod usage;

pub use self::beside::{
    AnchorInfo, AnnouncementInfo, AttestationInfo, Committed, Dispute, Gap, NoteContent, NoteInfo, OpenDiscrepancy,
    Statement,
};
pub use self::block::{Block, Digest, Header, Justification, ListOrValue, SignedBlock, UnreadableDigest};
pub use self::consensus::{ConsensusStatus, ExecutedBlock, InFlight, ValidatorStatus, Votes};
pub use self::cursor::{BlockFilter, ChainItem, Cursor, MetaItem, ParseCursorError};
pub use self::directive::{DirectiveAction, DirectiveFilter, DirectiveInfo, DirectiveStatus, DirectiveStep};
pub use self::entity_block::{EntityBlock, EntityTx, UnreadableBlock};
pub use self::event::{Announcement, DeclaredRelation, Etsi, EventKind, Meter, Resources, SNssai};
pub use self::evidence::EvidenceInfo;
pub use self::hex::{Bytes, Hash};
pub use self::image::ImageInfo;
pub use self::list::{MetaFilter, Page, ServerCursor, ServerFilter};
pub use self::meta_block::{MetaBlock, MetaChain, MetaTx, Relation};
pub use self::number::{AnyNumber, HexNumber, U64, U128};
pub use self::parties::{
    AccountGrants, DataCenterInfo, Deed, HostEntry, HostInfo, Label, ProviderInfo, QuotaInfo, TenantRef, TrailEntry,
};
pub use self::refusal::{Refusal, RefusalKind};
pub use self::registry::{
    AccountRoles, Electorate, EpochInfo, Grantable, PendingEpoch, ProposalInfo, ProposalStatus, ProposedChange, Rejoin,
    ValidatorInfo,
};
pub use self::server::{ChainRef, Ownership, ServerInfo, ServerStatus, WriterNext};
pub use self::state::{RuntimeVersion, StorageChangeSet};
pub use self::system::{ChainType, Health, Identity, Methods, Peer, Properties, SyncState};
pub use self::text::{Address, Name, Named, Server, ServerUuid};
pub use self::transaction::{
    Departure, DispatchError, ExtrinsicState, ExtrinsicStatus, Inclusion, ItemRefused, TransactionStatus,
};
pub use self::usage::{EventCount, StateUsage, Usage};
