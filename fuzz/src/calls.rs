//! Calls that are executed: whatever the most trusted accounts of a network sign, nothing breaks, and what fails leaves
//! nothing behind.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use parity_scale_codec::{Compact, Decode, Encode};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::extrinsic::{Era, Extrinsic};
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::ledger::party_id;
use tierchain_primitives::storage_key::prefix;
use tierchain_primitives::{AccountId, H256, ValidatorIndex};
use tierchain_runtime::{
    BlockContext, DataCenter, GenesisConfig, Host, Phase, Role, Roles, Validator, account, check, execute,
    genesis_state, is_leaf,
};

/// The network of the runtime's golden files, so that what is signed there holds here.
const GENESIS: H256 = H256([0xee; 32]);
const START: u64 = 1_795_227_255_000;
/// Most calls of one input.
const CALLS_MAX: usize = 24;

/// Leaves by their keys.
pub(crate) type State = BTreeMap<Vec<u8>, Vec<u8>>;

/// Who signs, by the number before a call: two hypervisors, a foundry, nobody, a provider, its orchestrator, another
/// provider, an auditor, four operators, four consensus keys, keys that are new.
const SEEDS: [u8; 17] = [1, 2, 3, 5, 6, 7, 8, 10, 0x40, 0x41, 0x42, 0x43, 0x80, 0x81, 0x82, 0x83, 0xe1];

static WHO: LazyLock<[AccountId; SEEDS.len()]> = LazyLock::new(|| SEEDS.map(|seed| key(seed).public()));
static BASE: LazyLock<State> = LazyLock::new(|| genesis_state(&config()).into_iter().collect());

fn key(seed: u8) -> KeyPair {
    KeyPair::from_seed(&[seed; 32])
}

fn config() -> GenesisConfig {
    let id = |seed: u8| key(seed).public();
    let with = |role: Role| Roles::NONE.with(role);
    let validator = |number: u8| Validator {
        name: format!("v{number}"),
        operator: id(0x40 + number),
        consensus: id(0x80 + number),
        peer_id: [&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &[0xc0 + number; 32]].concat(),
        addresses: vec![format!("/ip4/192.0.2.{number}/tcp/10044")],
    };
    let center = DataCenter::named("fra-1");
    GenesisConfig {
        name: "Test".to_owned(),
        id: "test".to_owned(),
        time: START,
        unknown_images: true,
        validators: (0..4).map(validator).collect(),
        accounts: vec![
            (id(1), with(Role::Hypervisor)),
            (id(2), with(Role::Hypervisor)),
            (id(3), with(Role::Foundry)),
            (id(5), Roles::NONE),
            (id(10), with(Role::Auditor)),
        ],
        hosts: vec![Host::new(H256([0xa0; 32]), center.id, id(1)), Host::new(H256([0xa1; 32]), center.id, id(2))],
        data_centers: vec![center],
        providers: vec![(party_id("P"), id(6)), (party_id("Q"), id(8))],
        ..GenesisConfig::default()
    }
}

/// A list of (who, how many times 20 seconds later, call), each executed in a block of its own.
pub fn fuzz_calls(bytes: &[u8]) {
    executed(bytes, CALLS_MAX);
}

/// The state behind the first `calls_max` calls of such a list.
pub(crate) fn executed(bytes: &[u8], calls_max: usize) -> State {
    let mut rest = bytes;
    let mut chain = Chain { state: BASE.clone(), number: 0, parent: GENESIS, time: START + 60_000 };
    for (who, later, call) in std::iter::from_fn(|| next(&mut rest)).take(calls_max) {
        let signer = WHO[usize::from(who) % WHO.len()];
        chain.time += 1 + u64::from(later) * 20_000;
        chain.execute(signer, call);
    }
    chain.state
}

fn next(rest: &mut &[u8]) -> Option<(u8, u16, Vec<u8>)> {
    let (who, later) = (u8::decode(rest).ok()?, u16::decode(rest).ok()?);
    let length = usize::try_from(Compact::<u32>::decode(rest).ok()?.0).ok()?;
    let (call, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some((who, later, call.to_vec()))
}

struct Chain {
    state: State,
    number: u32,
    parent: H256,
    time: u64,
}

impl Chain {
    /// What decodes encodes to the same bytes again and is executed; a call that fails changes its signer's account alone.
    fn execute(&mut self, signer: AccountId, call: Vec<u8>) {
        let Some(info) = account(&self.state, &signer) else { return };
        let (signature, era, nonce) = (Signature::ZERO, Era::Immortal, info.nonce);
        let Ok(checked) = check(&Extrinsic { signer, signature, era, nonce, call }.encode()) else { return };
        assert_eq!(checked.call.encode(), checked.extrinsic.call, "a second encoding of the same call");
        self.number += 1;
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: self.time, executed: self.number - 1 };
        let header = Header::new(self.parent, self.number, H256::ZERO, H256::ZERO, pre);
        let block = BlockContext::new(&header, GENESIS).expect("it has consensus data");
        let (before, made) = (leaves(&self.state), execute(&self.state, &block, &[checked]));
        for (key, value) in made.changes {
            match value {
                Some(value) => drop(self.state.insert(key, value)),
                None => drop(self.state.remove(&key)),
            }
        }
        self.parent = block.hash;
        if made.results[0].is_err() {
            assert!(made.entity_blocks.is_empty() && made.meta_blocks.is_empty(), "a failed call made a block");
            // The end of an epoch is the block's doing, not the call's.
            let is_quiet = made.events.iter().all(|record| record.phase != Phase::Initialization);
            assert!(!is_quiet || leaves(&self.state) == before, "a failed call left something");
        }
    }
}

/// All that a failed call leaves as it was.
fn leaves(state: &State) -> Vec<(Vec<u8>, Vec<u8>)> {
    let accounts = prefix("System", "Account");
    let kept = |key: &[u8]| is_leaf(key) && !key.starts_with(&accounts);
    state.iter().filter(|(key, _)| kept(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}
