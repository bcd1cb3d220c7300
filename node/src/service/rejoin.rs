//! How a validator that lost its vote log asks for the epoch in which it votes again, by itself.
//!
//! The log begins with a challenge. Until the chain has executed a `registry.rejoin` of just that challenge, this task
//! signs one with the consensus key and hands it to the node's own pool, whenever it could be executed. What it knows
//! is in the log and in the chain, so a node that is killed goes on where it was.

use std::sync::Arc;
use std::time::Duration;

use parity_scale_codec::Encode;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::{Era, Extrinsic};
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};
use tierchain_replica::{Refusal, Status};
use tierchain_runtime::registry::{self, REJOIN_INTERVAL_MS};
use tierchain_runtime::{Call, VERSIONS, system};

use super::shared::Shared;

/// How often it looks.
const EVERY: Duration = Duration::from_millis(500);

/// For how many blocks a rejoin may be included before it is signed again.
const ERA_BLOCKS: u32 = 256;

/// What the replica says about it.
struct Standing {
    challenge: Option<H256>,
    status: Status,
}

/// Why it isn't asked for just now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wait {
    /// The state here may be old.
    CatchingUp,
    /// The set in force doesn't have the key.
    NoSeat,
    /// The last rejoin is too young.
    Until(Millis),
    /// The epoch ends already.
    Ending,
}

/// Asks until the chain has answered. Ends at once where nothing is to be asked.
pub(crate) async fn run(shared: Arc<Shared>, key: Option<KeyPair>) {
    let Some(key) = key else { return };
    let mut waits = None;
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
        match wait(&shared, &key.public(), &standing.status) {
            Some(why) if waits != Some(why) => {
                waits = Some(why);
                tracing::info!(?why, "the vote log was lost; the rejoin waits");
            }
            Some(_) => {}
            None => ask(&shared, &key, challenge).await,
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn standing(shared: &Arc<Shared>) -> Option<Standing> {
    let asked = shared.clone();
    let question = move || {
        asked.driver.ask(|replica| Standing { challenge: replica.unanswered_challenge(), status: replica.status() })
    };
    tokio::task::spawn_blocking(question).await.ok().flatten()
}

/// Whether a rejoin would fail if it were executed now.
fn wait(shared: &Shared, key: &AccountId, status: &Status) -> Option<Wait> {
    let epochs = shared.epochs();
    let has_company = shared.network.peers().len() >= epochs.current().faulty_max();
    if status.is_syncing || status.executed.0 < status.last.0 || !has_company {
        return Some(Wait::CatchingUp);
    }
    if epochs.current().index_of(key).is_none() {
        return Some(Wait::NoSeat);
    }
    if registry::epoch_change(&shared.db).is_some() {
        return Some(Wait::Ending);
    }
    let free = registry::REJOINS.get(&shared.db, key).map(|last| last.at + REJOIN_INTERVAL_MS);
    free.filter(|free| shared.clock.now().wall < *free).map(Wait::Until)
}

/// Signs a rejoin and hands it in.
async fn ask(shared: &Arc<Shared>, key: &KeyPair, challenge: H256) {
    let head = shared.finalized();
    let era = Era::mortal(ERA_BLOCKS, head.header.number);
    let Some(birth) = shared.db.hash_of(era.birth(head.header.number)) else { return };
    let Some(nonce) = system::ACCOUNT.get(&shared.db as &dyn StateRead, &key.public()).map(|account| account.nonce)
    else {
        return;
    };
    let call = Call::Registry(registry::Call::Rejoin { challenge }).encode();
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
