//! Accounts: the next nonce at the newest final block, from executed state and the bodies since.

use super::*;
use crate::fixture::{Ledger, account, block, extrinsic, genesis};

fn next(accounts: &mut Accounts, ledger: &Ledger, since: &[Vec<Checked>]) -> Option<Nonce> {
    accounts.next_at_final(&account(1), ledger, 0, since.iter().map(Vec::as_slice))
}

#[test]
fn inclusions_since_the_executed_state_count_whatever_execution_says() {
    let mut accounts = Accounts::default();
    let since = [vec![extrinsic(1, 0), extrinsic(2, 0)], vec![extrinsic(1, 1)]];
    assert_eq!(next(&mut accounts, &Ledger::new(), &since), Some(2));
    accounts.on_final(&block(&genesis(), 0, 0, vec![extrinsic(1, 2)]));
    assert_eq!(next(&mut accounts, &Ledger::new(), &[]), Some(3), "remembered, and moved on");
}

#[test]
fn an_unknown_account_is_looked_up_again() {
    let mut accounts = Accounts::default();
    assert_eq!(next(&mut accounts, &Ledger::default(), &[]), None);
    assert_eq!(next(&mut accounts, &Ledger::new(), &[]), Some(0), "admitted meanwhile");
}

#[test]
fn an_account_stands_from_the_block_that_admits_it() {
    let mut ledger = Ledger::new();
    ledger.accounts.insert(account(1), (5, 0));
    let mut accounts = Accounts::default();
    assert_eq!(accounts.next_at_final(&account(1), &ledger, 7, core::iter::empty()), Some(0));
    for (at, stands) in [(4, false), (5, true), (4, false), (7, true)] {
        assert_eq!(accounts.stands(&account(1), &ledger, at), stands, "after block {at}");
        assert_eq!(Accounts::default().stands(&account(1), &ledger, at), stands, "unseen, after block {at}");
    }
}

#[test]
fn only_what_is_known_to_be_used_up_is() {
    let mut accounts = Accounts::default();
    assert!(!accounts.is_used_up(&extrinsic(1, 0)), "nobody looked");
    assert_eq!(next(&mut accounts, &Ledger::new(), &[vec![extrinsic(1, 0)]]), Some(1));
    assert!(accounts.is_used_up(&extrinsic(1, 0)) && !accounts.is_used_up(&extrinsic(1, 1)));
}
