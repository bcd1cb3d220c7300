//! What happened in a story, by name: a property says nothing of what never occurred.

use std::collections::BTreeMap;

use tierchain_primitives::ledger::EventKind;
use tierchain_runtime::errors::describe;
use tierchain_runtime::{Outcome, RuntimeEvent, chains};

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(BTreeMap<String, u64>);

impl Tally {
    /// Something happened.
    pub(crate) fn add(&mut self, what: &str) {
        self.add_some(what, 1);
    }

    /// Something happened so many times.
    pub(crate) fn add_some(&mut self, what: &str, times: usize) {
        *self.0.entry(what.to_owned()).or_default() += times as u64;
    }

    /// What a block brought: blocks by what happened, reports by their names, refusals by their errors.
    pub(crate) fn take(&mut self, outcome: &Outcome) {
        for block in &outcome.entity_blocks {
            self.add(&format!("block {}", kind(&block.tx.event.event)));
        }
        self.add_some("meta block", outcome.meta_blocks.len());
        for record in &outcome.events {
            match &record.event {
                RuntimeEvent::Chains(chains::Event::ItemRefused { error, .. }) => {
                    self.add(&format!("refused {}", describe(*error).expect("every error is described").0));
                }
                RuntimeEvent::Chains(event) => self.add(&format!("report {}", name(event))),
                _ => {}
            }
        }
        for error in outcome.results.iter().filter_map(|result| result.as_ref().err()) {
            self.add(&format!("refused {}", describe(error.as_module()).expect("every error is described").0));
        }
    }

    /// Asserts that each of these happened.
    pub(crate) fn assert_each(&self, expected: &[&str]) {
        let missing: Vec<_> = expected.iter().filter(|what| !self.0.contains_key(**what)).collect();
        assert!(missing.is_empty(), "these never happened: {missing:?}; these did: {:#?}", self.0);
    }
}

/// An event's name, with what an end or a note is about.
fn kind(event: &EventKind) -> String {
    match event {
        EventKind::Ended { reason } => format!("Ended {}", name(reason)),
        other => name(other),
    }
}

/// The name of a variant.
fn name(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}
