//! From what the file says to what it means, noting every problem on the way.

// By its path, because `fuzz/` takes this file from here, from where the name alone would lead elsewhere.
#[path = "resolve/sites.rs"]
mod sites;

use std::collections::BTreeMap;
use std::str::FromStr;

use tierchain_primitives::ledger::party_id;
use tierchain_primitives::limits::{BLOCK_NONCE_BITS_MAX, VALIDATORS_MAX};
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::genesis::LedgerBounds;
use tierchain_runtime::registry::{ADDRESSES_MAX, is_address};
use tierchain_runtime::{GenesisConfig, Quota, Role, Roles, Validator as GenesisValidator};

use super::document::{AccountEntry, ChainType, Document, ValidatorEntry};
use super::problem::Problems;
use super::sites::{BoundsEntry, QuotaEntry};
use super::{ChainSpec, Validator};
use crate::peer_id::PeerId;

/// Most characters of a name.
const NAME_CHARACTERS_MAX: usize = 64;

/// Most entries of a list other than the validators'.
const LIST_MAX: usize = 100_000;

/// The longest of the ledger's bounds: a year.
const BOUND_MS_MAX: u64 = 365 * 86_400 * 1_000;

/// Checks everything and parses everything.
pub(super) fn resolve(document: &Document) -> (Option<ChainSpec>, Problems) {
    let mut resolver = Resolver::default();
    let spec = resolver.spec(document);
    let spec = if resolver.problems.has_errors() { None } else { spec };
    (spec, resolver.problems)
}

/// What must not occur twice, and where it occurred first.
#[derive(Default)]
struct Resolver {
    problems: Problems,
    keys: BTreeMap<AccountId, String>,
    names: BTreeMap<String, String>,
    addresses: BTreeMap<String, String>,
}

impl Resolver {
    fn spec(&mut self, document: &Document) -> Option<ChainSpec> {
        self.head(document);
        self.settings(document);
        let validators = self.validators(&document.genesis.validators, document.chain_type == ChainType::Development);
        let observers = self.observers(&document.genesis.observers);
        let accounts = self.accounts(&document.genesis.accounts);
        let data_centers = self.data_centers(&document.genesis.data_centers);
        let hosts = self.hosts(&document.genesis.hosts, &data_centers, &accounts);
        let providers = self.providers(&document.genesis.providers, &accounts);
        self.bootnodes(&document.bootnodes);
        let (validators, observers) = (validators?, observers?);
        let genesis =
            GenesisConfig { accounts, data_centers, hosts, providers, ..genesis(document, &validators, &observers) };
        self.believed(&genesis);
        Some(ChainSpec {
            chain_type: document.chain_type,
            genesis,
            validators,
            observers,
            bootnodes: document.bootnodes.clone(),
            properties: document.properties.clone(),
        })
    }

    /// The runtime has the last word. It only repeats what was found already, with places, if anything was.
    fn believed(&mut self, genesis: &GenesisConfig) {
        if !self.problems.has_errors() {
            let problems = genesis.check().into_iter().filter(|problem| !problem.is_warning());
            problems.for_each(|problem| self.problems.error("genesis", problem.to_string()));
        }
    }

    fn head(&mut self, document: &Document) {
        self.name("name", &document.name);
        let id = &document.id;
        let is_plain = |symbol: char| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || "-_".contains(symbol);
        if id.is_empty() || id.len() > NAME_CHARACTERS_MAX || !id.chars().all(is_plain) {
            self.problems.error("id", format!("{id:?} is no id: write 1 to 64 of a-z, 0-9, - and _"));
        }
        if document.properties.ss58_format != u16::from(tierchain_primitives::account::SS58_FORMAT) {
            let found = document.properties.ss58_format;
            self.problems.error("properties.ss58Format", format!("{found} is not supported: write 42"));
        }
    }

    fn settings(&mut self, document: &Document) {
        let genesis = &document.genesis;
        if genesis.block_nonce_bits > BLOCK_NONCE_BITS_MAX {
            let message = format!("{} bits are too many: at most {BLOCK_NONCE_BITS_MAX}", genesis.block_nonce_bits);
            self.problems.error("genesis.blockNonceBits", message);
        }
        if genesis.allow_replay {
            let message = "replayed events are admitted, with times of their own: for demos and tests, never where \
                           bills are made";
            self.problems.warning("genesis.allowReplay", message);
            if document.chain_type == ChainType::Live {
                self.problems.error("genesis.allowReplay", "a Live chain admits no replays: set it to false");
            }
        }
        if genesis.unknown_images {
            let message = "servers are born whose image nobody knows: for recordings and tests";
            self.problems.warning("genesis.unknownImages", message);
        }
        if genesis.quota.rate_permille == 0 {
            let message = "0 would stop an account for ever that used up its quota: write 1 to 1,000 (200 is usual)";
            self.problems.error("genesis.quota.ratePermille", message);
        }
        let BoundsEntry { silence_ms, witness_ms, move_ms } = genesis.bounds;
        for (field, ms) in [("silenceMs", silence_ms), ("witnessMs", witness_ms), ("moveMs", move_ms)] {
            let message = match ms {
                0 => "0 would make everything too late: write some seconds",
                1..=BOUND_MS_MAX => continue,
                _ => "more than a year, so that it would never be over: write some minutes",
            };
            self.problems.error(format!("genesis.bounds.{field}"), message);
        }
        if genesis.drift_bound_us > 60_000_000 {
            let message = "more than a minute: clocks that far off make a ledger that nobody believes";
            self.problems.warning("genesis.driftBoundUs", message);
        }
        if genesis.time_ms == 0 {
            self.problems.error("genesis.timeMs", "block 0 is of 1970: `chain-spec new` writes the present time");
        }
    }

    fn validators(&mut self, entries: &[ValidatorEntry], is_development: bool) -> Option<Vec<Validator>> {
        let place = "genesis.validators";
        match entries.len() {
            1 if is_development => {}
            n @ 0..4 => {
                let message = format!("{n} are too few: 4 survive a fault, 7 survive two; 1 is enough for Development");
                self.problems.error(place, message);
            }
            n if n > VALIDATORS_MAX => {
                self.problems.error(place, format!("{n} validators are too many: at most {VALIDATORS_MAX}"));
                return None;
            }
            _ => {}
        }
        let validators: Vec<_> = entries.iter().enumerate().map(|(at, entry)| self.validator(at, entry)).collect();
        validators.into_iter().collect()
    }

    fn validator(&mut self, at: usize, entry: &ValidatorEntry) -> Option<Validator> {
        let place = |field: &str| format!("genesis.validators[{at}].{field}");
        self.name(&place("name"), &entry.name);
        let label = format!("validator {at} ({})", entry.name);
        if let Some(first) = self.names.insert(entry.name.clone(), label.clone()) {
            self.duplicate(&place("name"), &format!("name {:?}", entry.name), &first, &label);
        }
        let operator = self.key(&place("operator"), &entry.operator, &format!("operator of {label}"));
        let consensus = self.key(&place("consensus"), &entry.consensus, &format!("consensus key of {label}"));
        let peer = self.peer(&place("peerId"), &entry.peer_id, &format!("network key of {label}"));
        if entry.addresses.is_empty() {
            self.problems.error(place("addresses"), "there is none: write where the others reach it, as multiaddress");
        }
        if entry.addresses.len() > ADDRESSES_MAX {
            self.problems.error(place("addresses"), format!("there are too many: write at most {ADDRESSES_MAX}"));
        }
        for (number, address) in entry.addresses.iter().enumerate() {
            self.address(&place(&format!("addresses[{number}]")), address, &label);
        }
        Some(Validator {
            name: entry.name.clone(),
            operator: operator?,
            consensus: consensus?,
            peer: peer?,
            addresses: entry.addresses.clone(),
        })
    }

    fn observers(&mut self, entries: &[String]) -> Option<Vec<PeerId>> {
        self.bounded("genesis.observers", entries.len());
        let parsed: Vec<_> = entries
            .iter()
            .enumerate()
            .map(|(at, entry)| {
                self.peer(&format!("genesis.observers[{at}]"), entry, &format!("network key of observer {at}"))
            })
            .collect();
        parsed.into_iter().collect()
    }

    fn accounts(&mut self, entries: &[AccountEntry]) -> Vec<(AccountId, Roles)> {
        self.bounded("genesis.accounts", entries.len());
        let mut seen = BTreeMap::new();
        let mut accounts = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let place = format!("genesis.accounts[{at}]");
            let Some(account) = self.parsed::<AccountId>(&format!("{place}.account"), &entry.account) else { continue };
            if let Some(first) = seen.insert(account, at) {
                let message = format!("{account} stands at accounts[{first}] already: write all its roles there");
                self.problems.error(&place, message);
            }
            let roles = entry.roles.iter().enumerate();
            let roles = roles.filter_map(|(at, name)| self.parsed::<Role>(&format!("{place}.roles[{at}]"), name));
            accounts.push((account, roles.collect()));
        }
        accounts
    }

    fn bootnodes(&mut self, entries: &[String]) {
        self.bounded("bootnodes", entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let place = format!("bootnodes[{at}]");
            self.multiaddress(&place, entry);
            match entry.rsplit_once("/p2p/") {
                Some((_, peer)) => drop(self.parsed::<PeerId>(&place, peer)),
                None => self.problems.error(place, format!("{entry:?} names no peer: end it with /p2p/PEERID")),
            }
        }
    }

    fn name(&mut self, place: &str, name: &str) {
        let is_shown = !name.chars().any(char::is_control) && !name.trim().is_empty();
        if !is_shown || name.chars().count() > NAME_CHARACTERS_MAX {
            self.problems.error(place, format!("{name:?} is no name: write 1 to 64 printable characters"));
        }
    }

    fn peer(&mut self, place: &str, text: &str, owner: &str) -> Option<PeerId> {
        let peer: PeerId = self.parsed(place, text)?;
        self.unique_key(place, peer.0, owner);
        Some(peer)
    }

    fn key(&mut self, place: &str, text: &str, owner: &str) -> Option<AccountId> {
        let key: AccountId = self.parsed(place, text)?;
        self.unique_key(place, key, owner);
        Some(key)
    }

    /// Each key has one owner and one purpose: a stolen one then brings no other.
    fn unique_key(&mut self, place: &str, key: AccountId, owner: &str) {
        if let Some(first) = self.keys.insert(key, owner.to_owned()) {
            self.duplicate(place, &format!("key {key}"), &first, owner);
        }
    }

    fn duplicate(&mut self, place: &str, what: &str, first: &str, second: &str) {
        let message = format!(
            "the {what} is both the {first} and the {second}: remove the duplicate, or make another with `tierchain \
             key generate`"
        );
        self.problems.error(place, message);
    }

    fn address(&mut self, place: &str, address: &str, owner: &str) {
        self.multiaddress(place, address);
        if let Some(first) = self.addresses.insert(address.to_owned(), owner.to_owned()) {
            let message = format!("{address} is where {first} listens, and {owner} too: each needs its own");
            self.problems.error(place, message);
        }
    }

    fn multiaddress(&mut self, place: &str, address: &str) {
        if !is_address(address) {
            let shown: String = address.chars().take(80).collect();
            self.problems.error(place, format!("{shown:?} is no address: write one such as /ip4/192.0.2.7/tcp/10044"));
        }
    }

    fn bounded(&mut self, place: &str, found: usize) {
        if found > LIST_MAX {
            self.problems.error(place, format!("{found} entries are too many: at most {LIST_MAX}"));
        }
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, place: &str, text: &str) -> Option<T> {
        self.problems.parsed(place, text.parse())
    }
}

/// What block 0 is made from, but for accounts, hosts and parties.
fn genesis(document: &Document, validators: &[Validator], observers: &[PeerId]) -> GenesisConfig {
    let BoundsEntry { silence_ms, witness_ms, move_ms } = document.genesis.bounds;
    let QuotaEntry { burst_us, rate_permille } = document.genesis.quota;
    let validator = |known: &Validator| GenesisValidator {
        name: known.name.clone(),
        operator: known.operator,
        consensus: known.consensus,
        peer_id: known.peer.to_bytes(),
        addresses: known.addresses.clone(),
    };
    GenesisConfig {
        name: document.name.clone(),
        id: document.id.clone(),
        dev: document.chain_type == ChainType::Development,
        time: document.genesis.time_ms,
        block_nonce_bits: document.genesis.block_nonce_bits,
        drift_bound_us: document.genesis.drift_bound_us,
        allow_replay: document.genesis.allow_replay,
        validators: validators.iter().map(validator).collect(),
        observers: observers.iter().map(|peer| peer.to_bytes()).collect(),
        unknown_images: document.genesis.unknown_images,
        bounds: LedgerBounds { silence_ms, witness_ms, move_ms },
        quota: Quota { burst_us, rate_permille },
        ..GenesisConfig::default()
    }
}

/// A 32-byte id as it is, or the id of a name.
fn identifier(text: &str) -> H256 {
    text.strip_prefix("0x").and_then(|_| text.parse().ok()).unwrap_or_else(|| party_id(text))
}
