//! A depth-first search, to its end or cut short, and what it came to.

use std::thread::sleep;
use std::time::{Duration, Instant};

use stateright::{Checker, HasDiscoveries, Model};

use super::model::{Bounds, System};
use super::words::Who;

/// How often progress is told.
const REPORT_EVERY: Duration = Duration::from_secs(30);

/// What a search came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// Distinct states.
    pub(crate) states: usize,
    /// Steps, those to a known state included.
    pub(crate) steps: usize,
    /// Length of the longest way.
    pub(crate) depth: usize,
    /// Distinct states of single validators.
    pub(crate) local: usize,
    /// Whether there was more to see.
    pub(crate) cut: bool,
    /// The properties that don't hold as they should, each with the way to where that shows.
    pub(crate) broken: Vec<(&'static str, Vec<String>)>,
}

/// Searches until everything was seen, a property is broken, or there are so many states.
pub(crate) fn search(bounds: Bounds, liars: &[Who], states_max: usize) -> Figures {
    let checker = System::new(bounds, liars).checker().finish_when(HasDiscoveries::AnyFailures).spawn_dfs();
    let mut told = Instant::now();
    let mut cut = false;
    while !checker.is_done() && !cut {
        sleep(Duration::from_millis(50));
        if told.elapsed() >= REPORT_EVERY {
            told = Instant::now();
            println!("  liars {liars:?}: {} states, depth {}", checker.unique_state_count(), checker.max_depth());
        }
        if checker.unique_state_count() >= states_max {
            cut = true;
            checker.model().set_stopped(true);
        }
    }
    let checker = checker.join();
    let model = checker.model();
    // The ways to what was found are walked again.
    model.set_stopped(false);
    let mut figures = Figures {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        local: model.library().node_count(),
        cut,
        broken: Vec::new(),
    };
    let found = checker.discoveries();
    for property in model.properties() {
        let must_not_be_found = property.expectation.discovery_is_failure();
        match found.get(property.name) {
            Some(path) if must_not_be_found => {
                let way = path.clone().into_actions().iter().map(|action| model.format_action(action)).collect();
                figures.broken.push((property.name, way));
            }
            None if !must_not_be_found && !cut => figures.broken.push((property.name, Vec::new())),
            _ => {}
        }
    }
    figures
}
