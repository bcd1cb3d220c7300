//! `chains::append/…`: what executing a state event costs, in a batch of 64 on 16 chains and alone.
//!
//! `cargo bench -p tierchain-runtime --bench append [BLOCKS]`. Signatures, the tree and the disk aren't in it; the
//! state is a map in memory with a thousand servers. What is counted is the thread's time on a CPU, so that a busy
//! machine says the same (Linux only).

use std::collections::BTreeMap;
use std::time::Duration;

use parity_scale_codec::Encode;
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::extrinsic::{Era, Extrinsic, Nonce};
use tierchain_primitives::header::{Header, PreRuntime, extrinsics_root};
use tierchain_primitives::ledger::{
    Announcement, BirthRequest, Detail, Etsi, Event, EventKind, Meter, Ownership, Precision, Relations, Resources,
    ServerId, ServerState, TrackerCustody, Uuid, party_id,
};
use tierchain_primitives::{AccountId, H256, ValidatorIndex};
use tierchain_runtime::{
    BlockContext, Call, Checked, DataCenter, GenesisConfig, Host, Role, Roles, Validator, chains, check, execute,
    genesis_state,
};

const GENESIS: H256 = H256([0xee; 32]);
const SERVERS: u32 = 1_000;
const START_MS: u64 = 1_795_227_255_000;

/// A state in memory, and where its accounts are with their nonces.
struct World {
    state: BTreeMap<Vec<u8>, Vec<u8>>,
    number: u32,
    nonces: BTreeMap<AccountId, Nonce>,
    executing: Duration,
}

fn key(seed: u8) -> KeyPair {
    KeyPair::from_seed(&[seed; 32])
}

fn genesis(bits: u8) -> GenesisConfig {
    let center = DataCenter::named("fra-1");
    let validator = Validator {
        name: "alice".to_owned(),
        operator: AccountId([0x11; 32]),
        consensus: AccountId([0x12; 32]),
        peer_id: vec![0x13; 38],
        addresses: Vec::new(),
    };
    let role = |seed: u8, role: Role| (key(seed).public(), Roles::NONE.with(role));
    GenesisConfig {
        time: START_MS,
        block_nonce_bits: bits,
        unknown_images: true,
        validators: vec![validator],
        accounts: vec![role(1, Role::Hypervisor), role(2, Role::Foundry)],
        hosts: vec![Host::new(H256([0xa0; 32]), center.id, key(1).public())],
        data_centers: vec![center],
        ..GenesisConfig::default()
    }
}

impl World {
    fn new(bits: u8) -> Self {
        let state = genesis_state(&genesis(bits)).into_iter().collect();
        let mut world = Self { state, number: 0, nonces: BTreeMap::new(), executing: Duration::ZERO };
        for number in 0..SERVERS {
            world.bear(server(number));
        }
        world.executing = Duration::ZERO;
        world
    }

    fn bear(&mut self, server: ServerId) {
        let announcement = Announcement {
            server,
            host: H256([0xa0; 32]),
            image: H256::ZERO,
            resources: Some(Resources { vcpus: 2, memory_mib: 48, disk_gib: 20 }),
            tracker: key(3).public(),
            custody: TrackerCustody::Guest,
            ownership: Ownership { provider: party_id("P"), tenant: party_id("T"), service: party_id("S") },
            etsi: Etsi::default(),
            relations: Relations::default(),
        };
        let (occurred_at, evidence) = (START_MS * 1_000, H256([8; 32]));
        let request = BirthRequest { server, occurred_at, precision: Precision::Event, evidence, previous: None };
        let tracker_signature = key(3).sign(&request.signed_bytes(&GENESIS));
        let birth = Call::Chains(chains::Call::Birth { request, tracker_signature });
        self.block(vec![(1, Call::Chains(chains::Call::Announce { announcement })), (2, birth)]);
    }

    fn block(&mut self, calls: Vec<(u8, Call)>) {
        let extrinsics: Vec<Checked> = calls.iter().map(|(seed, call)| self.checked(*seed, call)).collect();
        let bytes: Vec<&[u8]> = extrinsics.iter().map(|checked| checked.bytes.as_slice()).collect();
        self.number += 1;
        let timestamp = START_MS + 60_000 + u64::from(self.number) * 5;
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp, executed: self.number - 1 };
        let header = Header::new(GENESIS, self.number, H256::ZERO, extrinsics_root(&bytes), pre);
        let context = BlockContext::new(&header, GENESIS).expect("the header carries it");
        let start = on_cpu();
        let outcome = execute(&self.state, &context, &extrinsics);
        self.executing += on_cpu() - start;
        assert!(outcome.results.iter().all(Result::is_ok), "{:?}", outcome.results);
        for (key, value) in outcome.changes {
            match value {
                Some(value) => drop(self.state.insert(key, value)),
                None => drop(self.state.remove(&key)),
            }
        }
    }

    fn checked(&mut self, seed: u8, call: &Call) -> Checked {
        let signer = key(seed).public();
        let nonce = self.nonces.entry(signer).or_insert(0);
        let extrinsic =
            Extrinsic { signer, signature: Signature::ZERO, era: Era::Immortal, nonce: *nonce, call: call.encode() };
        *nonce += 1;
        check(&extrinsic.encode()).expect("it is whole")
    }
}

/// How long this thread has been on a CPU.
fn on_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
    let nanos = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanos.expect("the first number is the time on a CPU"))
}

fn server(number: u32) -> ServerId {
    let mut uuid = [0; 16];
    uuid[..4].copy_from_slice(&number.to_le_bytes());
    ServerId { uuid: Uuid(uuid), generation: 0 }
}

/// The `round`-th event of a server.
fn event(number: u32, round: u64) -> Event {
    let state = if round.is_multiple_of(2) { ServerState::Running } else { ServerState::Paused };
    Event {
        server: server(number),
        number: round,
        occurred_at: START_MS * 1_000 + 1_000 * (round + 1),
        precision: Precision::Event,
        event: EventKind::StateChanged { state },
        meter: Some(Meter { cpu_us: round, bytes_in: round, bytes_out: round }),
        evidence: H256([9; 32]),
        detail: Detail::default(),
    }
}

/// Blocks of 16 batches, each of 64 events on 16 chains.
fn batches(bits: u8, blocks: u64) {
    let mut world = World::new(bits);
    for block in 0..blocks {
        let batch = |first: u32| {
            let events = (0..64u32).map(|at| event(first + at % 16, block * 4 + u64::from(at / 16))).collect();
            (1, Call::Chains(chains::Call::AppendBatch { events }))
        };
        world.block((0..16).map(|batch_at| batch(batch_at * 16)).collect());
    }
    report("batch=64", bits, world.executing, blocks * 16 * 64);
}

/// Blocks of 256 events, each an extrinsic of its own.
fn singles(bits: u8, blocks: u64) {
    let mut world = World::new(bits);
    for block in 0..blocks {
        let single = |number: u32| (1, Call::Chains(chains::Call::Append { event: event(number, block) }));
        world.block((0..256).map(single).collect());
    }
    report("batch=1", bits, world.executing, blocks * 256);
}

fn report(what: &str, bits: u8, took: Duration, events: u64) {
    let micros = took.as_secs_f64() * 1e6 / events as f64;
    println!("chains::append/{what}/bits={bits}: {micros:.2} us an event ({events} events)");
}

fn main() {
    let blocks = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(100);
    for bits in [0, 4] {
        batches(bits, blocks);
        singles(bits, blocks);
    }
}
