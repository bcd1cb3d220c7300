//! Signatures of extrinsics, verified once: in batches, and never twice while the answer is remembered.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tierchain_primitives::H256;
use tierchain_primitives::crypto::{BatchItem, verify_zip215_batch};
use tierchain_primitives::extrinsic::payload;
use tierchain_runtime::{Checked, VERSIONS};

use crate::telemetry::metric;

/// Signatures remembered per generation.
const GENERATION: usize = 65_536;

/// Signatures verified together: larger batches gain little and hold a thread for longer.
const BATCH: usize = 256;

/// An extrinsic and the birth block for which its signature holds. An extrinsic is sent to several validators, so it
/// arrives as a submission and in others' bundles.
type Known = (H256, H256);

/// Two generations of known signatures: the older one is forgotten when the younger one is full.
#[derive(Default)]
struct Memory {
    young: HashSet<Known>,
    old: HashSet<Known>,
}

/// Verifies signatures for one chain.
pub(crate) struct Verifier {
    genesis: H256,
    memory: Mutex<Memory>,
}

impl Verifier {
    /// A verifier that remembers nothing yet.
    pub(crate) fn new(genesis: H256) -> Self {
        Self { genesis, memory: Mutex::default() }
    }

    /// For each extrinsic, whether its signature holds for the birth block given with it.
    pub(crate) fn verify(&self, entries: &[(Checked, H256)]) -> Vec<bool> {
        let mut verdicts = self.recall(entries);
        let unknown: Vec<usize> = (0..entries.len()).filter(|at| !verdicts[*at]).collect();
        for chunk in unknown.chunks(BATCH) {
            let start = Instant::now();
            let messages: Vec<Vec<u8>> = chunk.iter().map(|at| self.message(&entries[*at])).collect();
            let items: Vec<_> = chunk
                .iter()
                .zip(&messages)
                .map(|(at, message)| {
                    let extrinsic = &entries[*at].0.extrinsic;
                    BatchItem { key: &extrinsic.signer, message, signature: &extrinsic.signature }
                })
                .collect();
            for (at, holds) in chunk.iter().zip(verify_zip215_batch(&items)) {
                verdicts[*at] = holds;
            }
            metrics::histogram!(metric::VERIFICATION_SECONDS).record(start.elapsed());
        }
        self.remember(unknown.iter().filter(|at| verdicts[**at]).map(|at| known(&entries[*at])));
        verdicts
    }

    fn message(&self, (checked, birth): &(Checked, H256)) -> Vec<u8> {
        let extrinsic = &checked.extrinsic;
        payload(&extrinsic.call, extrinsic.era, extrinsic.nonce, VERSIONS, &self.genesis, birth)
    }

    fn recall(&self, entries: &[(Checked, H256)]) -> Vec<bool> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let recalls = |entry: Known| memory.young.contains(&entry) || memory.old.contains(&entry);
        entries.iter().map(|entry| recalls(known(entry))).collect()
    }

    fn remember(&self, good: impl Iterator<Item = Known>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.young.extend(good);
        if memory.young.len() >= GENERATION {
            memory.old = core::mem::take(&mut memory.young);
        }
    }
}

fn known((checked, birth): &(Checked, H256)) -> Known {
    (checked.hash, *birth)
}
