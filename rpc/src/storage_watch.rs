//! What a storage subscription watches, and which values it has told.

use std::collections::BTreeMap;

use tierchain_primitives::H256;
use tierchain_primitives::ports::StateChange;

use crate::backend::{Backend, StateError};

/// Keys and the values last told for them.
pub(crate) struct StorageWatch {
    /// By key; the outer option is none as long as nothing was told.
    told: BTreeMap<Vec<u8>, Option<Option<Vec<u8>>>>,
    /// What blocks changed since isn't known: the keys themselves must be read.
    is_stale: bool,
}

impl StorageWatch {
    /// Watches keys of which nothing was told yet.
    pub(crate) fn new(keys: impl Iterator<Item = Vec<u8>>) -> Self {
        Self { told: keys.map(|key| (key, None)).collect(), is_stale: true }
    }

    /// The keys whose value after a block isn't the one last told, with that value.
    ///
    /// What the block changed is asked first, for it is mostly nothing of interest. Where that isn't remembered, the
    /// keys are read. Where even that is pruned (a follower far behind), the next block tells.
    pub(crate) fn changes(&mut self, backend: &dyn Backend, block: &H256) -> Result<Vec<StateChange>, StateError> {
        let remembered = if self.is_stale { None } else { backend.changes(block) };
        let found: Vec<StateChange> = match remembered {
            Some(changes) => changes.iter().filter(|(key, _)| self.told.contains_key(key)).cloned().collect(),
            None => match self.read_all(backend, block) {
                Err(StateError::Pruned { .. }) => {
                    self.is_stale = true;
                    return Ok(Vec::new());
                }
                found => found?,
            },
        };
        self.is_stale = false;
        Ok(found.into_iter().filter(|(key, value)| self.is_new(key, value)).collect())
    }

    fn read_all(&self, backend: &dyn Backend, block: &H256) -> Result<Vec<StateChange>, StateError> {
        self.told.keys().map(|key| Ok((key.clone(), backend.storage(block, key)?))).collect()
    }

    /// Whether a value differs from the one last told; it is then the one last told.
    fn is_new(&mut self, key: &[u8], value: &Option<Vec<u8>>) -> bool {
        match self.told.get_mut(key) {
            Some(told) if told.as_ref() != Some(value) => {
                *told = Some(value.clone());
                true
            }
            _ => false,
        }
    }
}
