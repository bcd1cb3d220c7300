//! The data of a genesis, with one bounded encoding.

use parity_scale_codec::{Decode, Encode, Error, Input};
use scale_info::TypeInfo;
use tierchain_primitives::limits::VALIDATORS_MAX;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{AccountId, H256};

use crate::bounded::{bytes, list, text};
use crate::quota::Quota;
use crate::registry::{DataCenter, Host, Roles, Validator};

/// Most bytes of a name.
pub(crate) const NAME_BYTES_MAX: usize = 64;
/// Most bytes of a libp2p peer id; those of ed25519 keys have 38.
pub(crate) const PEER_ID_BYTES_MAX: usize = 64;
/// Most observers, accounts, data centers and hosts of a genesis, each.
pub(crate) const ENTRIES_MAX: usize = 100_000;

/// Everything a new network starts from.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct GenesisConfig {
    /// The network's name for people.
    pub name: String,
    /// The network's name for programs; two networks never share one.
    pub id: String,
    /// A development network: one validator is enough.
    pub dev: bool,
    /// Its time of birth.
    pub time: Millis,
    /// D, the leading zero bits that the nonce of an entity or meta block must give.
    pub block_nonce_bits: u8,
    /// How far ahead of its block an event may be, in microseconds.
    pub drift_bound_us: u64,
    /// Whether events of recordings are admitted.
    pub allow_replay: bool,
    /// Whether servers are born whose image their source doesn't know.
    pub unknown_images: bool,
    /// How long what may be missing: hosts' signs of life, agreement of witnesses, the second half of a move.
    pub bounds: LedgerBounds,
    /// The first validators, in the order of their indices.
    pub validators: Vec<Validator>,
    /// libp2p peer ids of the observers.
    pub observers: Vec<Vec<u8>>,
    /// Accounts and their roles. Validators' operators needn't stand here.
    pub accounts: Vec<(AccountId, Roles)>,
    /// The data centers.
    pub data_centers: Vec<DataCenter>,
    /// The hosts and the account of each one's agent.
    pub hosts: Vec<Host>,
    /// The service providers' ids and accounts.
    pub providers: Vec<(H256, AccountId)>,
    /// What an account may use that has no quota of its own.
    pub quota: Quota,
}

/// How long what may be missing, in milliseconds of the blocks' time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct LedgerBounds {
    /// A host's sign of life, before its servers may be suspected; again so long, before they may be given up.
    pub silence_ms: Millis,
    /// Agreement of hypervisor and witness about a server's state, before that is a discrepancy.
    pub witness_ms: Millis,
    /// The second half of a move, before that is a discrepancy.
    pub move_ms: Millis,
}

impl Default for LedgerBounds {
    /// Ten minutes, two minutes, ten minutes.
    fn default() -> Self {
        Self { silence_ms: 600_000, witness_ms: 120_000, move_ms: 600_000 }
    }
}

/// How far ahead of its block an event may be unless a genesis says otherwise: 2 s.
pub const DRIFT_BOUND_US: u64 = 2_000_000;

/// Leading zero bits of block nonces unless a genesis says otherwise.
pub const BLOCK_NONCE_BITS: u8 = 4;

impl Default for GenesisConfig {
    /// An empty network with the default settings. It doesn't pass [`GenesisConfig::check`]: it has no validator.
    fn default() -> Self {
        Self {
            name: String::new(),
            id: String::new(),
            dev: false,
            time: 0,
            block_nonce_bits: BLOCK_NONCE_BITS,
            drift_bound_us: DRIFT_BOUND_US,
            allow_replay: false,
            unknown_images: false,
            bounds: LedgerBounds::default(),
            validators: Vec::new(),
            observers: Vec::new(),
            accounts: Vec::new(),
            data_centers: Vec::new(),
            hosts: Vec::new(),
            providers: Vec::new(),
            quota: Quota::default(),
        }
    }
}

impl Decode for GenesisConfig {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self {
            name: text(input, NAME_BYTES_MAX)?,
            id: text(input, NAME_BYTES_MAX)?,
            dev: bool::decode(input)?,
            time: Millis::decode(input)?,
            block_nonce_bits: u8::decode(input)?,
            drift_bound_us: u64::decode(input)?,
            allow_replay: bool::decode(input)?,
            unknown_images: bool::decode(input)?,
            bounds: LedgerBounds::decode(input)?,
            validators: list(input, VALIDATORS_MAX)?,
            observers: list::<PeerId, _>(input, ENTRIES_MAX)?.into_iter().map(|peer| peer.0).collect(),
            accounts: list(input, ENTRIES_MAX)?,
            data_centers: list(input, ENTRIES_MAX)?,
            hosts: list(input, ENTRIES_MAX)?,
            providers: list(input, ENTRIES_MAX)?,
            quota: Quota::decode(input)?,
        })
    }
}

/// A peer id on its way in, so that a list of them is bounded in both directions.
struct PeerId(Vec<u8>);

impl Decode for PeerId {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        bytes(input, PEER_ID_BYTES_MAX).map(Self)
    }
}
