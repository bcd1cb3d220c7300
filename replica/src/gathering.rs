//! Whether a bundle is one that an honest validator can have gathered.
//!
//! It takes what stands after a block that it has executed: the account is there, and the nonce is one of those that its
//! pool lets wait. Whoever has executed that block too finds the same. What can't be included for long, made up by the
//! hundred thousand, would be looked at again and again.

use tierchain_primitives::limits::{NONCE_AHEAD_MAX, WINDOW};
use tierchain_primitives::{AccountId, BlockNumber};

use crate::accounts::{Accounts, LedgerRead};
use crate::chain::Chain;
use crate::input::OpenBundle;

/// From how many blocks further than here a bundle is held that can't be judged yet.
const AHEAD_MAX: BlockNumber = 2 * WINDOW;

/// What is known of how a bundle was gathered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Gathering {
    /// An honest validator may have.
    Plausible,
    /// No honest one has: this account didn't stand, or its nonces weren't there yet.
    Implausible(AccountId),
    /// It is from further than this replica has executed: to be judged after this block.
    Ahead(BlockNumber),
    /// It is from much further.
    FarAhead,
}

/// Judges a bundle by the newest executed state and what is final.
pub(crate) fn judge(open: &OpenBundle, chain: &Chain, accounts: &mut Accounts, ledger: &impl LedgerRead) -> Gathering {
    let executed = chain.executed();
    let mut waits = |signer: &AccountId, nonce: u32| {
        let next = accounts.next_at_final(signer, ledger, executed, chain.unexecuted());
        next.is_some_and(|next| nonce.saturating_sub(next) <= NONCE_AHEAD_MAX)
    };
    let extrinsics = open.entries.iter().map(|entry| &entry.checked.extrinsic);
    let Some(doubtful) = extrinsics.map(|it| (it.signer, it.nonce)).find(|(signer, nonce)| !waits(signer, *nonce))
    else {
        return Gathering::Plausible;
    };
    match open.signed.at.saturating_sub(executed) {
        0 => Gathering::Implausible(doubtful.0),
        1..=AHEAD_MAX => Gathering::Ahead(open.signed.at),
        _ => Gathering::FarAhead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Ledger, account, bundle, chain, extrinsic, finalise, root};

    /// Signers and nonces.
    type Slots = [(u8, u32)];

    /// A bundle that was gathered after block `at`.
    fn gathered(at: BlockNumber, of: &Slots) -> OpenBundle {
        let body: Vec<_> = of.iter().map(|(signer, nonce)| extrinsic(*signer, *nonce)).collect();
        let mut open = bundle(1, &body);
        let mut signed = (*open.signed).clone();
        signed.at = at;
        open.signed = std::sync::Arc::new(signed);
        open
    }

    #[test]
    fn an_honest_validator_takes_what_stands_after_a_block_that_it_has_executed() {
        let (mut chain, mut ledger, mut accounts) = (chain(), Ledger::new(), Accounts::default());
        ledger.accounts.insert(account(1), (0, 2));
        for number in 1..=3 {
            finalise(&mut chain, vec![extrinsic(1, number - 1)]);
        }
        chain.on_executed(2, root(2));
        let nobody = Gathering::Implausible(account(77));
        let cases: [(BlockNumber, &Slots, Gathering); 12] = [
            (2, &[(1, 0), (1, 3), (2, 0)], Gathering::Plausible),
            (2, &[(2, NONCE_AHEAD_MAX)], Gathering::Plausible),
            (2, &[(2, NONCE_AHEAD_MAX + 1)], Gathering::Implausible(account(2))),
            (2, &[(1, 3 + NONCE_AHEAD_MAX)], Gathering::Plausible),
            (2, &[(1, 4 + NONCE_AHEAD_MAX)], Gathering::Implausible(account(1))),
            (0, &[(2, 0), (77, 0)], nobody),
            (2, &[(2, 0), (77, 0)], nobody),
            (3, &[(2, 0), (77, 0)], Gathering::Ahead(3)),
            (2 + AHEAD_MAX, &[(77, 0)], Gathering::Ahead(2 + AHEAD_MAX)),
            (3 + AHEAD_MAX, &[(77, 0)], Gathering::FarAhead),
            (BlockNumber::MAX, &[(77, 0)], Gathering::FarAhead),
            (BlockNumber::MAX, &[(2, 0)], Gathering::Plausible),
        ];
        for (at, of, expected) in cases {
            assert_eq!(judge(&gathered(at, of), &chain, &mut accounts, &ledger), expected, "{of:?} after {at}");
        }
    }
}
