//! One module's table, and how it becomes metadata.

use frame_metadata::v14::{
    PalletCallMetadata, PalletConstantMetadata, PalletErrorMetadata, PalletEventMetadata, PalletStorageMetadata,
    StorageEntryMetadata, StorageEntryModifier, StorageEntryType, StorageHasher,
};
use frame_metadata::{v14, v15};
use parity_scale_codec::Encode;
use scale_info::{MetaType, TypeInfo, meta_type};
use tierchain_primitives::storage_key::Hasher;

/// What a module tells about itself.
pub(crate) struct Module {
    index: u8,
    name: &'static str,
    docs: &'static str,
    storage: Vec<StorageEntryMetadata>,
    calls: Option<MetaType>,
    events: Option<MetaType>,
    errors: Option<MetaType>,
    constants: Vec<PalletConstantMetadata>,
}

impl Module {
    /// A module with nothing in it yet. The name is the one its storage keys are made with.
    pub(crate) fn new(index: u8, name: &'static str, docs: &'static str) -> Self {
        let (calls, events, errors) = (None, None, None);
        Self { index, name, docs, storage: Vec::new(), calls, events, errors, constants: Vec::new() }
    }

    /// Its storage items.
    pub(crate) fn storage(mut self, entries: impl IntoIterator<Item = Entry>) -> Self {
        self.storage.extend(entries.into_iter().map(|entry| entry.0));
        self
    }

    /// The type of its calls.
    pub(crate) fn calls<T: TypeInfo + 'static>(self) -> Self {
        Self { calls: Some(meta_type::<T>()), ..self }
    }

    /// The type of its events.
    pub(crate) fn events<T: TypeInfo + 'static>(self) -> Self {
        Self { events: Some(meta_type::<T>()), ..self }
    }

    /// The type of its errors.
    pub(crate) fn errors<T: TypeInfo + 'static>(self) -> Self {
        Self { errors: Some(meta_type::<T>()), ..self }
    }

    /// One of its constants.
    pub(crate) fn constant<T: Encode + TypeInfo + 'static>(
        mut self,
        name: &'static str,
        value: &T,
        docs: &'static str,
    ) -> Self {
        let (ty, value) = (meta_type::<T>(), value.encode());
        self.constants.push(PalletConstantMetadata { name, ty, value, docs: vec![docs] });
        self
    }

    /// Where the module's errors stand among all errors: name, index, type. None where it has none.
    pub(crate) fn error_variant(&self) -> Option<(&'static str, u8, MetaType)> {
        Some((self.name, self.index, self.errors?))
    }

    pub(super) fn into_v14(self) -> v14::PalletMetadata {
        let Self { index, name, docs: _, storage, calls, events, errors, constants } = self;
        v14::PalletMetadata {
            name,
            storage: storage_metadata(name, storage),
            calls: calls.map(|ty| PalletCallMetadata { ty }),
            event: events.map(|ty| PalletEventMetadata { ty }),
            constants,
            error: errors.map(|ty| PalletErrorMetadata { ty }),
            index,
        }
    }

    pub(super) fn into_v15(self) -> v15::PalletMetadata {
        let docs = vec![self.docs];
        let v14::PalletMetadata { name, storage, calls, event, constants, error, index } = self.into_v14();
        v15::PalletMetadata { name, storage, calls, event, constants, error, index, docs }
    }
}

fn storage_metadata(prefix: &'static str, entries: Vec<StorageEntryMetadata>) -> Option<PalletStorageMetadata> {
    if entries.is_empty() { None } else { Some(PalletStorageMetadata { prefix, entries }) }
}

/// What a module tells about one storage item.
pub(crate) struct Entry(StorageEntryMetadata);

impl Entry {
    /// An item with one value, which may be absent.
    pub(crate) fn value<V: TypeInfo + 'static>(name: &'static str, docs: &'static str) -> Self {
        Self::new(name, StorageEntryType::Plain(meta_type::<V>()), docs)
    }

    /// An item with a value per key, each of which may be absent.
    pub(crate) fn map<K: TypeInfo + 'static, V: TypeInfo + 'static>(
        name: &'static str,
        hasher: Hasher,
        docs: &'static str,
    ) -> Self {
        let hasher = match hasher {
            Hasher::Blake2_128Concat => StorageHasher::Blake2_128Concat,
            Hasher::Twox64Concat => StorageHasher::Twox64Concat,
            Hasher::Identity => StorageHasher::Identity,
        };
        let (key, value) = (meta_type::<K>(), meta_type::<V>());
        Self::new(name, StorageEntryType::Map { hashers: vec![hasher], key, value }, docs)
    }

    fn new(name: &'static str, ty: StorageEntryType, docs: &'static str) -> Self {
        // As Substrate does: what may be absent is described by the encoding of None.
        let (modifier, default) = (StorageEntryModifier::Optional, vec![0]);
        Self(StorageEntryMetadata { name, modifier, ty, default, docs: vec![docs] })
    }

    /// What clients are to take an absent value for.
    pub(crate) fn or(mut self, default: &impl Encode) -> Self {
        self.0.modifier = StorageEntryModifier::Default;
        self.0.default = default.encode();
        self
    }

    /// The type under which clients know the value, where its encoding is the same.
    pub(crate) fn known_as<V: TypeInfo + 'static>(mut self) -> Self {
        match &mut self.0.ty {
            StorageEntryType::Plain(value) | StorageEntryType::Map { value, .. } => *value = meta_type::<V>(),
        }
        self
    }
}
