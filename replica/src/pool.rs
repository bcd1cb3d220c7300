//! The mempool: extrinsics submitted to this node, waiting in per-account nonce order to be bundled and included.
//!
//! Bounded in number, bytes and per account. An extrinsic stays until it is included, another one takes its nonce, or
//! its era ends; until then it is put into a bundle again whenever the last one was passed over for too long, so that
//! a bundle lost with its maker loses nothing.

mod pace;

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::limits::NONCE_AHEAD_MAX;
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_runtime::Checked;

use self::pace::Pace;
use crate::effect::DropReason;

/// Most extrinsics in the pool.
pub const POOL_EXTRINSICS_MAX: usize = 32_768;

/// Most bytes of extrinsics in the pool.
pub const POOL_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most bytes of one account in the pool. It may wait with as many extrinsics as its nonces allow, of which none costs it
/// anything before it is included, and one that leaves a nonce out never is: without a share, one account would fill the
/// pool for ever.
pub const ACCOUNT_BYTES_MAX: usize = POOL_BYTES_MAX / 16;

/// After how many milliseconds without inclusion an extrinsic is bundled again, at first; the delay doubles.
const BUNDLE_AGAIN_MS: u64 = 1_000;

/// Why an extrinsic isn't taken into the pool, with the remedy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody admitted the signer.
    #[error("account {0} is unknown here: an operator has to admit it first")]
    UnknownAccount(AccountId),
    /// The nonce was used already.
    #[error("nonce {found} is used up, the account's next is {expected}: sign again with that")]
    NonceTooLow {
        /// The account's next nonce.
        expected: Nonce,
        /// The extrinsic's.
        found: Nonce,
    },
    /// The nonce is so far ahead that it can't wait here.
    #[error(
        "nonce {found} is more than {NONCE_AHEAD_MAX} ahead of the account's next, {expected}: send those before it"
    )]
    NonceTooHigh {
        /// The account's next nonce.
        expected: Nonce,
        /// The extrinsic's.
        found: Nonce,
    },
    /// The very extrinsic is in the pool.
    #[error("the extrinsic is already in the pool: wait for it")]
    AlreadyKnown,
    /// Another extrinsic with this account and nonce is in the pool.
    #[error("another extrinsic with this nonce, {by}, is in the pool: wait for it or use the next nonce")]
    NonceTaken {
        /// The other one.
        by: H256,
    },
    /// Its era ended, or this node doesn't know the block that it counts from.
    #[error(
        "the extrinsic's era ended before block {next}, or this node is behind and doesn't know its birth block: sign \
         again with a fresh birth block, or submit to another validator"
    )]
    Outdated {
        /// The next block.
        next: BlockNumber,
    },
    /// The account has used up its quota.
    #[error(
        "account {who} has used up its quota: retry after {retry_after_ms} ms, or ask its operators for a greater one"
    )]
    OverQuota {
        /// The account.
        who: AccountId,
        /// When something of it can be included again, if nothing else is until then.
        retry_after_ms: u64,
    },
    /// The account has its share of the pool.
    #[error(
        "account {who} has {ACCOUNT_BYTES_MAX} bytes in the pool, its share: retry after {retry_after_ms} ms, and send the \
         next nonce first"
    )]
    ShareFull {
        /// The account.
        who: AccountId,
        /// When it is worth trying again.
        retry_after_ms: u64,
    },
    /// The pool is full. Room comes with final blocks, so the advice is what the last ones took.
    #[error("the pool is full: retry after {retry_after_ms} ms, or send to another validator")]
    PoolFull {
        /// When it is worth trying again.
        retry_after_ms: u64,
    },
}

/// What to bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// Whatever is ready.
    All,
    /// Births, ends and anchors.
    Milestones,
}

/// An extrinsic in the pool.
#[derive(Clone, Debug)]
struct Pooled {
    checked: Checked,
    birth: H256,
    death: Option<BlockNumber>,
    /// While it is in a bundle, when it is put into another one.
    again_at: Option<u64>,
    tries: u32,
}

impl Pooled {
    /// For how long a bundle with it may come to nothing.
    fn patience(&self) -> u64 {
        BUNDLE_AGAIN_MS << self.tries.min(5)
    }
}

/// What the pool has to know of an account.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Its next nonce by the final blocks.
    pub next: Nonce,
}

/// The pool.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    accounts: BTreeMap<AccountId, BTreeMap<Nonce, Pooled>>,
    by_hash: BTreeMap<H256, (AccountId, Nonce)>,
    expiry: BTreeSet<(BlockNumber, H256)>,
    /// Accounts that may have something to bundle.
    candidates: BTreeSet<AccountId>,
    /// What was bundled and when to do it again, in order of time.
    bundled: BTreeSet<(u64, H256)>,
    bytes: usize,
    pace: Pace,
}

impl Pool {
    /// Takes an extrinsic whose signature holds for `birth`.
    ///
    /// # Errors
    /// Why it isn't taken.
    pub fn insert(
        &mut self,
        checked: Checked,
        birth: H256,
        death: Option<BlockNumber>,
        account: Standing,
    ) -> Result<(), Refusal> {
        let (signer, nonce) = (checked.extrinsic.signer, checked.extrinsic.nonce);
        if nonce < account.next {
            return Err(Refusal::NonceTooLow { expected: account.next, found: nonce });
        }
        if nonce - account.next > NONCE_AHEAD_MAX {
            return Err(Refusal::NonceTooHigh { expected: account.next, found: nonce });
        }
        if let Some(known) = self.accounts.get(&signer).and_then(|queue| queue.get(&nonce)) {
            let by = known.checked.hash;
            return Err(if by == checked.hash { Refusal::AlreadyKnown } else { Refusal::NonceTaken { by } });
        }
        if self.by_hash.len() >= POOL_EXTRINSICS_MAX || self.bytes + checked.bytes.len() > POOL_BYTES_MAX {
            return Err(Refusal::PoolFull { retry_after_ms: self.pace.retry_after_ms() });
        }
        if self.bytes_of(&signer) + checked.bytes.len() > ACCOUNT_BYTES_MAX {
            return Err(Refusal::ShareFull { who: signer, retry_after_ms: self.pace.retry_after_ms() });
        }
        self.bytes += checked.bytes.len();
        self.by_hash.insert(checked.hash, (signer, nonce));
        if let Some(death) = death {
            self.expiry.insert((death, checked.hash));
        }
        self.candidates.insert(signer);
        let pooled = Pooled { checked, birth, death, again_at: None, tries: 0 };
        self.accounts.entry(signer).or_default().insert(nonce, pooled);
        Ok(())
    }

    /// Bytes of an account's extrinsics: there are few hundred of them at most.
    fn bytes_of(&self, account: &AccountId) -> usize {
        let queue = self.accounts.get(account).into_iter().flat_map(BTreeMap::values);
        queue.map(|pooled| pooled.checked.bytes.len()).sum()
    }

    /// Takes what can be included next and isn't bundled, up to `count_max` and `bytes_max`, each account's in nonce
    /// order; of milestones only what has nothing else of its account before it.
    pub fn take_ready(
        &mut self,
        which: Which,
        now: u64,
        count_max: usize,
        bytes_max: usize,
        mut next_nonce: impl FnMut(&AccountId) -> Nonce,
    ) -> Vec<(Checked, H256)> {
        let mut taken: Vec<(Checked, H256)> = Vec::new();
        let mut bytes = 0;
        let mut exhausted = Vec::new();
        'accounts: for account in &self.candidates {
            let Some(queue) = self.accounts.get_mut(account) else {
                exhausted.push(*account);
                continue;
            };
            let mut full = false;
            for (expected, (nonce, pooled)) in (next_nonce(account)..).zip(queue.iter_mut()) {
                if *nonce != expected {
                    break;
                }
                if pooled.again_at.is_some() {
                    continue;
                }
                if which == Which::Milestones && !pooled.checked.call.is_milestone() {
                    continue 'accounts;
                }
                bytes += pooled.checked.bytes.len();
                if taken.len() == count_max || (bytes > bytes_max && !taken.is_empty()) {
                    full = true;
                    break;
                }
                let again_at = now + pooled.patience();
                pooled.again_at = Some(again_at);
                pooled.tries += 1;
                self.bundled.insert((again_at, pooled.checked.hash));
                taken.push((pooled.checked.clone(), pooled.birth));
            }
            if full {
                break;
            }
            exhausted.push(*account);
        }
        for account in exhausted {
            self.candidates.remove(&account);
        }
        taken
    }

    /// Whether something may be ready to be bundled.
    #[must_use]
    pub fn has_candidates(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// Marks an extrinsic as bundled by somebody else: it needn't be bundled here as well, unless that comes to
    /// nothing.
    pub fn note_bundled(&mut self, now: u64, hash: &H256) {
        let Some(pooled) = self.get_mut(hash) else { return };
        if pooled.again_at.is_none() {
            let again_at = now + pooled.patience();
            pooled.again_at = Some(again_at);
            self.bundled.insert((again_at, *hash));
        }
    }

    /// Puts what was bundled too long ago back in line.
    pub fn bundle_again(&mut self, now: u64) {
        while let Some((_, hash)) = self.bundled.first().copied().filter(|(at, _)| *at <= now) {
            self.bundled.pop_first();
            let Some((account, _)) = self.by_hash.get(&hash).copied() else { continue };
            if let Some(pooled) = self.get_mut(&hash) {
                pooled.again_at = None;
                self.candidates.insert(account);
            }
        }
    }

    /// Lets go of everything that is in line for a bundle: a node that left the set makes none any more.
    pub fn let_go(&mut self) -> Vec<H256> {
        let accounts = core::mem::take(&mut self.candidates);
        let queues = accounts.iter().filter_map(|account| self.accounts.get(account));
        let in_line = queues.flat_map(|queue| queue.values()).filter(|pooled| pooled.again_at.is_none());
        let hashes: Vec<H256> = in_line.map(|pooled| pooled.checked.hash).collect();
        hashes.into_iter().filter(|hash| self.remove(hash)).collect()
    }

    /// When [`Pool::bundle_again`] is next worth calling.
    #[must_use]
    pub fn bundle_again_at(&self) -> Option<u64> {
        self.bundled.first().map(|(at, _)| *at)
    }

    /// Removes what a final block included or made impossible; says what was dropped without inclusion. `now` is
    /// monotonic time in milliseconds.
    pub fn on_final(&mut self, now: u64, number: BlockNumber, body: &[Checked]) -> Vec<(H256, DropReason)> {
        let mut dropped = Vec::new();
        for included in body {
            let (signer, nonce) = (included.extrinsic.signer, included.extrinsic.nonce);
            let Some(queue) = self.accounts.get(&signer) else { continue };
            let gone: Vec<H256> = queue.range(..=nonce).map(|(_, pooled)| pooled.checked.hash).collect();
            for hash in gone {
                self.remove(&hash);
                if hash != included.hash {
                    dropped.push((hash, DropReason::Usurped { by: included.hash }));
                }
            }
            // The next in line may have waited for this one.
            if self.accounts.contains_key(&signer) {
                self.candidates.insert(signer);
            }
        }
        while let Some((death, hash)) = self.expiry.first().copied().filter(|(death, _)| *death <= number + 1) {
            self.expiry.remove(&(death, hash));
            if self.remove(&hash) {
                dropped.push((hash, DropReason::Expired));
            }
        }
        self.pace.on_final(now, !self.is_empty());
        dropped
    }

    /// The account's next nonce if everything waiting without a gap is included.
    #[must_use]
    pub fn next_nonce(&self, account: &AccountId, next: Nonce) -> Nonce {
        let Some(queue) = self.accounts.get(account) else { return next };
        let mut expected = next;
        for nonce in queue.range(next..).map(|(nonce, _)| *nonce) {
            if nonce != expected {
                break;
            }
            expected += 1;
        }
        expected
    }

    /// An extrinsic in the pool.
    #[must_use]
    pub fn get(&self, hash: &H256) -> Option<&Checked> {
        let (account, nonce) = self.by_hash.get(hash)?;
        Some(&self.accounts.get(account)?.get(nonce)?.checked)
    }

    /// Everything in the pool with the birth block for which its signature holds, for the log's next segment and for
    /// whoever asks.
    pub fn iter(&self) -> impl Iterator<Item = (&Checked, &H256)> {
        self.accounts.values().flat_map(|queue| queue.values()).map(|pooled| (&pooled.checked, &pooled.birth))
    }

    /// Number of extrinsics in the pool.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether the pool is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    /// Bytes of extrinsics in the pool.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn get_mut(&mut self, hash: &H256) -> Option<&mut Pooled> {
        let (account, nonce) = self.by_hash.get(hash)?;
        self.accounts.get_mut(account)?.get_mut(nonce)
    }

    fn remove(&mut self, hash: &H256) -> bool {
        let Some((account, nonce)) = self.by_hash.remove(hash) else { return false };
        let Some(queue) = self.accounts.get_mut(&account) else { return false };
        if let Some(pooled) = queue.remove(&nonce) {
            self.bytes -= pooled.checked.bytes.len();
            if let Some(death) = pooled.death {
                self.expiry.remove(&(death, *hash));
            }
            if let Some(again_at) = pooled.again_at {
                self.bundled.remove(&(again_at, *hash));
            }
        }
        if queue.is_empty() {
            self.accounts.remove(&account);
        }
        true
    }
}

#[cfg(test)]
mod tests;
