//! Thousands of random lives: moves between hosts, agents that crash, repeat themselves, lose what they hadn't sent and
//! send in any order, guests, silent hosts, orphans, rollovers, a host whose agent lies about everything. What holds of
//! every ledger ([`crate::invariants`]) holds of this one, and what honest agents saw stands on it, word for word.
//!
//! A run is a function of its seed.

mod agents;
mod life;
mod others;
mod stage;
pub(crate) mod tally;

use self::stage::{Scale, Stage};
use crate::invariants::{assert_ledger, assert_replays, by_chain};
use crate::properties::{assert_chains, assert_meta_chains};

/// Plays a seed to its end and looks at what is left.
fn play(seed: u64, scale: Scale) -> Stage {
    let mut stage = Stage::new(seed, scale);
    while !stage.is_over() {
        stage.round();
    }
    stage.drain();
    stage.link_all();
    assert_chains(&stage.world);
    assert_meta_chains(&stage.world);
    assert_ledger(&stage.world);
    assert_truth(&stage);
    assert_replays(&stage.world);
    stage
}

/// What a story must have in it, or nothing is shown by it: moves, crashes, repeats, reorderings, lies, silence.
const EVERYTHING: [&str; 47] = [
    "agent crashed",
    "agent sent in another order",
    "agent sent twice",
    "agent sent again",
    "host fell silent",
    "block Born",
    "block StateChanged",
    "block Rebooted",
    "block Resized",
    "block MovedOut",
    "block MovedIn",
    "block GuestEvent",
    "block Summary",
    "block Suspected",
    "block Ended Terminated",
    "block Ended Rollover",
    "block Ended Orphaned",
    "meta block",
    "report Announced",
    "report RepeatIgnored",
    "report LateEventNoted",
    "report Attested",
    "report GapNoted",
    "report AttestationRepeated",
    "report Witnessed",
    "report WitnessAgreed",
    "report DiscrepancyNoted",
    "report DiscrepancyResolved",
    "refused SequenceGap",
    "refused SequenceConflict",
    "refused ChainEnded",
    "refused ChainAlive",
    "refused ArrivalMissing",
    "refused NotMoving",
    "refused NotTheHypervisor",
    "refused OtherDataCenter",
    "refused NotAFoundry",
    "refused BadTrackerSignature",
    "refused NotTheTracker",
    "refused TimeWentBack",
    "refused HostNotSilent",
    "refused AlreadyAnchored",
    "refused AnchorNotDue",
    "refused NoDiscrepancy",
    "refused NotTheProvider",
    "refused AlreadyBorn",
    "refused OtherProvider",
];

/// What honest agents and trackers saw stands on the ledger as they saw it, in their order.
fn assert_truth(stage: &Stage) {
    let chains = by_chain(&stage.world);
    for life in stage.all_lives().filter(|life| life.is_told_whole()) {
        let blocks = &chains[&life.id.chain(&crate::world::GENESIS)];
        for (writer, seen) in &life.truth {
            let written = blocks.iter().filter(|block| block.tx.writer == *writer).map(|block| &block.tx.event);
            assert!(written.eq(seen.iter()), "life {} as {writer} saw it", life.id);
        }
    }
}

#[test]
fn many_small_networks_on_a_bad_day() {
    for seed in 0..40 {
        play(seed, Scale { lives: 12, rounds: 60, happenings: 8 });
    }
}

#[test]
fn thousands_of_servers() {
    let stage = play(4_711, Scale { lives: 2_500, rounds: 100, happenings: 300 });
    let count = stage.all_lives().count();
    let whole = stage.all_lives().filter(|life| life.is_told_whole()).count();
    let orphans = stage.orphans();
    println!(
        "{count} lives, {whole} of them told whole, {orphans} orphans; {} entity blocks, {} meta blocks in {} blocks",
        stage.world.entity_blocks.len(),
        stage.world.meta_blocks.len(),
        stage.world.number
    );
    assert!(count > 2_500 && whole > count / 3 && orphans > 0, "the story has everything in it");
    stage.world.tally.assert_each(&EVERYTHING);
}
