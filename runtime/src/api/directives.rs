//! Questions about directives.

use tierchain_primitives::{AccountId, H256};

use super::ledger::page;
use super::method::{Api, Method};
use crate::directives::DirectiveId;
use crate::query;

/// Directives: their records, a host's open ones, all in order.
pub(super) fn directives() -> Api {
    let methods = vec![
        Method::new("directive", &["id"], "A directive and what became of it.", |state, (id,): (DirectiveId,)| {
            query::directive(state, id)
        }),
        Method::new(
            "named",
            &["issuer", "reference"],
            "The number of the directive that an issuer's reference names.",
            |state, (issuer, reference): (AccountId, H256)| query::directive_named(state, &issuer, &reference),
        ),
        Method::new(
            "open",
            &["host"],
            "A host's directives that are issued or accepted, oldest first.",
            |state, (host,): (H256,)| query::directives_open(state, &host),
        ),
        Method::new("count", &[], "How many directives there have been.", |state, ()| query::directive_count(state)),
        Method::new(
            "list",
            &["start", "limit"],
            "Directives in the order of their issue, from number start on: at most limit, and at most 1,000.",
            |state, (start, limit): (u64, u32)| query::directives(state, start, page(limit)),
        ),
        Method::new("change_count", &[], "How many steps directives have made.", |state, ()| {
            query::directive_change_count(state)
        }),
        Method::new(
            "changes",
            &["start", "limit"],
            "Steps of all directives in order, with their places, from place start on: at most limit, and at most 1,000.",
            |state, (start, limit): (u64, u32)| query::directive_changes(state, start, page(limit)),
        ),
    ];
    Api::new("DirectivesApi", 1, "Directives.", methods)
}
