//! Size of an audit file and the time that it takes to verify: `cargo run --release -p tierchain-runtime --example
//! audit_figures -- [BLOCKS=1000]`.
//!
//! The life is the dearest of its length: each event in an extrinsic and a block of the network of its own, with a meter
//! and a detail of 32 bytes.

#[allow(dead_code)]
#[path = "../tests/it/audit/ledger.rs"]
mod ledger;
#[allow(dead_code)]
#[path = "../tests/it/audit/story.rs"]
mod story;

use std::time::{Duration, Instant};

use tierchain_primitives::ledger::{Detail, EndReason, Event, EventKind, Meter, ServerState};
use tierchain_runtime::audit::verify;

use story::{Story, server};

/// Runs of which the median counts.
const RUNS: usize = 51;

fn main() {
    let blocks: u64 = std::env::args().nth(1).map_or(1_000, |count| count.parse().expect("a number of blocks"));
    let mut story = Story::new();
    story.fifth_validator();
    let id = server(1, 0);
    story.bear("agent fra", 0, id, "T", None);
    for number in 0..blocks.saturating_sub(2) {
        let state = if number % 2 == 0 { ServerState::Running } else { ServerState::Paused };
        let event = event(&story, id, number, EventKind::StateChanged { state });
        story.append("agent fra", event);
    }
    let reason = EndReason::Terminated;
    let end = event(&story, id, blocks.saturating_sub(2), EventKind::Ended { reason });
    story.append("agent fra", end);
    story.ledger.block(&[]);
    for with_extrinsics in [false, true] {
        let file = story.ledger.life(id, with_extrinsics);
        let bytes = file.to_bytes();
        let mut times: Vec<Duration> = (0..RUNS).map(|_| time(&bytes, &story)).collect();
        times.sort_unstable();
        println!(
            "{} blocks, details of 32 bytes{}: {} bytes ({:.1} KiB), verified in {:.2} ms (median of {RUNS})",
            file.blocks.len(),
            if with_extrinsics { ", with extrinsics" } else { "" },
            bytes.len(),
            bytes.len() as f64 / 1_024.0,
            times[RUNS / 2].as_secs_f64() * 1e3,
        );
    }
}

fn event(story: &Story, id: tierchain_primitives::ledger::ServerId, number: u64, event: EventKind) -> Event {
    let meter = Some(Meter { cpu_us: number * 3, bytes_in: number * 1_500, bytes_out: number * 9_000 });
    // The story's own numbers only spread the times within a block's.
    let told = story.event(id, number % 1_000, event);
    Event { number, meter, detail: Detail(vec![number as u8; 32]), ..told }
}

fn time(bytes: &[u8], story: &Story) -> Duration {
    let start = Instant::now();
    let report = verify(bytes, &story.ledger.genesis);
    let took = start.elapsed();
    assert!(report.is_ok(), "{report:?}");
    took
}
