//! State as the modules see it: typed items over raw keys, and the overlay that keeps changes until they count.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::ports::{StateChange, StateRead};
use tierchain_primitives::storage_key::{Hasher, map_key, prefix};

use crate::metadata::Entry;

/// Why stored bytes decode: nobody else writes state.
const OURS: &str = "state holds only what this runtime encoded under this very key";

/// Changes on top of a state that stays as it is. Reading sees the changes.
pub(crate) struct Overlay<'a> {
    base: &'a dyn StateRead,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'a> Overlay<'a> {
    pub(crate) fn new(base: &'a dyn StateRead) -> Self {
        Self { base, changes: BTreeMap::new() }
    }

    /// Takes over what an overlay on top of this one changed.
    pub(crate) fn apply(&mut self, changes: Vec<StateChange>) {
        self.changes.extend(changes);
    }

    /// What changed, sorted by key.
    pub(crate) fn into_changes(self) -> Vec<StateChange> {
        self.changes.into_iter().collect()
    }
}

impl StateRead for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        match self.changes.get(key) {
            Some(change) => change.clone(),
            None => self.base.get(key),
        }
    }
}

/// A storage item with one value.
pub struct Value<T> {
    pallet: &'static str,
    item: &'static str,
    kind: PhantomData<fn() -> T>,
}

impl<T: Encode + Decode> Value<T> {
    pub(crate) const fn new(pallet: &'static str, item: &'static str) -> Self {
        Self { pallet, item, kind: PhantomData }
    }

    /// Its storage key.
    #[must_use]
    pub fn key(&self) -> [u8; 32] {
        prefix(self.pallet, self.item)
    }

    /// Its value, if it has one.
    #[must_use]
    pub fn get(&self, state: &dyn StateRead) -> Option<T> {
        Some(decode(&state.get(&self.key())?))
    }

    pub(crate) fn put(&self, state: &mut Overlay<'_>, value: &T) {
        state.changes.insert(self.key().to_vec(), Some(value.encode()));
    }

    pub(crate) fn clear(&self, state: &mut Overlay<'_>) {
        state.changes.insert(self.key().to_vec(), None);
    }
}

impl<T: TypeInfo + 'static> Value<T> {
    /// What the metadata says about it.
    pub(crate) fn entry(&self, docs: &'static str) -> Entry {
        Entry::value::<T>(self.item, docs)
    }
}

/// A storage item with a value per key.
pub struct Map<K, V> {
    pallet: &'static str,
    item: &'static str,
    hasher: Hasher,
    kind: PhantomData<fn(K) -> V>,
}

impl<K: Encode, V: Encode + Decode> Map<K, V> {
    pub(crate) const fn new(pallet: &'static str, item: &'static str, hasher: Hasher) -> Self {
        Self { pallet, item, hasher, kind: PhantomData }
    }

    /// The storage key of an entry.
    #[must_use]
    pub fn key(&self, key: &K) -> Vec<u8> {
        map_key(&prefix(self.pallet, self.item), self.hasher, &key.encode())
    }

    /// The value under a key, if there is one.
    #[must_use]
    pub fn get(&self, state: &dyn StateRead, key: &K) -> Option<V> {
        Some(decode(&state.get(&self.key(key))?))
    }

    /// Whether there is a value under a key.
    #[must_use]
    pub fn has(&self, state: &dyn StateRead, key: &K) -> bool {
        state.get(&self.key(key)).is_some()
    }

    pub(crate) fn put(&self, state: &mut Overlay<'_>, key: &K, value: &V) {
        state.changes.insert(self.key(key), Some(value.encode()));
    }

    pub(crate) fn remove(&self, state: &mut Overlay<'_>, key: &K) {
        state.changes.insert(self.key(key), None);
    }
}

impl<K: TypeInfo + 'static, V: TypeInfo + 'static> Map<K, V> {
    /// What the metadata says about it.
    pub(crate) fn entry(&self, docs: &'static str) -> Entry {
        Entry::map::<K, V>(self.item, self.hasher, docs)
    }
}

fn decode<T: Decode>(bytes: &[u8]) -> T {
    T::decode(&mut &*bytes).expect(OURS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: Value<u32> = Value::new("Test", "Number");
    const NAMES: Map<u32, u8> = Map::new("Test", "Names", Hasher::Twox64Concat);

    #[test]
    fn an_overlay_hides_what_it_changes_and_only_that() {
        let mut base = BTreeMap::new();
        base.insert(NUMBER.key().to_vec(), 7u32.encode());
        base.insert(NAMES.key(&1), 1u8.encode());
        let mut overlay = Overlay::new(&base);
        NAMES.remove(&mut overlay, &1);
        NAMES.put(&mut overlay, &2, &2);
        assert_eq!((NUMBER.get(&overlay), NAMES.get(&overlay, &1)), (Some(7), None));
        let upper = Overlay::new(&overlay);
        assert!(!NAMES.has(&upper, &1) && NAMES.has(&upper, &2));
        assert_eq!(overlay.into_changes().len(), 2);
    }
}
