//! PBFT 4.5.2 and design 5 on time-outs and suspicions, each sentence once.

use super::*;

const PRIMARY: ValidatorIndex = ValidatorIndex(0);

fn pacemaker() -> Pacemaker {
    Pacemaker::new(Parameters::default(), 0)
}

fn at(now: Now) -> Sight {
    Sight { now, changing: false, primary: Some(PRIMARY), fault: false }
}

#[test]
fn without_work_there_is_no_time_out() {
    let mut pace = pacemaker();
    assert_eq!(pace.deadline(0, false), None);
    assert_eq!(pace.cause(at(1_000_000)), None);
}

#[test]
fn with_work_the_time_out_starts_when_the_work_appears() {
    let mut pace = pacemaker();
    pace.set_busy(500, true);
    assert_eq!(pace.deadline(500, false), Some(600));
    assert_eq!((pace.cause(at(599)), pace.cause(at(600))), (None, Some(Cause::Overdue)));
}

#[test]
fn every_certificate_resets_the_time_out() {
    let mut pace = pacemaker();
    pace.set_busy(0, true);
    pace.on_certificate(90, None);
    assert_eq!(pace.deadline(90, false), Some(190));
}

#[test]
fn the_time_out_is_a_multiple_of_the_observed_commit_time_within_bounds() {
    let mut pace = pacemaker();
    for (took, expected) in [(1, 100), (5, 100), (30, 600), (1_000, 10_000)] {
        pace.commit_time = 0;
        pace.on_certificate(0, Some(took));
        assert_eq!(pace.timeout(0), expected, "commit time {took}");
    }
    pace.commit_time = 0;
    pace.on_certificate(0, Some(10));
    pace.on_certificate(0, Some(50));
    assert_eq!(pace.timeout(0), 300, "one slow commit moves the average by an eighth: 15 ms");
}

#[test]
fn the_time_out_doubles_for_a_barren_view_up_to_the_cap_and_a_certificate_ends_that() {
    let mut pace = pacemaker();
    let doubled: Vec<u64> = (0..9)
        .map(|_| {
            pace.on_leave(0, true);
            pace.timeout(0)
        })
        .collect();
    assert_eq!(doubled, [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]);
    pace.on_leave(0, false);
    assert_eq!(pace.timeout(0), 10_000, "a view that had no quorum changes nothing");
    pace.on_certificate(0, None);
    assert_eq!(pace.timeout(0), 100);
}

#[test]
fn between_views_the_time_out_starts_with_a_quorum() {
    let mut pace = pacemaker();
    pace.set_busy(0, true);
    pace.on_leave(0, false);
    assert_eq!(pace.deadline(1_000, true), None, "nobody's view runs away alone");
    pace.on_quorum(1_000);
    pace.on_quorum(1_050);
    assert_eq!(pace.deadline(1_050, true), Some(1_100));
}

#[test]
fn a_lost_primary_is_suspected_after_a_while_and_at_once_when_refused() {
    let mut pace = pacemaker();
    pace.on_lost(10, PRIMARY, false);
    assert_eq!((pace.cause(at(29)), pace.cause(at(30))), (None, Some(Cause::Lost)));
    let mut pace = pacemaker();
    pace.on_lost(10, PRIMARY, true);
    assert_eq!(pace.cause(at(10)), Some(Cause::Lost));
    pace.on_connected(PRIMARY);
    assert_eq!(pace.cause(at(11)), None);
}

#[test]
fn a_lost_follower_is_no_suspicion() {
    let mut pace = pacemaker();
    pace.on_lost(10, ValidatorIndex(1), true);
    assert_eq!(pace.cause(at(1_000)), None);
}

#[test]
fn a_suspicion_raised_for_nothing_doubles_its_delay_for_a_while() {
    let mut pace = pacemaker();
    let mut flap = |now: Now, delay: u64| {
        pace.on_lost(now, PRIMARY, false);
        assert_eq!(pace.cause(at(now + delay - 1)), None, "at {now}");
        assert_eq!(pace.cause(at(now + delay)), Some(Cause::Lost), "at {now}");
        pace.on_connected(PRIMARY);
        assert_eq!(pace.cause(at(now + delay + 1)), None);
    };
    flap(0, 20);
    flap(1_000, 40);
    flap(2_000, 80);
    flap(20_000, 20);
}

#[test]
fn a_suspicion_that_a_view_change_answers_was_not_for_nothing() {
    let mut pace = pacemaker();
    pace.on_lost(0, PRIMARY, true);
    assert_eq!(pace.cause(at(0)), Some(Cause::Lost));
    pace.on_leave(1, false);
    pace.on_connected(PRIMARY);
    pace.on_lost(100, PRIMARY, true);
    assert_eq!(pace.cause(at(100)), Some(Cause::Lost));
}

#[test]
fn between_views_nothing_is_suspected_before_a_quorum() {
    let mut pace = pacemaker();
    let changing = Sight { changing: true, fault: true, ..at(500) };
    pace.on_lost(0, PRIMARY, true);
    assert_eq!(pace.cause(changing), None);
    pace.on_quorum(500);
    assert_eq!(pace.cause(changing), Some(Cause::Fault));
}

#[test]
fn the_pause_between_repeats_doubles_up_to_its_cap_and_any_progress_ends_that() {
    let mut pace = pacemaker();
    let repeats = |pace: &mut Pacemaker, from: Now| -> Vec<Now> {
        (from..from + 4_000).filter(|now| pace.says_again(*now, true)).map(|now| now - from).collect()
    };
    assert_eq!(repeats(&mut pace, 0), [100, 300, 700, 1_500, 2_500, 3_500]);
    pace.on_certificate(4_000, None);
    assert_eq!(repeats(&mut pace, 4_000)[..2], [100, 300]);
    assert!(!pace.says_again(9_000, false), "nothing hangs");
}

#[test]
fn suspect_is_repeated_while_it_lasts() {
    let mut pace = pacemaker();
    let said: Vec<Now> = (0..300).filter(|now| pace.says_suspect(*now, *now < 250)).collect();
    assert_eq!(said, [0, 100, 200]);
}

#[test]
fn the_alarm_is_the_next_strike_above_now() {
    let mut pace = pacemaker();
    assert_eq!(pace.next_strike(at(0)), None);
    pace.set_busy(0, true);
    assert_eq!(pace.next_strike(at(0)), Some(100));
    pace.on_lost(50, PRIMARY, false);
    assert_eq!(pace.next_strike(at(50)), Some(70));
    assert_eq!(pace.next_strike(at(100)), None, "a late tick is harmless, and nothing is left to strike");
}
