//! Small instances of the fault scenarios: seconds each, for what they audit and not for what they measure.
//!
//! They run one after the other, because each wants the whole machine. `tierchain-testnet faults` runs the large ones.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tierchain_testnet::faults::{self, Kind, Options, Report};
use tokio::runtime::Runtime;

/// Held by the scenario that runs.
static TURN: Mutex<()> = Mutex::new(());

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("two threads")
});

/// Plays a scenario on its own wires, and prints its report.
fn play(wires: Kind, scenario: impl AsyncFnOnce(&Options) -> anyhow::Result<Report>) -> anyhow::Result<Report> {
    // A scenario that failed before doesn't matter.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let options = Options { wires, ..Options::default() };
    let report = RUNTIME.block_on(scenario(&options))?;
    println!("{report}");
    Ok(report)
}

/// Plays a scenario that must be clean.
fn check(wires: Kind, scenario: impl AsyncFnOnce(&Options) -> anyhow::Result<Report>) -> Report {
    let report = play(wires, scenario).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(report.is_clean(), "{report}");
    let audited = |name: &str| report.figures.iter().any(|figure| figure.name.starts_with(name) && figure.value > 0.0);
    assert!(audited("statements read from vote logs"), "nothing was audited: {report}");
    report
}

#[test]
fn a_primary_that_is_killed_is_replaced() {
    check(Kind::Loopback, async |options| faults::failover(options, 2).await);
}

#[test]
fn any_validator_may_be_killed_again_and_again() {
    let report = check(Kind::Loopback, async |options| faults::soak(options, 3).await);
    let kills = report.figures.iter().find(|figure| figure.name == "kills");
    assert_eq!(kills.map(|figure| figure.value), Some(3.0));
}

#[test]
fn all_validators_killed_at_once_go_on() {
    check(Kind::Loopback, async |options| faults::all_down(options, 2).await);
}

#[test]
fn two_halves_decide_nothing_and_go_on_when_they_are_one_again() {
    let time = Duration::from_secs(3);
    check(Kind::Namespaces, async |options| faults::partition(options, time, 1, false).await);
}

#[test]
fn validators_whose_cables_were_pulled_go_on_when_they_are_back() {
    let time = Duration::from_secs(3);
    check(Kind::Namespaces, async |options| faults::partition(options, time, 1, true).await);
}

#[test]
fn where_there_are_no_namespaces_forwarders_cut_and_delay() {
    let time = Duration::from_secs(2);
    check(Kind::Forwarders, async |options| {
        let options = Options { delay: Duration::from_millis(3), ..options.clone() };
        faults::partition(&options, time, 1, false).await
    });
}

#[test]
fn a_dead_validator_leaves_a_light_load_what_it_wants() {
    check(Kind::Loopback, async |options| faults::one_dead(options, Duration::from_secs(1), 20.0).await);
}

#[test]
fn a_flapping_link_stops_nobody() {
    check(Kind::Namespaces, async |options| faults::flap(options, Duration::from_secs(2)).await);
}

#[test]
fn a_validator_whose_disk_is_full_stops_and_rejoins() {
    match play(Kind::Loopback, async |options| faults::full_disk(options).await) {
        Ok(report) => assert!(report.is_clean(), "{report}"),
        Err(error) if format!("{error:#}").contains("doesn't let us mount") => println!("skipped: {error:#}"),
        Err(error) => panic!("{error:#}"),
    }
}

#[test]
fn a_validator_that_was_stopped_and_goes_on_harms_nobody() {
    check(Kind::Loopback, async |options| faults::pause(options, Duration::from_secs(2), 1).await);
}

#[test]
fn a_wrong_clock_moves_nobody() {
    check(Kind::Loopback, async |options| faults::clock(options, 2).await);
}
