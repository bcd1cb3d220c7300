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
        Method::new(
            "announcements",
            &["server"],
            "The announcements that wait for a server's birth.",
            |state, (server,): (ServerId,)| query::announcements(state, &server),
        ),
    ];
    Api::new("ChainsApi", 3, "Entity chains.", methods)
}

/// What stands beside entity chains: notes, witnesses, attestations, promises of hosts.
pub(super) fn notes() -> Api {
    let methods = vec![
        Method::new(
            "notes",
            &["server", "start", "limit"],
            "The notes beside a life's chain, from number start on: at most limit, and at most 1,000.",
            |state, (server, start, limit): (ServerId, u32, u32)| query::notes(state, &server, start, page(limit)),
        ),
        Method::new(
            "witnessed",
            &["server"],
            "What a life's witness says, where that differs from the chain.",
            |state, (server,): (ServerId,)| query::witnessed(state, &server),
        ),
        Method::new(
            "open_discrepancies",
            &["server"],
            "Kind and number of a life's open discrepancies.",
            |state, (server,): (ServerId,)| query::open_discrepancies(state, &server),
        ),
        Method::new("disputed_count", &[], "How many lives have open discrepancies.", |state, ()| {
            query::disputed_count(state)
        }),
        Method::new(
            "disputed",
            &["start", "limit"],
            "Lives with open discrepancies, in no order, from place start on: at most limit, and at most 1,000.",
            |state, (start, limit): (u64, u32)| query::disputed(state, start, page(limit)),
        ),
        Method::new(
            "attested",
            &["host"],
            "Up to when a host was watched, and how often it wasn't.",
            |state, (host,): (H256,)| query::attested(state, &host),
        ),
        Method::new(
            "gaps",
            &["host", "start", "limit"],
            "When a host wasn't watched, from number start on: at most limit, and at most 1,000.",
            |state, (host, start, limit): (H256, u32, u32)| query::gaps(state, &host, start, page(limit)),
        ),
        Method::new(
            "committed",
            &["host"],
            "What a host has promised to its living servers, as far as their resources are known.",
            |state, (host,): (H256,)| query::committed(state, &host),
        ),
    ];
    Api::new("NotesApi", 1, "What stands beside entity chains: notes, witnesses, attestations.", methods)
}

/// The catalog of images.
pub(super) fn foundry() -> Api {
    let methods = vec![
        Method::new(
            "image",
            &["provider", "image"],
            "An image of a provider's catalog.",
            |state, (provider, image): (H256, H256)| query::image(state, &provider, &image),
        ),
        Method::new(
            "image_count",
            &["provider"],
            "How many images a provider has approved, retired ones included.",
            |state, (provider,): (H256,)| query::image_count(state, &provider),
        ),
        Method::new(
            "images",
            &["provider", "start", "limit"],
            "A provider's images as they were approved, from place start on: at most limit, and at most 1,000.",
            |state, (provider, start, limit): (H256, u64, u32)| query::images(state, &provider, start, page(limit)),
        ),
    ];
    Api::new("FoundryApi", 1, "The catalog of images.", methods)
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
        Method::new(
            "of_provider",
            &["provider", "start", "limit"],
            "A provider's meta-chains, from place start on: at most limit, and at most 1,000.",
            |state, (provider, start, limit): (H256, u64, u32)| {
                query::provider_metas(state, &provider, start, page(limit))
            },
        ),
        Method::new(
            "of_tenant",
            &["tenant", "start", "limit"],
            "A tenant's meta-chains, from place start on: at most limit, and at most 1,000.",
            |state, (tenant, start, limit): (H256, u64, u32)| query::tenant_metas(state, &tenant, start, page(limit)),
        ),
    ];
    Api::new("MetaApi", 2, "Meta-chains.", methods)
}

pub(super) fn page(limit: u32) -> usize {
    usize::try_from(limit.min(PAGE_ENTRIES_MAX)).expect("a page is short")
}
