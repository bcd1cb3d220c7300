//! The role foundry: without it the ledger refuses every birth and every anchor, so a foundry says what it lacks and waits
//! until it is granted. Operators may do that at any time.

use std::time::Duration;

use tierchain_client::{AskError, Ledger};
use tierchain_primitives::AccountId;
use tierchain_runtime::registry::{self, Role};
use tokio::time::{Instant, sleep};

use super::judge::load;

/// How often the ledger is asked: about once for each block of an idle network.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// How often is said what is waited for.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// Waits until an account has the role, as `is_granted` answers.
pub(super) async fn wait(account: &AccountId, is_granted: impl AsyncFnMut() -> bool) {
    let say = || tracing::warn!(%account, "{}", lack(account));
    let waited = wait_saying(is_granted, say, ASK_EVERY).await;
    if waited {
        tracing::info!(%account, "the role foundry was granted");
    }
}

/// Asks until it is granted, and says again and again that it isn't; whether there was anything to wait for.
async fn wait_saying(mut is_granted: impl AsyncFnMut() -> bool, mut say: impl FnMut(), ask_every: Duration) -> bool {
    let mut said: Option<Instant> = None;
    while !is_granted().await {
        if said.is_none_or(|at| at.elapsed() >= SAY_EVERY) {
            say();
            said = Some(Instant::now());
        }
        sleep(ask_every).await;
    }
    said.is_some()
}

/// What an account lacks, what follows, and the remedy.
fn lack(account: &AccountId) -> String {
    format!(
        "the account has no role foundry, so the ledger would refuse its births and anchors: have a quorum of the \
         operators grant it (`tierchain registry grant {account} foundry --key OPERATOR`, then `tierchain registry \
         approve`; `tierchain registry who-may-grant foundry` names them); no requests are taken until then"
    )
}

/// Whether an account has the role, as one validator knows.
pub(super) async fn is_granted<L: Ledger>(ledger: &L, account: &AccountId) -> Result<bool, AskError> {
    let mut state = Default::default();
    load(ledger, &mut state, registry::ROLES.key(account)).await?;
    Ok(registry::roles(&state, account).has(Role::Foundry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_missing_is_said_once_and_waited_for() {
        for refusals in [0, 1, 3] {
            let (mut asked, mut said) = (0, 0);
            let granted = async || {
                asked += 1;
                asked > refusals
            };
            let waited = wait_saying(granted, || said += 1, Duration::ZERO).await;
            assert_eq!((asked, said, waited), (refusals + 1, usize::from(refusals > 0), refusals > 0));
        }
    }

    #[test]
    fn who_lacks_it_and_what_to_do_is_said() {
        let account = AccountId([7; 32]);
        let said = lack(&account);
        assert!(said.contains(&format!("registry grant {account} foundry")) && said.contains("approve"), "{said}");
    }
}
