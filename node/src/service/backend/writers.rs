//! Who writes to a server, and the number that the next event of each must carry.
//!
//! A writer's record can be looked up and not searched for: its key is hashed. So whoever may have one is asked about.

use tierchain_primitives::ledger::{EventKind, ServerId};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::storage_key::prefix;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::types::{Address, U64, WriterNext};
use tierchain_runtime::chains::Server;
use tierchain_runtime::{query, registry};
use tierchain_storage::View;

use super::ledger::LOOKED_AT_MAX;

/// Who writes to every server: the hypervisors of its hosts, and, where they have written, its tracker and the foundry
/// that made its birth block.
pub(super) fn usual(view: &View<'_>, id: &ServerId, server: &Server, foundry: Option<AccountId>) -> Vec<WriterNext> {
    let hypervisor = |host: H256| Some(registry::HOSTS.get(view, &host)?.hypervisor);
    let hosts = [Some(server.host), server.moving_to].into_iter().flatten();
    let mut found: Vec<WriterNext> = Vec::new();
    for account in hosts.filter_map(hypervisor) {
        add(&mut found, account, query::writer_next(view, id, &account));
    }
    for account in [Some(server.tracker), foundry].into_iter().flatten() {
        add(&mut found, account, written(view, id, &account));
    }
    found
}

/// Beside the usual ones everybody who has written to the server and may write to some server: the hypervisors of the
/// hosts that it has left, foundries that said that its host is silent. Where there were such events, all accounts with
/// roles are asked about; elsewhere nobody else has written.
pub(super) fn all(view: &View<'_>, id: &ServerId, server: &Server, mut found: Vec<WriterNext>) -> Vec<WriterNext> {
    if !had_others(server) {
        return found;
    }
    let roles = prefix("Registry", "Roles");
    let keys = view.keys_paged(&roles, LOOKED_AT_MAX, None, None).unwrap_or_default();
    for account in keys.iter().filter_map(|key| account_of(key)) {
        add(&mut found, account, written(view, id, &account));
    }
    found
}

/// Whether others than the usual ones have written.
fn had_others(server: &Server) -> bool {
    let moved = EventKind::MovedIn { from: H256::ZERO };
    let suspected = EventKind::Suspected { since: Micros::MIN };
    [moved, suspected].iter().any(|kind| server.usage.0.events[kind.index()] > 0)
}

/// The next number of an account that has written.
fn written(view: &View<'_>, id: &ServerId, account: &AccountId) -> Option<u64> {
    query::writer_next(view, id, account).filter(|next| *next > 0)
}

fn add(found: &mut Vec<WriterNext>, account: AccountId, next: Option<u64>) {
    if let Some(next) = next
        && found.iter().all(|known| known.account.0 != account)
    {
        found.push(WriterNext { account: Address(account), next: U64(next) });
    }
}

/// The account of a key of `Registry.Roles`: its last 32 bytes.
fn account_of(key: &[u8]) -> Option<AccountId> {
    Some(AccountId(key.get(key.len().checked_sub(32)?..)?.try_into().ok()?))
}
