//! The chain of `run --dev`: one validator, well-known keys, replays admitted. Its genesis never changes, so that a
//! base path can be used again.

use tierchain_primitives::crypto::{KeyPair, secret};

use super::document::{AccountEntry, ChainType, Document, Genesis, Properties, ValidatorEntry};
use super::sites::{BoundsEntry, DataCenterEntry, HostEntry, ProviderEntry, QuotaEntry};
use crate::peer_id::PeerId;

/// 1 January 2026.
const GENESIS_TIME_MS: u64 = 1_767_225_600_000;

/// The port that `run` listens on where nothing else is said.
const LISTEN_ADDRESS: &str = "/ip4/127.0.0.1/tcp/10044";

/// Who has which roles. Ferdie has none: such an account may only remark.
const ACCOUNTS: [(&str, &[&str]); 6] = [
    ("//Alice", &["operator", "foundry"]),
    ("//Bob", &["hypervisor"]),
    ("//Charlie", &["tracker"]),
    ("//Dave", &["provider"]),
    ("//Eve", &["tenant", "auditor"]),
    ("//Ferdie", &[]),
];

/// A development chain and the keys of its only validator.
pub(crate) struct Development {
    /// The specification.
    pub(crate) document: Document,
    /// `//Alice//consensus`.
    pub(crate) consensus_key: KeyPair,
    /// `//Alice//network`.
    pub(crate) node_key: KeyPair,
}

/// The development chain.
pub(crate) fn development() -> Development {
    let key = |uri: &str| secret::parse(uri).expect("the development URIs are constants of the right form");
    let (consensus_key, node_key) = (key("//Alice//consensus"), key("//Alice//network"));
    let account = |uri: &str| key(uri).public().to_ss58();
    let accounts = ACCOUNTS.iter().map(|(uri, roles)| AccountEntry {
        account: account(uri),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    });
    let validator = ValidatorEntry {
        name: "alice".to_owned(),
        operator: account("//Alice"),
        consensus: consensus_key.public().to_ss58(),
        peer_id: PeerId(node_key.public()).to_string(),
        addresses: vec![LISTEN_ADDRESS.to_owned()],
    };
    let host = HostEntry::new("host-0", "local", &account("//Bob"));
    let provider = ProviderEntry { id: "dave".to_owned(), account: account("//Dave") };
    let genesis = Genesis {
        time_ms: GENESIS_TIME_MS,
        block_nonce_bits: 4,
        drift_bound_us: 2_000_000,
        allow_replay: true,
        validators: vec![validator],
        observers: Vec::new(),
        accounts: accounts.collect(),
        unknown_images: true,
        bounds: BoundsEntry::default(),
        quota: QuotaEntry::default(),
        data_centers: vec![DataCenterEntry::Id("local".to_owned())],
        hosts: vec![host],
        providers: vec![provider],
    };
    let document = Document {
        name: "Tierchain Development".to_owned(),
        id: "tierchain-dev".to_owned(),
        chain_type: ChainType::Development,
        genesis,
        properties: Properties::default(),
        bootnodes: Vec::new(),
    };
    Development { document, consensus_key, node_key }
}
