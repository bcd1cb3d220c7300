//! Accounts as the body function needs them: does the account stand, and which nonce comes next.
//!
//! A nonce counts inclusions, so the next one at the newest final block follows from any executed state and the bodies
//! since, whatever execution says. Lookups are remembered and moved on by each final block.

use std::collections::BTreeMap;

use tierchain_primitives::certificate::ValidatorSet;
use tierchain_primitives::epoch::EpochChange;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{AccountId, BlockNumber, Epoch};
use tierchain_runtime::registry::Rejoined;
use tierchain_runtime::{AccountInfo, Checked};

use crate::chain::Block;
use crate::spending::Spending;

/// What a replica reads of the ledger it has executed. Answers for a block stay the same however often it is asked
/// and whatever was executed since.
pub trait LedgerRead: ChainRead {
    /// The account's record in the state after block `at`; none if it doesn't stand there. `at` is the newest executed
    /// block or one of the last [`WINDOW`](tierchain_primitives::limits::WINDOW) before it.
    fn account(&self, account: &AccountId, at: BlockNumber) -> Option<AccountInfo>;

    /// The decided end of the epoch in the state after the newest executed block.
    fn epoch_change(&self) -> Option<EpochChange>;

    /// The newest rejoin of a consensus key in that state.
    fn rejoined(&self, key: &AccountId) -> Option<Rejoined>;

    /// The set of an epoch that has begun by then, however long ago.
    fn epoch_set(&self, epoch: Epoch) -> Option<ValidatorSet>;
}

/// Most accounts remembered at a time; beyond that all are forgotten and looked up again.
const REMEMBERED_MAX: usize = 100_000;

#[derive(Clone, Copy, Debug)]
struct Remembered {
    /// The next nonce at the newest final block.
    next: Nonce,
    /// The lowest block after which the account is known to stand.
    stands_at: BlockNumber,
}

/// The accounts seen lately.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    remembered: BTreeMap<AccountId, Remembered>,
    /// What they have spent of their quotas.
    pub spending: Spending,
}

impl Accounts {
    /// The account's next nonce at the newest final block; none if it doesn't stand in the newest executed state.
    /// `since` gives the bodies of the final blocks that aren't executed.
    pub fn next_at_final<'a>(
        &mut self,
        account: &AccountId,
        ledger: &impl LedgerRead,
        executed: BlockNumber,
        since: impl Iterator<Item = &'a [Checked]>,
    ) -> Option<Nonce> {
        if let Some(known) = self.remembered.get(account) {
            return Some(known.next);
        }
        let nonce = ledger.account(account, executed)?.nonce;
        let included = since.flatten().filter(|checked| checked.extrinsic.signer == *account).count();
        let next = nonce + Nonce::try_from(included).expect("a window of bodies has far fewer than 2^32 extrinsics");
        if self.remembered.len() >= REMEMBERED_MAX {
            self.remembered.clear();
        }
        self.remembered.insert(*account, Remembered { next, stands_at: executed });
        Some(next)
    }

    /// Whether the account stands in the state after block `at`. Accounts are never deleted, so standing once is
    /// standing ever after.
    pub fn stands(&mut self, account: &AccountId, ledger: &impl LedgerRead, at: BlockNumber) -> bool {
        match self.remembered.get_mut(account) {
            Some(known) if known.stands_at <= at => true,
            Some(known) => {
                let stands = ledger.account(account, at).is_some();
                if stands {
                    known.stands_at = at;
                }
                stands
            }
            None => ledger.account(account, at).is_some(),
        }
    }

    /// Whether the extrinsic's nonce is known to be used up. False when the account wasn't seen lately.
    #[must_use]
    pub fn is_used_up(&self, checked: &Checked) -> bool {
        let known = self.remembered.get(&checked.extrinsic.signer);
        known.is_some_and(|known| checked.extrinsic.nonce < known.next)
    }

    /// Moves on by a final block.
    pub fn on_final(&mut self, block: &Block) {
        for (signer, included) in block.signers() {
            if let Some(known) = self.remembered.get_mut(signer) {
                known.next = included.next;
            }
        }
        self.spending.on_final(block);
    }
}

#[cfg(test)]
mod tests;
