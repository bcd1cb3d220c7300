//! What a promise costs: one record appended and synced, on the disk that holds the current directory.

use std::time::{Duration, Instant};

use tierchain_primitives::H256;
use tierchain_replica::log::{SEGMENT_BYTES, WriteAheadLog};
use tierchain_storage::LogDirectory;

const ROUNDS: usize = 4_000;

fn main() {
    for record_bytes in [512, 4_096, 65_536] {
        let mut times = append_and_sync(record_bytes);
        times.sort_unstable();
        let total = times.iter().sum::<Duration>();
        let at = |part: usize| times[times.len() * part / 100].as_micros();
        let mean = total.as_micros() / times.len() as u128;
        println!("log::append_and_sync/bytes={record_bytes} mean={mean}us p50={}us p99={}us", at(50), at(99));
    }
}

fn append_and_sync(record_bytes: usize) -> Vec<Duration> {
    let directory = tempfile::tempdir_in(".").expect("the current directory is writable");
    let disk = LogDirectory::open(directory.path(), SEGMENT_BYTES).expect("listable");
    let mut log = WriteAheadLog::create(disk, H256::ZERO).expect("a new log");
    let record = vec![0xa5; record_bytes];
    let time_one = |_| {
        if log.needs_roll(record.len()) {
            let segment = log.roll(&[]);
            log.remove_before(segment);
        }
        let start = Instant::now();
        log.append(&record);
        log.sync();
        start.elapsed()
    };
    (0..ROUNDS).map(time_one).collect()
}
