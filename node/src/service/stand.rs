//! Where the ledger stands for auditors: the newest state that a certified block names, with its tree.
//!
//! The database keeps the latest tree only, and the newest block names the state of an earlier one: of the block before
//! on an idle network, of some blocks before under load. So the tree is taken back by what those few blocks changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tierchain_primitives::ports::{NodeRead, StateChange, StateRead};
use tierchain_primitives::tree::{Proof, Tree};
use tierchain_primitives::{BlockNumber, H256};
use tierchain_rpc::backend::AuditError;
use tierchain_runtime::audit::Link;
use tierchain_runtime::is_leaf;
use tierchain_storage::{View, fatal};

use super::disk::read_root;
use super::shared::Shared;

/// How often, and how long apart, the newest blocks are looked at. What is final is named by a later block: by the one
/// that the primary adds 50 ms after on an idle network, by one of the next 8 under load.
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// State and tree after the block that the newest header names.
pub(crate) struct Stand<'a> {
    view: View<'a>,
    height: BlockNumber,
    root: H256,
    /// Pages of the tree that aren't the latest ones.
    pages: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    links: Vec<Link>,
}

impl<'a> Stand<'a> {
    /// The newest there is, with all that is final by now if that is named within a second: whoever has seen an end
    /// become final finds it in the file. `retry_after_ms` is for whoever comes too early.
    pub(crate) fn newest(shared: &'a Shared, retry_after_ms: u64) -> Result<Self, AuditError> {
        let wanted = shared.finalized().header.number;
        let mut newest = None;
        for _ in 0..TRIES {
            newest = Self::now(shared).or(newest);
            match newest.take() {
                Some(stand) if stand.covers(wanted) => return Ok(stand),
                stand => newest = stand,
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
        newest.ok_or(AuditError::NotYet { retry_after_ms })
    }

    /// Whether it is the state after that block, or after a later one, or nothing has changed since.
    fn covers(&self, number: BlockNumber) -> bool {
        self.height >= number || self.pages.is_empty()
    }

    /// None where what the newest blocks changed isn't known here, as after a start.
    fn now(shared: &'a Shared) -> Option<Self> {
        let view = shared.db.view();
        let (best, _) = view.best()?;
        let header = shared.db.header(best)?;
        let height = header.pre_runtime().ok()?.executed;
        let certificate = shared.db.certificate(best)?;
        let link = |number| Some(Link { header: shared.db.header(number)?, certificate: None });
        let mut links: Vec<Link> = (height..best).map(link).collect::<Option<_>>()?;
        let root = header.state_root;
        links.push(Link { header, certificate: Some(certificate) });
        let latest = read_root(&shared.db, best)?;
        let mut stand = Self { view, height, root, pages: BTreeMap::new(), links };
        // Blocks that changed nothing but their own facts leave the tree as it was.
        if latest != root {
            let undone = stand.undone(shared, best)?;
            let update = Tree::update(&Latest(&stand.view), latest, &Tree::leaf_changes(&undone));
            if update.root != root {
                tracing::error!(
                    height,
                    best,
                    "what was changed since doesn't lead back to the state that was certified"
                );
                return None;
            }
            stand.pages = update.pages.into_iter().collect();
        }
        Some(stand)
    }

    /// What the leaves that changed since held before.
    fn undone(&self, shared: &Shared, best: BlockNumber) -> Option<Vec<StateChange>> {
        let mut keys = BTreeSet::new();
        for number in self.height + 1..=best {
            let changes = shared.changes(&shared.db.hash_of(number)?)?;
            keys.extend(changes.iter().map(|(key, _)| key.clone()).filter(|key| is_leaf(key)));
        }
        Some(keys.into_iter().map(|key| (key.clone(), self.get(&key))).collect())
    }

    /// The headers from the block whose state this is to the one that names it.
    pub(crate) fn links(&self) -> Vec<Link> {
        self.links.clone()
    }

    /// Proves what the state holds under a key of the tree.
    pub(crate) fn prove(&self, key: &H256) -> Proof {
        Tree::prove(self, self.root, key)
    }
}

impl StateRead for Stand<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        match self.view.state_at(key, self.height) {
            Ok(value) => value,
            Err(error) => fatal("reading the state within the window of recent blocks", error),
        }
    }
}

impl NodeRead for Stand<'_> {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        match self.pages.get(key) {
            Some(page) => page.clone(),
            None => self.view.page(key),
        }
    }
}

/// The latest tree.
struct Latest<'a, 'b>(&'a View<'b>);

impl NodeRead for Latest<'_, '_> {
    fn page(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.page(key)
    }
}
