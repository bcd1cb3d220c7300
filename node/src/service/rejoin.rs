//! Has a validator that lost its vote log ask for the epoch in which it votes again, by itself: when it may and what it
//! signs is `tierchain_replica::rejoin`'s.

use std::sync::Arc;
use std::time::Duration;

use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::Extrinsic;
use tierchain_primitives::{AccountId, H256};
use tierchain_replica::rejoin::{Applicant, LOOK_EVERY_MS, Request, Wait};
use tierchain_replica::{Refusal, Status};
use tierchain_runtime::VERSIONS;

use super::shared::Shared;

/// What the replica says about it.
struct Standing {
    challenge: Option<H256>,
    status: Status,
}

/// Asks until the chain has answered. Ends at once where nothing is to be asked.
pub(crate) async fn run(shared: Arc<Shared>, key: Option<KeyPair>) {
    let Some(key) = key else { return };
    let mut told = None;
    let mut asked = false;
    loop {
        let Some(standing) = standing(&shared).await else { return };
        let Some(challenge) = standing.challenge else {
            if asked {
                tracing::info!("the rejoin was executed: this validator votes with the next epoch");
            }
            return;
        };
        asked = true;
        match waits(&shared, &key.public(), &standing.status) {
            Some(why) if told != Some(why) => {
                told = Some(why);
                tracing::info!(?why, "the vote log was lost; the rejoin waits");
            }
            Some(_) => {}
            None => ask(&shared, &key, challenge).await,
        }
        tokio::time::sleep(Duration::from_millis(LOOK_EVERY_MS)).await;
    }
}

async fn standing(shared: &Arc<Shared>) -> Option<Standing> {
    let asked = shared.clone();
    let question = move || {
        asked.driver.ask(|replica| Standing { challenge: replica.unanswered_challenge(), status: replica.status() })
    };
    tokio::task::spawn_blocking(question).await.ok().flatten()
}

fn waits(shared: &Shared, key: &AccountId, status: &Status) -> Option<Wait> {
    let (epochs, peers, wall) = (shared.epochs(), shared.network.peers().len(), shared.clock.now().wall);
    Applicant { key, set: epochs.current(), status, peers, wall }.waits(&shared.db)
}

/// Signs a rejoin and hands it in.
async fn ask(shared: &Arc<Shared>, key: &KeyPair, challenge: H256) {
    let best = shared.finalized().header.number;
    let Some(request) = Request::new(challenge, &key.public(), &shared.db, best) else { return };
    let Some(birth) = shared.db.hash_of(request.born) else { return };
    let Request { call, era, nonce, .. } = request;
    let extrinsic = Extrinsic::sign(key, call, era, nonce, VERSIONS, &shared.genesis, &birth);
    let Ok(checked) = tierchain_runtime::check(&extrinsic.encode()) else {
        unreachable!("a rejoin is an extrinsic like any other")
    };
    match shared.driver.submit(checked, birth).await {
        Some(Ok(hash)) => tracing::info!(%hash, %challenge, "asks for an epoch in which it votes again"),
        // It waits in the pool already, perhaps since an earlier start.
        None | Some(Err(Refusal::AlreadyKnown | Refusal::NonceTaken { .. })) => {}
        Some(Err(refusal)) => tracing::warn!(%refusal, "the rejoin was refused; it is tried again"),
    }
}
