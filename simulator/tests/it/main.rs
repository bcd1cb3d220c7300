//! The simulator itself: runs can be had again, hold, and fail when they must.

use tierchain_simulator::campaign::run_seed;
use tierchain_simulator::mix::Mix;
use tierchain_simulator::profile::Options;

#[test]
fn a_run_is_a_function_of_its_options() {
    for seed in [3, 9, 14] {
        let options = Options::new(seed, 600);
        let (one, two) = (run_seed(&options), run_seed(&options));
        assert_eq!(one, two, "seed {seed}");
        assert_ne!(one.fingerprint, run_seed(&Options::new(seed + 100, 600)).fingerprint);
    }
}

#[test]
fn a_few_bad_days_are_survived() {
    for seed in 0..40 {
        for validators in [4, 7] {
            let report = run_seed(&Options { validators: Some(validators), ..Options::new(seed, 800) });
            assert_eq!(report.violation, None, "seed {seed} with {validators} validators");
            assert!(report.height > 0, "seed {seed}: something became final");
        }
    }
}

/// f liars every time: they are survived, shown to have lied, and refused.
#[test]
fn liars_are_survived_and_caught() {
    let (mut evidence, mut refused) = (0, 0);
    for seed in 0..60 {
        let report = run_seed(&Options { mix: Mix::Liars, ..Options::new(seed, 1_500) });
        assert_eq!(report.violation, None, "seed {seed}");
        evidence += report.evidence;
        refused += report.refused;
    }
    assert!(evidence > 20, "contradictions reach honest validators: {evidence}");
    assert!(refused > 20, "forgeries reach honest validators: {refused}");
}

/// A disk that loses what it synced makes validators forget promises: if nobody objected, the checks would be no good.
#[test]
fn lying_disks_are_found_out() {
    let runs = (0..40).map(|seed| run_seed(&Options { lying_disks: true, ..Options::new(seed, 2_000) }));
    let found: Vec<&str> = runs.filter_map(|report| report.violation).map(|violation| violation.invariant).collect();
    assert!(found.len() > 5, "{found:?}");
}
