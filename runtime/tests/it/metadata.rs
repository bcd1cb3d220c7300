//! Metadata against what is really encoded: Substrate's own decoder reads all that the golden files hold by it.

mod agreement;
mod contents;

use std::path::PathBuf;

use frame_metadata::v14::{StorageEntryMetadata, StorageEntryType, StorageHasher};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed, v14, v15};
use parity_scale_codec::DecodeAll;
use scale_info::form::PortableForm;
use scale_info::{PortableRegistry, TypeDef, Variant};
use scale_value::{Composite, Value, ValueDef};
use tierchain_runtime::metadata;

/// What both versions say, in one form.
pub(crate) struct Described {
    pub(crate) types: PortableRegistry,
    pub(crate) modules: Vec<ModuleDescribed>,
}

/// A module in metadata.
pub(crate) struct ModuleDescribed {
    name: String,
    index: u8,
    calls: Option<u32>,
    events: Option<u32>,
    errors: Option<u32>,
    storage: Vec<StorageEntryMetadata<PortableForm>>,
    constants: Vec<frame_metadata::v14::PalletConstantMetadata<PortableForm>>,
}

pub(crate) fn decoded_v14() -> v14::RuntimeMetadataV14 {
    match RuntimeMetadataPrefixed::decode_all(&mut metadata::v14().as_slice()).expect("it is whole").1 {
        RuntimeMetadata::V14(metadata) => metadata,
        other => panic!("{} isn't 14", other.version()),
    }
}

pub(crate) fn decoded_v15() -> v15::RuntimeMetadataV15 {
    match RuntimeMetadataPrefixed::decode_all(&mut metadata::v15().as_slice()).expect("it is whole").1 {
        RuntimeMetadata::V15(metadata) => metadata,
        other => panic!("{} isn't 15", other.version()),
    }
}

impl Described {
    /// Version 14 and version 15.
    pub(crate) fn both() -> [Self; 2] {
        let (older, newer) = (decoded_v14(), decoded_v15());
        let modules = older.pallets.into_iter().map(|pallet| ModuleDescribed {
            name: pallet.name,
            index: pallet.index,
            calls: pallet.calls.map(|calls| calls.ty.id),
            events: pallet.event.map(|events| events.ty.id),
            errors: pallet.error.map(|errors| errors.ty.id),
            storage: pallet.storage.map(|storage| storage.entries).unwrap_or_default(),
            constants: pallet.constants,
        });
        let older = Self { types: older.types, modules: modules.collect() };
        let modules = newer.pallets.into_iter().map(|pallet| ModuleDescribed {
            name: pallet.name,
            index: pallet.index,
            calls: pallet.calls.map(|calls| calls.ty.id),
            events: pallet.event.map(|events| events.ty.id),
            errors: pallet.error.map(|errors| errors.ty.id),
            storage: pallet.storage.map(|storage| storage.entries).unwrap_or_default(),
            constants: pallet.constants,
        });
        [older, Self { types: newer.types, modules: modules.collect() }]
    }

    /// The type that goes by a path.
    pub(crate) fn named(&self, path: &str) -> u32 {
        let mut found = self.types.types.iter().filter(|known| known.ty.path.segments.join("::") == path);
        let one = found.next().unwrap_or_else(|| panic!("no type is called {path}"));
        assert!(found.next().is_none(), "two types are called {path}");
        one.id
    }

    /// A module by its name.
    pub(crate) fn module(&self, name: &str) -> &ModuleDescribed {
        self.modules.iter().find(|module| module.name == name).expect("there is such a module")
    }

    /// The variants of an enum.
    pub(crate) fn variants(&self, id: u32) -> &[Variant<PortableForm>] {
        match &self.types.resolve(id).expect("the type is described").type_def {
            TypeDef::Variant(variants) => &variants.variants,
            other => panic!("{other:?} is no enum"),
        }
    }

    /// What the bytes say as a type: they are read to their end, and written again they are the same.
    pub(crate) fn read(&self, id: u32, bytes: &[u8], what: &str) -> Value<u32> {
        let mut input = bytes;
        let value = self.read_some(id, &mut input, what);
        assert!(input.is_empty(), "{} bytes follow {what}", input.len());
        let mut written = Vec::new();
        scale_value::scale::encode_as_type(&value, id, &self.types, &mut written)
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(written, bytes, "{what} reads as {value}");
        value
    }

    /// What the first of the bytes say as a type.
    pub(crate) fn read_some(&self, id: u32, input: &mut &[u8], what: &str) -> Value<u32> {
        scale_value::scale::decode_as_type(input, id, &self.types).unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Reads a key and a value of the state by the storage entry whose key it is.
    fn read_state(&self, key: &[u8], value: &[u8]) -> &'static str {
        let what = hex::encode(key);
        let (module, entry) = self.entry(key).unwrap_or_else(|| panic!("no storage entry has the key {what}"));
        let what = format!("{module}.{} {what}", entry.name);
        match &entry.ty {
            StorageEntryType::Plain(ty) => {
                assert_eq!(key.len(), 32, "{what}");
                self.read(ty.id, value, &what);
                "plain"
            }
            StorageEntryType::Map { hashers, key: key_type, value: value_type } => {
                let hashed = match hashers.as_slice() {
                    [StorageHasher::Blake2_128Concat] => 16,
                    [StorageHasher::Twox64Concat] => 8,
                    other => panic!("{what} has the hashers {other:?}"),
                };
                self.read(key_type.id, &key[32 + hashed..], &what);
                self.read(value_type.id, value, &what);
                "map"
            }
        }
    }

    fn entry(&self, key: &[u8]) -> Option<(&str, &StorageEntryMetadata<PortableForm>)> {
        let of = |module: &ModuleDescribed, item: &str| tierchain_primitives::storage_key::prefix(&module.name, item);
        let all = self.modules.iter().flat_map(|module| module.storage.iter().map(move |entry| (module, entry)));
        let mut found = all.filter(|(module, entry)| key.starts_with(&of(module, &entry.name)));
        found.next().map(|(module, entry)| (module.name.as_str(), entry))
    }
}

/// The name of a variant, and what is in it.
pub(crate) fn variant(value: &Value<u32>) -> (&str, Vec<&Value<u32>>) {
    match &value.value {
        ValueDef::Variant(variant) => (&variant.name, variant.values.values().collect()),
        other => panic!("{other:?} is no variant"),
    }
}

/// The items of a list.
pub(crate) fn items(value: &Value<u32>) -> Vec<&Value<u32>> {
    match &value.value {
        ValueDef::Composite(Composite::Unnamed(items)) => items.iter().collect(),
        other => panic!("{other:?} is no list"),
    }
}

/// A field of a record.
pub(crate) fn field<'a>(value: &'a Value<u32>, name: &str) -> &'a Value<u32> {
    match &value.value {
        ValueDef::Composite(Composite::Named(fields)) => {
            &fields.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no field {name}")).1
        }
        other => panic!("{other:?} is no record"),
    }
}

/// The lines of a golden file: name and bytes.
fn golden(file: &str) -> Vec<(String, Vec<u8>)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).expect("the golden file is in the repository");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let parts = |line: &str| {
        let (name, bytes) = line.rsplit_once(" = 0x").expect("a line is a name and bytes");
        (name.to_owned(), hex::decode(bytes).expect("the bytes are hexadecimal"))
    };
    lines.map(parts).collect()
}

/// The texts of the crate's sources.
fn rust_files() -> Vec<String> {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the source is there").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => folders.push(path),
                false => texts.push(std::fs::read_to_string(path).expect("a source file is text")),
            }
        }
    }
    texts
}
