//! What a block costs the disk: committing 64 events on 16 chains with their state, pages and ledger blocks; and what is
//! left on disk of each event.

use std::path::Path;
use std::time::{Duration, Instant};

use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::ledger::{
    BlockKind, Detail, EntityBlock, EntityTx, Event, EventKind, Precision, ServerId, ServerState, Uuid,
};
use tierchain_primitives::{AccountId, H256, ValidatorIndex};
use tierchain_storage::{BlockCommit, Database, Settings};

const BLOCKS: u32 = 3_000;
const EVENTS: u32 = 64;
const CHAINS: u32 = 16;
/// Servers in the network.
const SERVERS: u32 = 4_096;

fn main() {
    let directory = tempfile::tempdir_in(".").expect("the current directory is writable");
    let database = Database::open(directory.path(), H256::ZERO, Settings::default()).expect("an empty directory");
    database.commit(&block(&database, 0));
    let (mut spent, mut cpu) = (Duration::ZERO, 0);
    for number in 1..=BLOCKS {
        let block = block(&database, number);
        let (start, cpu_before) = (Instant::now(), cpu_nanos("/proc/thread-self/schedstat"));
        database.commit(&block);
        spent += start.elapsed();
        cpu += cpu_nanos("/proc/thread-self/schedstat") - cpu_before;
    }
    let start = Instant::now();
    assert_eq!(database.flush_synced(), Some(BLOCKS));
    println!("database::flush_synced mean={}us", start.elapsed().as_micros());
    let per_block = spent.as_micros() / u128::from(BLOCKS);
    let cpu_per_block = cpu / u64::from(BLOCKS) / 1_000;
    println!("database::commit/events={EVENTS},chains={CHAINS} mean={per_block}us cpu={cpu_per_block}us");
    println!("database::usage {:?}", database.usage());
    println!("database::background cpu={}us per block", background_cpu_nanos() / u64::from(BLOCKS) / 1_000);
    database.compact();
    let events = u64::from(BLOCKS * EVENTS);
    println!("database::disk/events={events} bytes_per_event={}", database.disk_bytes() / events);
}

/// CPU time of a thread so far, from the first field of its schedstat: on a busy machine wall time says little.
fn cpu_nanos(schedstat: impl AsRef<Path>) -> u64 {
    let text = std::fs::read_to_string(schedstat).unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
}

/// CPU time of all threads but the one that commits: flushes and compactions.
fn background_cpu_nanos() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let all = tasks.map(|task| cpu_nanos(task.path().join("schedstat"))).sum::<u64>();
    all - cpu_nanos("/proc/thread-self/schedstat")
}

fn block(database: &Database, number: u32) -> BlockCommit {
    let parent = database.best().map_or(H256::ZERO, |(_, hash)| hash);
    // Two seconds apart, so that old state would be pruned were the run longer than 4,096 blocks.
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: u64::from(number) * 2_000, executed: number };
    let extrinsic = (0..EVENTS).flat_map(|event| noise(number, event).0.into_iter().chain([0; 40])).collect::<Vec<_>>();
    let hash = sha256(&[&extrinsic]);
    let changes =
        (0..CHAINS).map(|chain| (state_key(server(number, chain)), Some([noise(number, chain).0; 6].concat())));
    let pages = (0..2 * CHAINS)
        .map(|page| (noise(page * 37 + number % 128, 1).0[..8].to_vec(), Some([noise(number, page).0; 8].concat())));
    BlockCommit {
        extrinsics: vec![(hash, extrinsic)],
        changes: changes.collect(),
        pages: pages.collect(),
        entity_blocks: (0..EVENTS).map(|event| entity_block(number, event, hash)).collect(),
        ..BlockCommit::new(Header::new(parent, number, noise(number, 0), hash, pre))
    }
}

fn entity_block(number: u32, event: u32, extrinsic: H256) -> EntityBlock {
    let server = server(number, event % CHAINS);
    let uuid: [u8; 16] = core::array::from_fn(|at| noise(server, 7).0[at]);
    let event = Event {
        server: ServerId { uuid: Uuid(uuid), generation: 0 },
        number: u64::from(event),
        occurred_at: u64::from(number) * 2_000_000 + u64::from(event),
        precision: Precision::Event,
        event: EventKind::StateChanged { state: ServerState::Running },
        meter: None,
        evidence: noise(number, event + 1_000),
        detail: Detail::default(),
    };
    let tx = EntityTx {
        writer: AccountId([1; 32]),
        event,
        extrinsic,
        block_number: number,
        block_timestamp: u64::from(number) * 2_000,
    };
    // Each server has its turn every SERVERS / CHAINS blocks and gets EVENTS / CHAINS events then.
    let turn = number / (SERVERS / CHAINS);
    let place = turn * (EVENTS / CHAINS) + tx.event.number as u32 / CHAINS;
    EntityBlock::seal(noise(server, 9), place, BlockKind::State, noise(number, 2_000 + place), tx, 0)
}

fn server(number: u32, chain: u32) -> u32 {
    (number * CHAINS + chain) % SERVERS
}

fn state_key(server: u32) -> Vec<u8> {
    [[3; 32].as_slice(), noise(server, 9).as_ref()].concat()
}

/// 32 bytes that don't compress.
fn noise(left: u32, right: u32) -> H256 {
    sha256(&[&left.to_le_bytes(), &right.to_le_bytes()])
}
