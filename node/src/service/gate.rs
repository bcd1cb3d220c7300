//! The door for submissions: checked, verified in batches, answered once the extrinsic is in the vote log.
//!
//! While one batch is verified the next one gathers, so that a lone submission doesn't wait and many share the cost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tierchain_primitives::H256;
use tierchain_primitives::limits::BLOCK_WEIGHT_MAX;
use tierchain_replica::Refusal;
use tierchain_rpc::SubmitError;
use tierchain_runtime::{CheckError, Checked, Weights};
use tokio::sync::oneshot;

use super::gaps;
use super::shared::Shared;
use crate::telemetry::metric;

/// Most submissions that wait to be verified.
const WAITING_MAX: usize = 8_192;

/// Bounds of the advice when to come again, in milliseconds.
const RETRY_MS: (u64, u64) = (10, 5_000);

/// A submission whose signature isn't verified yet.
struct Waiting {
    entry: (Checked, H256),
    verdict: oneshot::Sender<bool>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    is_worked_on: bool,
    /// What each signature of the last batch took, in microseconds.
    each_us: u64,
}

impl Queue {
    /// When as many as wait now are verified: so many at most are before whoever finds no room.
    fn retry_after_ms(&self) -> u64 {
        (self.each_us.saturating_mul(self.waiting.len() as u64) / 1_000).clamp(RETRY_MS.0, RETRY_MS.1)
    }
}

/// Gathers submissions into batches.
#[derive(Default)]
pub(crate) struct Gate {
    queue: Mutex<Queue>,
}

/// Takes an extrinsic; answers with its hash once it is in the node's log.
pub(crate) async fn submit(shared: &Arc<Shared>, bytes: Vec<u8>) -> Result<H256, SubmitError> {
    let result = try_submit(shared, bytes).await;
    if let Err(error) = &result {
        metrics::counter!(metric::REFUSED, "reason" => format!("{:?}", error.kind())).increment(1);
    }
    result
}

async fn try_submit(shared: &Arc<Shared>, bytes: Vec<u8>) -> Result<H256, SubmitError> {
    let checked = tierchain_runtime::check(&bytes).map_err(|error| match error {
        CheckError::Extrinsic(error) => SubmitError::from(error),
        other => SubmitError::Undecodable { reason: other.to_string() },
    })?;
    if shared.seat(&shared.epochs()).is_none() {
        return Err(SubmitError::Observer);
    }
    let weight = checked.weight_at(&Weights::new(shared.spec.genesis.block_nonce_bits));
    if weight > BLOCK_WEIGHT_MAX {
        return Err(SubmitError::TooHeavy { found: weight, max: BLOCK_WEIGHT_MAX });
    }
    let who = checked.extrinsic.signer;
    let following = shared.finalized().header.number.saturating_add(1);
    let born = checked.extrinsic.era.birth(following);
    let birth = shared.db.hash_of(born).filter(|_| born < following);
    let birth = birth.ok_or(SubmitError::UnknownBirthBlock { who, birth: born })?;
    if !verify(shared, checked.clone(), birth).await? {
        return Err(SubmitError::BadSignature { who });
    }
    let nonce = checked.extrinsic.nonce;
    let hash = checked.hash;
    let death = checked.extrinsic.era.death(born);
    match shared.driver.submit(checked, birth).await {
        None => Err(SubmitError::Stopping),
        Some(Ok(hash)) => {
            gaps::on_pooled(shared, who, hash);
            Ok(hash)
        }
        Some(Err(refusal)) => Err(refused(refusal, who, nonce, hash, death)),
    }
}

fn refused(
    refusal: Refusal,
    who: tierchain_primitives::AccountId,
    nonce: u32,
    hash: H256,
    death: Option<u32>,
) -> SubmitError {
    match refusal {
        Refusal::UnknownAccount(who) => SubmitError::UnknownAccount { who },
        Refusal::NonceTooLow { expected, .. } => SubmitError::NonceTooLow { who, expected, got: nonce },
        Refusal::NonceTooHigh { expected, .. } => SubmitError::NonceTooHigh { who, expected, got: nonce },
        Refusal::AlreadyKnown => SubmitError::AlreadyImported { hash },
        Refusal::NonceTaken { by } => SubmitError::NonceTaken { who, nonce, by },
        Refusal::Outdated { next } => SubmitError::Outdated { who, death: death.unwrap_or(next), next },
        Refusal::OverQuota { who, retry_after_ms } => SubmitError::OverQuota { who, retry_after_ms },
        Refusal::ShareFull { who, retry_after_ms } => SubmitError::ShareFull { who, retry_after_ms },
        Refusal::PoolFull { retry_after_ms } => SubmitError::PoolFull { retry_after_ms },
    }
}

/// Whether the extrinsic's signature holds; verified together with whatever else arrives meanwhile.
///
/// # Errors
/// When too many wait already, or the node is stopping.
async fn verify(shared: &Arc<Shared>, checked: Checked, birth: H256) -> Result<bool, SubmitError> {
    let (verdict, decided) = oneshot::channel();
    let must_start = {
        let mut queue = shared.gate.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.len() >= WAITING_MAX {
            return Err(SubmitError::PoolFull { retry_after_ms: queue.retry_after_ms() });
        }
        queue.waiting.push(Waiting { entry: (checked, birth), verdict });
        !core::mem::replace(&mut queue.is_worked_on, true)
    };
    if must_start {
        let shared = shared.clone();
        tokio::task::spawn_blocking(move || work(&shared));
    }
    decided.await.map_err(|_| SubmitError::Stopping)
}

impl Gate {
    /// All that waits; none when nothing does, and whoever comes then has to start the work.
    fn next_batch(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.is_empty() {
            queue.is_worked_on = false;
            return None;
        }
        Some(core::mem::take(&mut queue.waiting))
    }

    fn note_pace(&self, count: usize, began: Instant) {
        let us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).each_us = us / count.max(1) as u64;
    }
}

/// Verifies batch after batch until none is left.
fn work(shared: &Shared) {
    while let Some(batch) = shared.gate.next_batch() {
        let began = Instant::now();
        let (entries, verdicts): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|waiting| (waiting.entry, waiting.verdict)).unzip();
        for (holds, verdict) in shared.verifier.verify(&entries).into_iter().zip(verdicts) {
            // Whoever asked may have hung up.
            let _ = verdict.send(holds);
        }
        shared.gate.note_pace(entries.len(), began);
    }
}
