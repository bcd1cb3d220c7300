//! `tree::update/leaves=1000000`: CPU per updated leaf and bytes per stored leaf, for several layouts of the pages.
//!
//! `cargo bench -p tierchain-primitives --bench tree [LEAVES]`. The store is a map in memory
//! whose share is given apart: what is left is the tree's own cost. Budget: 3 us and 100 bytes.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use tierchain_primitives::H256;
use tierchain_primitives::ports::NodeRead;
use tierchain_primitives::tree::{EMPTY_ROOT, Layout, LeafChange, Tree, TreeUpdate, leaf_key, value_hash};

/// Updated leaves per measurement.
const UPDATES: u64 = 200_000;

#[derive(Default)]
struct Store {
    root: H256,
    pages: HashMap<Vec<u8>, Vec<u8>>,
    /// Seconds spent finding and copying pages, most of them waiting for memory: a real store's, not the tree's.
    reading: Cell<f64>,
}

impl NodeRead for Store {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        let start = Instant::now();
        let page = self.pages.get(key).cloned();
        self.reading.set(self.reading.get() + start.elapsed().as_secs_f64());
        page
    }
}

impl Store {
    fn commit(&mut self, update: TreeUpdate) {
        self.root = update.root;
        for (key, page) in update.pages {
            match page {
                Some(page) => self.pages.insert(key, page),
                None => self.pages.remove(&key),
            };
        }
    }

    fn bytes(&self) -> usize {
        self.pages.iter().map(|(key, page)| key.len() + page.len()).sum()
    }
}

/// A reproducible stream of numbers (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn change(leaf: u64, version: u64) -> LeafChange {
    (leaf_key(&leaf.to_le_bytes()), Some(value_hash(&[leaf, version].map(u64::to_le_bytes).concat())))
}

fn grown(layout: Layout, leaves: u64) -> Store {
    let changes: BTreeMap<_, _> = (0..leaves).map(|leaf| change(leaf, 0)).collect();
    let changes: Vec<LeafChange> = changes.into_iter().collect();
    let mut store = Store::default();
    store.commit(Tree::update_with(layout, &store, EMPTY_ROOT, &changes));
    store
}

fn measure_updates(store: &mut Store, layout: Layout, leaves: u64, batch: u64, name: &str) {
    let mut numbers = Numbers(batch);
    store.reading.set(0.0);
    let (mut seconds, mut updated, mut pages, mut written) = (0.0, 0, 0, 0);
    for version in 1..=UPDATES / batch {
        let changes: BTreeMap<_, _> = (0..batch).map(|_| change(numbers.below(leaves), version)).collect();
        let changes: Vec<LeafChange> = changes.into_iter().collect();
        let start = Instant::now();
        let update = Tree::update_with(layout, store, store.root, &changes);
        seconds += start.elapsed().as_secs_f64();
        updated += changes.len();
        pages += update.pages.len();
        written += update.pages.iter().filter_map(|(_, page)| page.as_ref()).map(Vec::len).sum::<usize>();
        store.commit(update);
    }
    let per = |sum: f64| sum / updated as f64;
    println!(
        "{name}/batch={batch}: {:.2} us and {:.2} us in the store, {:.1} pages and {:.0} bytes written per updated leaf",
        per((seconds - store.reading.get()) * 1e6),
        per(store.reading.get() * 1e6),
        per(pages as f64),
        per(written as f64),
    );
}

fn measure_proofs(store: &Store, leaves: u64, name: &str) {
    let mut numbers = Numbers(7);
    let keys: Vec<H256> = (0..20_000).map(|_| leaf_key(&numbers.below(2 * leaves).to_le_bytes())).collect();
    let start = Instant::now();
    let siblings: usize = keys.iter().map(|key| Tree::prove(store, store.root, key).siblings.len()).sum();
    let each = start.elapsed().as_secs_f64() * 1e6 / keys.len() as f64;
    println!("{name}: {each:.2} us and {:.1} siblings per proof", siblings as f64 / keys.len() as f64);
}

fn main() {
    // Cargo passes `--bench`; a number is the number of leaves.
    let leaves = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let rivals = [Layout { page_levels: 3, inline_leaves_max: 4 }, Layout { page_levels: 5, inline_leaves_max: 8 }];
    for layout in [Layout::CHOSEN].into_iter().chain(rivals) {
        let Layout { page_levels, inline_leaves_max } = layout;
        let setting = format!("leaves={leaves}/page_levels={page_levels}/inline_leaves_max={inline_leaves_max}");
        let mut store = grown(layout, leaves);
        let (bytes, count) = (store.bytes() as f64 / leaves as f64, store.pages.len());
        println!("tree::store/{setting}: {bytes:.1} bytes per leaf in {count} pages");
        for batch in [20, 200, 2_000] {
            measure_updates(&mut store, layout, leaves, batch, &format!("tree::update/{setting}"));
        }
        measure_proofs(&store, leaves, &format!("tree::prove/{setting}"));
    }
}
