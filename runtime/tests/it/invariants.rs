//! What holds of every ledger, found anew from its blocks and compared with what its records say.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::H256;
use tierchain_primitives::header::Header;
use tierchain_primitives::ledger::{
    Announcement, EntityBlock, Event, EventKind, MetaBlock, Relation, RelationKind, Resources, ServerId, ServerState,
    Usage,
};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::ports::{NodeRead, StateChange};
use tierchain_primitives::tree::{EMPTY_ROOT, Tree};
use tierchain_runtime::chains::{Committed, NoteKind};
use tierchain_runtime::{BlockContext, Checked, check, execute, is_leaf, query};

use crate::world::{GENESIS, World};

/// A time in which a server was in one state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Interval {
    pub(crate) state: ServerState,
    pub(crate) from: Micros,
    pub(crate) to: Micros,
}

/// A life as its blocks alone tell it.
struct Told {
    intervals: Vec<Interval>,
    usage: Usage,
    host: H256,
    resources: Option<Resources>,
}

/// Every life's blocks, by chain.
pub(crate) fn by_chain(world: &World) -> BTreeMap<H256, Vec<&EntityBlock>> {
    let mut chains: BTreeMap<H256, Vec<&EntityBlock>> = BTreeMap::new();
    for block in &world.entity_blocks {
        chains.entry(block.chain).or_default().push(block);
    }
    chains
}

/// All that holds of every ledger.
pub(crate) fn assert_ledger(world: &World) {
    let chains = by_chain(world);
    let metas: BTreeMap<H256, &MetaBlock> = world.meta_blocks.iter().map(|block| (block.tx.chain, block)).collect();
    assert_eq!(metas.len(), world.meta_blocks.len(), "no chain is linked twice");
    let lives = query::servers(&world.state, 0, usize::MAX);
    let (mut running, mut promised) = (BTreeMap::new(), BTreeMap::new());
    for id in &lives {
        let record = world.server(*id);
        let blocks = &chains[&record.chain];
        let told = tell(blocks);
        assert_eq!((told.usage, told.host), (record.usage.0, record.host), "{id}: the record says what the blocks say");
        assert_eq!(told.resources, record.resources);
        running.entry(id.uuid).or_insert_with(Vec::new).extend(told.intervals.iter().copied());
        if let (Some(held), None) = (told.resources, record.end) {
            let sum: &mut Committed = promised.entry(told.host).or_default();
            sum.vcpus += u128::from(held.vcpus);
            sum.memory_mib += u128::from(held.memory_mib);
        }
        assert_eq!(record.anchored.map(|anchor| anchor.hash), metas.get(&record.chain).map(|block| block.hash));
        if let Some(block) = metas.get(&record.chain) {
            assert_linked(blocks, &told, block, *id);
        }
        assert_notes(world, *id);
    }
    running.values().for_each(|intervals| assert_runs_once(intervals));
    for host in query::hosts(&world.state, 0, usize::MAX) {
        let host = host.id;
        assert_eq!(query::committed(&world.state, &host), promised.get(&host).copied().unwrap_or_default());
    }
    assert_tenants(world, &lives);
    assert_disputes(world, &lives);
}

/// What the blocks of a life tell, piece by piece.
fn tell(blocks: &[&EntityBlock]) -> Told {
    let EventKind::Born { announcement: Announcement { host, resources, .. }, .. } = &blocks[0].tx.event.event else {
        panic!("a chain begins with a birth")
    };
    let (mut host, mut resources, mut moving_to) = (*host, *resources, None);
    let (mut state, mut clock, mut usage) = (ServerState::Stopped, blocks[0].tx.event.occurred_at, Usage::default());
    let mut intervals = Vec::new();
    for block in blocks {
        let Event { occurred_at, event, meter, .. } = &block.tx.event;
        usage.events[event.index()] += 1;
        if let Some(meter) = meter {
            (usage.cpu_us, usage.bytes_in, usage.bytes_out) =
                (meter.cpu_us.into(), meter.bytes_in.into(), meter.bytes_out.into());
        }
        // A guest's or a foundry's clock moves nothing.
        if !matches!(event, EventKind::GuestEvent { .. } | EventKind::Suspected { .. }) && *occurred_at > clock {
            let wall = u128::from(occurred_at - clock);
            let sums = &mut usage.states[state as usize];
            sums.wall_us += wall;
            match resources {
                None => usage.incomplete = true,
                Some(Resources { vcpus, memory_mib, disk_gib }) => {
                    sums.vcpu_us += wall * u128::from(vcpus);
                    sums.mib_us += wall * u128::from(memory_mib);
                    sums.gib_us += wall * u128::from(disk_gib);
                }
            }
            intervals.push(Interval { state, from: clock, to: *occurred_at });
            clock = *occurred_at;
        }
        match event {
            EventKind::StateChanged { state: to } | EventKind::Summary { state: to, .. } => state = *to,
            EventKind::Resized { resources: to } => resources = Some(*to),
            EventKind::MovedOut { to } => moving_to = Some(*to).filter(|to| *to != host),
            EventKind::MovedIn { from } => {
                assert_eq!(*from, host, "a server comes from where it was");
                host = moving_to.take().expect("it left before it arrived");
            }
            _ => {}
        }
    }
    Told { intervals, usage, host, resources }
}

/// No two intervals of a server in which it ran overlap, over all its lives.
fn assert_runs_once(intervals: &[Interval]) {
    let mut running: Vec<&Interval> = intervals.iter().filter(|it| it.state == ServerState::Running).collect();
    running.sort_by_key(|interval| (interval.from, interval.to));
    for pair in running.windows(2) {
        assert!(pair[0].to <= pair[1].from, "a server ran twice at a time: {pair:?}");
    }
}

/// The meta block says what the chain says.
fn assert_linked(blocks: &[&EntityBlock], told: &Told, block: &MetaBlock, id: ServerId) {
    let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
    let tx = &block.tx;
    assert_eq!((tx.birth_hash, tx.end_hash, tx.blocks as usize), (first.hash, last.hash, blocks.len()));
    assert_eq!((tx.usage, tx.born), (told.usage, first.tx.event.occurred_at));
    let length: u128 = told.usage.states.iter().map(|sums| sums.wall_us).sum();
    assert_eq!(u128::from(tx.ended - tx.born), length);
    let EventKind::Born { announcement, .. } = &first.tx.event.event else { panic!("it begins with a birth") };
    let earlier = id.generation.checked_sub(1).map(|generation| ServerId { generation, ..id });
    let earlier = earlier.map(|life| Relation { kind: RelationKind::Predecessor, chain: life.chain(&GENESIS) });
    let declared = announcement.relations.iter();
    let declared = declared.map(|it| Relation { kind: it.kind, chain: it.server.chain(&GENESIS) });
    assert_eq!(tx.relations, earlier.into_iter().chain(declared).collect::<Vec<_>>(), "its relations are complete");
    assert!(tx.relations.len() <= 8);
}

/// Each tenant's list has each of its lives once, with its times.
fn assert_tenants(world: &World, lives: &[ServerId]) {
    let mut expected: BTreeMap<H256, Vec<_>> = BTreeMap::new();
    for id in lives {
        let record = world.server(*id);
        let entry = (*id, record.born, record.end.map(|end| end.at));
        expected.entry(record.ownership.tenant).or_default().push(entry);
    }
    for (tenant, expected) in expected {
        let listed = query::tenant_servers(&world.state, &tenant, 0, usize::MAX);
        let listed: Vec<_> = listed.into_iter().map(|entry| (entry.server, entry.born, entry.ended)).collect();
        assert_eq!(listed, expected);
        assert_eq!(query::tenant_server_count(&world.state, &tenant), expected.len() as u64);
    }
}

/// Notes are dense and counted, each resolution names a discrepancy before it, and the others are open.
fn assert_notes(world: &World, id: ServerId) {
    let count = world.server(id).notes;
    let notes = query::notes(&world.state, &id, 0, usize::MAX);
    assert_eq!(notes.len(), count as usize, "{id}: notes are dense");
    let mut open = BTreeSet::new();
    for (number, note) in (0u32..).zip(&notes) {
        match &note.content {
            NoteKind::Discrepancy(discrepancy) => assert!(open.insert((discrepancy.kind(), number))),
            NoteKind::Resolution { of, .. } => {
                let settled = open.iter().find(|(_, number)| number == of).copied();
                assert!(open.remove(&settled.expect("what is settled was open")));
            }
        }
    }
    let listed: BTreeSet<_> = query::open_discrepancies(&world.state, &id).into_iter().collect();
    assert_eq!(listed, open);
    assert_eq!(open.iter().map(|(kind, _)| kind).collect::<BTreeSet<_>>().len(), open.len(), "one of each kind");
}

/// The list of disputed lives is that of lives with open discrepancies.
fn assert_disputes(world: &World, lives: &[ServerId]) {
    let is_disputed = |id: &&ServerId| !query::open_discrepancies(&world.state, id).is_empty();
    let expected: BTreeSet<&ServerId> = lives.iter().filter(is_disputed).collect();
    let listed = query::disputed(&world.state, 0, usize::MAX);
    assert_eq!(listed.len() as u64, query::disputed_count(&world.state));
    assert_eq!(listed.iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(listed.len(), expected.len());
}

/// What another node needs to do the same again, and what it must find.
#[derive(Clone)]
pub(crate) struct Journal {
    start: BTreeMap<Vec<u8>, Vec<u8>>,
    roots: Roots,
    blocks: Vec<Recorded>,
}

#[derive(Clone)]
struct Recorded {
    header: Header,
    extrinsics: Vec<Vec<u8>>,
    root: H256,
}

impl Journal {
    /// A journal that begins with this state.
    pub(crate) fn new(start: BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        let roots = Roots::of(&start);
        Self { start, roots, blocks: Vec::new() }
    }

    /// Takes down a block and the root after it.
    pub(crate) fn record(&mut self, header: &Header, extrinsics: &[Checked], changes: &[StateChange]) {
        let root = self.roots.after(changes);
        let extrinsics = extrinsics.iter().map(|checked| checked.bytes.clone()).collect();
        self.blocks.push(Recorded { header: header.clone(), extrinsics, root });
    }
}

/// The authenticated tree over a map in memory.
#[derive(Clone, Default)]
struct Roots {
    pages: BTreeMap<Vec<u8>, Vec<u8>>,
    root: H256,
}

impl NodeRead for Roots {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.pages.get(key).cloned()
    }
}

impl Roots {
    /// The tree of a whole state.
    fn of(state: &BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        let mut roots = Self { pages: BTreeMap::new(), root: EMPTY_ROOT };
        let all: Vec<StateChange> = state.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        roots.after(&all);
        roots
    }

    /// The root after these changes too.
    fn after(&mut self, changes: &[StateChange]) -> H256 {
        let leaves = Tree::leaf_changes(changes.iter().filter(|(key, _)| is_leaf(key)));
        let update = Tree::update(self, self.root, &leaves);
        for (key, page) in update.pages {
            match page {
                Some(page) => drop(self.pages.insert(key, page)),
                None => drop(self.pages.remove(&key)),
            }
        }
        self.root = update.root;
        update.root
    }
}

/// Another node that starts from genesis and gets the blocks as bytes has the same root after each, and the same blocks
/// of the ledger.
pub(crate) fn assert_replays(world: &World) {
    let journal = world.journal.as_ref().expect("it is kept");
    let mut state = journal.start.clone();
    let (mut roots, mut entity_blocks, mut meta_blocks) = (Roots::of(&state), Vec::new(), Vec::new());
    for block in &journal.blocks {
        let extrinsics: Vec<_> = block.extrinsics.iter().map(|bytes| check(bytes).expect("it was included")).collect();
        let context = BlockContext::new(&block.header, GENESIS).expect("the header carries it");
        let outcome = execute(&state, &context, &extrinsics);
        assert_eq!(roots.after(&outcome.changes), block.root, "block {}", block.header.number);
        for (key, value) in outcome.changes {
            match value {
                Some(value) => drop(state.insert(key, value)),
                None => drop(state.remove(&key)),
            }
        }
        entity_blocks.extend(outcome.entity_blocks);
        meta_blocks.extend(outcome.meta_blocks);
    }
    assert!(state == world.state && entity_blocks == world.entity_blocks && meta_blocks == world.meta_blocks);
}
