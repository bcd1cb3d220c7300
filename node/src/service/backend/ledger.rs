//! The tiered ledger, as of the newest final block.

use tierchain_primitives::ledger::{Announcement, EntityBlock, EventKind, MetaBlock, ServerId, TrackerCustody, Uuid};
use tierchain_primitives::limits::LEDGER_PART_BLOCKS;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::backend::{Derived, LedgerBackend, LedgerBlock};
use tierchain_rpc::types::{
    Address, AnchorInfo, AnnouncementInfo, AttestationInfo, ChainRef, Cursor, Dispute, Hash, MetaChain, MetaFilter,
    Named, NoteInfo, Ownership, Page, ServerCursor, ServerFilter, ServerInfo, ServerStatus, U64,
};
use tierchain_runtime::chains::{ANNOUNCEMENTS, SERVERS, Server};
use tierchain_runtime::query;
use tierchain_storage::{LedgerPart, View};

use super::{NodeApi, beside, writers};

/// Most records that one call of a filtered list looks at.
pub(super) const LOOKED_AT_MAX: usize = 4_096;

/// Parts of the ledger that one step of a subscription reads: about a thousand blocks.
const PARTS_MAX: usize = 16;

impl LedgerBackend for NodeApi {
    fn server(&self, uuid: Uuid, generation: Option<u32>) -> Option<ServerInfo> {
        let view = self.shared.db.view();
        let announced = generation.unwrap_or_else(|| query::generations(&view, uuid));
        let living = query::server(&view, uuid, generation).map(|(id, server)| {
            let info = self.living(&view, id, &server);
            ServerInfo { writers: writers::all(&view, &id, &server, info.writers), ..info }
        });
        // An announcement of the next life is newer than the last life, unless a life was asked for by number.
        let next = ANNOUNCEMENTS.get(&view, &ServerId { uuid, generation: announced });
        let ended = living.as_ref().is_none_or(|info| info.status == ServerStatus::Ended);
        match next {
            Some(found) if ended && (generation.is_none() || living.is_none()) => {
                Some(self.announced(&view, &found.announcement))
            }
            _ => living,
        }
    }

    fn servers(&self, after: Option<ServerId>, count: usize, filter: &ServerFilter) -> Page<ServerInfo, ServerCursor> {
        let view = self.shared.db.view();
        let prefix = tierchain_primitives::storage_key::prefix("Chains", "Servers");
        let start = after.map(|id| SERVERS.key(&id));
        let keys = view.keys_paged(&prefix, LOOKED_AT_MAX, start.as_deref(), None).unwrap_or_default();
        let more = keys.len() == LOOKED_AT_MAX;
        let mut items = Vec::new();
        let mut last = None;
        for key in keys {
            let Some(id) = server_of_key(&key) else { continue };
            if items.len() == count {
                return Page { items, next: last };
            }
            last = Some(ServerCursor(id));
            let Some(server) = SERVERS.get(&view, &id) else { continue };
            let info = self.living(&view, id, &server);
            if filter.matches(&info) {
                items.push(info);
            }
        }
        Page { items, next: last.filter(|_| more) }
    }

    fn entity_blocks(&self, chain: &ChainRef, from: u32, count: usize) -> Option<Vec<EntityBlock>> {
        let view = self.shared.db.view();
        let name = match chain {
            ChainRef::Chain(name) => *name,
            ChainRef::Newest(uuid) => query::server(&view, *uuid, None)?.1.chain,
            ChainRef::Server(id) => query::server(&view, id.uuid, Some(id.generation))?.1.chain,
        };
        let blocks = self.shared.db.entity_blocks(&name, from, count);
        let exists = !blocks.is_empty() || !self.shared.db.entity_blocks(&name, 0, 1).is_empty();
        exists.then_some(blocks)
    }

    fn meta(&self, meta: &H256) -> Option<MetaChain> {
        let found = query::meta(&self.shared.db.view(), meta)?;
        Some(MetaChain {
            meta: Hash(*meta),
            ownership: found.ownership.into(),
            blocks: found.length,
            head: Hash(found.head),
        })
    }

    fn metas(&self, after: Option<H256>, count: usize, filter: &MetaFilter) -> Page<MetaChain, Hash> {
        let view = self.shared.db.view();
        let prefix = tierchain_primitives::storage_key::prefix("Meta", "Chains");
        let start = after.map(|meta| tierchain_runtime::meta::META_CHAINS.key(&meta));
        let keys = view.keys_paged(&prefix, LOOKED_AT_MAX, start.as_deref(), None).unwrap_or_default();
        let more = keys.len() == LOOKED_AT_MAX;
        let name = |key: &Vec<u8>| Some(H256(<[u8; 32]>::try_from(key.get(key.len().checked_sub(32)?..)?).ok()?));
        let mut items = Vec::new();
        let mut last = None;
        for meta in keys.iter().filter_map(name) {
            if items.len() == count {
                return Page { items, next: last };
            }
            last = Some(Hash(meta));
            items.extend(self.meta(&meta).filter(|chain| filter.matches(chain)));
        }
        Page { items, next: last.filter(|_| more) }
    }

    fn meta_blocks(&self, meta: &H256, from: u32, count: usize) -> Option<Vec<MetaBlock>> {
        query::meta(&self.shared.db.view(), meta)?;
        Some(self.shared.db.meta_blocks(meta, from, count))
    }

    fn derived(&self, from: Cursor) -> Vec<Derived> {
        let part_blocks = LEDGER_PART_BLOCKS as u64;
        // A place beyond what a block of the network can hold is one after its last.
        let part = u16::try_from(from.place / part_blocks).unwrap_or(u16::MAX);
        let parts = self.shared.db.ledger_parts((from.block, part)).take(PARTS_MAX);
        parts.flat_map(blocks_of).filter(|derived| derived.cursor >= from).collect()
    }

    fn ownership(&self, server: &ServerId) -> Option<Ownership> {
        Some(SERVERS.get(&self.shared.db.view(), server)?.ownership.into())
    }

    fn announcement(&self, uuid: Uuid, generation: Option<u32>) -> Option<AnnouncementInfo> {
        let view = self.shared.db.view();
        let lives = query::generations(&view, uuid);
        let pending = ServerId { uuid, generation: generation.unwrap_or(lives) };
        if let Some(found) = query::announcement(&view, &pending) {
            let announcement = (&found.announcement).into();
            return Some(AnnouncementInfo { by: Some(Address(found.by)), born: false, announcement });
        }
        let born = generation.or_else(|| lives.checked_sub(1))?;
        let server = query::server(&view, uuid, Some(born))?.1;
        let (_, announcement) = self.birth(&server.chain)?;
        Some(AnnouncementInfo { by: None, born: true, announcement: (&announcement).into() })
    }

    fn notes(&self, chain: &ChainRef, from: u32, count: usize) -> Option<Vec<NoteInfo>> {
        let view = self.shared.db.view();
        let server = self.life_of(&view, chain)?;
        Some(beside::notes(&view, &server, from, count))
    }

    fn disputes(&self, start: u64, count: usize) -> Page<Dispute, u64> {
        beside::disputes(&self.shared.db.view(), start, count)
    }

    fn attestation(&self, host: &H256, from: u32, count: usize) -> Option<AttestationInfo> {
        beside::attestation(&self.shared.db.view(), host, from, count)
    }
}

/// The blocks of a part with their places.
fn blocks_of(part: LedgerPart) -> impl Iterator<Item = Derived> {
    let LedgerPart { height, part, entities, metas } = part;
    let entities = entities.into_iter().map(LedgerBlock::Entity);
    let blocks = entities.chain(metas.into_iter().map(LedgerBlock::Meta));
    let first = u64::from(part) * LEDGER_PART_BLOCKS as u64;
    (first..).zip(blocks).map(move |(place, block)| Derived { cursor: Cursor { block: height, place }, block })
}

/// The server of a key of `Chains.Servers`: UUID and generation are its last 20 bytes.
fn server_of_key(key: &[u8]) -> Option<ServerId> {
    let bytes = key.get(key.len().checked_sub(20)?..)?;
    parity_scale_codec::DecodeAll::decode_all(&mut &*bytes).ok()
}

impl NodeApi {
    fn living(&self, view: &View<'_>, id: ServerId, server: &Server) -> ServerInfo {
        // What it was announced with stands in its birth block, which a foundry wrote.
        let birth = self.birth(&server.chain);
        let custody = birth.as_ref().map_or(TrackerCustody::Agent, |(_, announced)| announced.custody);
        let foundry = birth.map(|(writer, _)| writer);
        let standing = server.suspected.filter(|_| query::orphaned_at(view, server).is_some());
        ServerInfo {
            server: id.into(),
            chain: Hash(server.chain),
            state: Some(Named(server.state)),
            status: if server.end.is_some() { ServerStatus::Ended } else { ServerStatus::Living },
            blocks: server.length,
            head: Some(Hash(server.head)),
            birth_hash: Some(Hash(server.birth_hash)),
            born: Some(U64(server.born)),
            ended: server.end.map(|end| U64(end.at)),
            reason: server.end.map(|end| Named(end.reason)),
            end_hash: server.end.map(|end| Hash(end.hash)),
            late: U64(u64::from(server.late)),
            anchored: server.anchored.is_some(),
            resources: server.resources.map(Into::into),
            ownership: server.ownership.into(),
            host: Hash(server.host),
            tracker: Named(custody),
            writers: writers::usual(view, &id, server, foundry),
            generations: query::generations(view, id.uuid),
            state_since: Some(U64(server.state_since)),
            moving_to: server.moving_to.map(Hash),
            suspected: standing.map(|suspicion| U64(suspicion.since)),
            tracker_key: Address(server.tracker),
            notes: server.notes,
            witnessed: query::witnessed(view, &id).as_ref().map(beside::statement),
            anchor: server.anchored.map(|anchor| AnchorInfo {
                by: Address(anchor.by),
                meta: Hash(anchor.meta),
                number: anchor.number,
                hash: Hash(anchor.hash),
            }),
        }
    }

    fn announced(&self, view: &View<'_>, announcement: &Announcement) -> ServerInfo {
        let id = announcement.server;
        ServerInfo {
            server: id.into(),
            chain: Hash(id.chain(&self.shared.genesis)),
            state: None,
            status: ServerStatus::Announced,
            blocks: 0,
            head: None,
            birth_hash: None,
            born: None,
            ended: None,
            reason: None,
            end_hash: None,
            late: U64(0),
            anchored: false,
            resources: announcement.resources.map(Into::into),
            ownership: announcement.ownership.into(),
            host: Hash(announcement.host),
            tracker: Named(announcement.custody),
            writers: Vec::new(),
            generations: query::generations(view, id.uuid),
            state_since: None,
            moving_to: None,
            suspected: None,
            tracker_key: Address(announcement.tracker),
            notes: 0,
            witnessed: None,
            anchor: None,
        }
    }

    /// Who made a life's birth block, and what it was announced with.
    fn birth(&self, chain: &H256) -> Option<(AccountId, Announcement)> {
        let tx = self.shared.db.entity_blocks(chain, 0, 1).into_iter().next()?.tx;
        match tx.event.event {
            EventKind::Born { announcement, .. } => Some((tx.writer, announcement)),
            _ => None,
        }
    }

    /// The life that a chain belongs to.
    fn life_of(&self, view: &View<'_>, chain: &ChainRef) -> Option<ServerId> {
        match chain {
            ChainRef::Chain(name) => {
                self.shared.db.entity_blocks(name, 0, 1).first().map(|birth| birth.tx.event.server)
            }
            ChainRef::Newest(uuid) => query::server(view, *uuid, None).map(|(id, _)| id),
            ChainRef::Server(id) => query::server(view, id.uuid, Some(id.generation)).map(|(id, _)| id),
        }
    }
}
