//! Questions about entity chains and meta-chains.

use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_primitives::{AccountId, H256};

use super::PAGE_ENTRIES_MAX;
use super::method::{Api, Method};
use crate::{chains, query};

/// Entity chains: records of servers, places in writers' numbers, lists.
pub(super) fn chains() -> Api {
    let methods = vec![
        Method::new(
            "server",
            &["uuid", "generation"],
            "A life of a server: the newest one unless a generation is named.",
            |state, (uuid, generation): (Uuid, Option<u32>)| query::server(state, uuid, generation),
        ),
        Method::new(
            "generations",
            &["uuid"],
            "How many lives a server has had, the present one included.",
            |state, (uuid,): (Uuid,)| query::generations(state, uuid),
        ),
        Method::new(
            "writer_next",
            &["server", "writer"],
            "The number that the writer's next event of a server must have; none where the server has no such life.",
            |state, (server, writer): (ServerId, AccountId)| query::writer_next(state, &server, &writer),
        ),
        Method::new("server_count", &[], "How many lives there are in all.", |state, ()| query::server_count(state)),
        Method::new(
            "servers",
            &["start", "limit"],
            "Lives in the order of their births, from place start on: at most limit, and at most 1,000.",
            |state, (start, limit): (u64, u32)| query::servers(state, start, page(limit)),
        ),
        Method::new(
            "tenant_server_count",
            &["tenant"],
            "How many lives a tenant's servers have had.",
            |state, (tenant,): (H256,)| query::tenant_server_count(state, &tenant),
        ),
        Method::new(
            "tenant_servers",
            &["tenant", "start", "limit"],
            "A tenant's lives in the order of their births, from place start on: at most limit, and at most 1,000.",
            |state, (tenant, start, limit): (H256, u64, u32)| query::tenant_servers(state, &tenant, start, page(limit)),
        ),
        Method::new("parameters", &[], "What genesis says about chains.", |state, ()| chains::parameters(state)),
    ];
    Api::new("ChainsApi", 1, "Entity chains.", methods)
}

/// Meta-chains: their records and their list.
pub(super) fn meta() -> Api {
    let methods = vec![
        Method::new("meta_chain", &["meta"], "A meta-chain's record.", |state, (meta,): (H256,)| {
            query::meta(state, &meta)
        }),
        Method::new("count", &[], "How many meta-chains there are.", |state, ()| query::meta_count(state)),
        Method::new(
            "list",
            &["start", "limit"],
            "Meta-chains in the order of their first blocks, from place start on: at most limit, and at most 1,000.",
            |state, (start, limit): (u64, u32)| query::meta_list(state, start, page(limit)),
        ),
    ];
    Api::new("MetaApi", 1, "Meta-chains.", methods)
}

pub(super) fn page(limit: u32) -> usize {
    usize::try_from(limit.min(PAGE_ENTRIES_MAX)).expect("a page is short")
}
