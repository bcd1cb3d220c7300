//! What clients look for by name.

use frame_metadata::v14::{StorageEntryModifier, StorageEntryType};
use parity_scale_codec::{Compact, Decode, Encode};
use tierchain_primitives::H256;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::{Era, Extrinsic, payload};
use tierchain_runtime::{Call, RuntimeVersion, VERSIONS, runtime_version, system};

use super::{Described, decoded_v14, decoded_v15, items, rust_files, variant};

/// Types that clients choose a decoder for by the path.
const PATHS: [&str; 20] = [
    "sp_core::crypto::AccountId32",
    "primitive_types::H256",
    "sp_runtime::multiaddress::MultiAddress",
    "sp_runtime::MultiSignature",
    "sp_runtime::generic::era::Era",
    "sp_runtime::generic::digest::Digest",
    "sp_runtime::generic::digest::DigestItem",
    "sp_runtime::DispatchError",
    "sp_runtime::ModuleError",
    "sp_runtime::TokenError",
    "sp_runtime::TransactionalError",
    "sp_arithmetic::ArithmeticError",
    "sp_weights::weight_v2::Weight",
    "frame_support::dispatch::DispatchInfo",
    "frame_support::dispatch::DispatchClass",
    "frame_support::dispatch::Pays",
    "frame_system::EventRecord",
    "frame_system::Phase",
    "frame_system::AccountInfo",
    "sp_version::RuntimeVersion",
];

#[test]
fn well_known_types_go_by_their_known_paths() {
    for described in Described::both() {
        for path in PATHS {
            described.named(path);
        }
        assert_eq!(described.variants(described.named("sp_runtime::generic::era::Era")).len(), 256);
        let schemes = described.variants(described.named("sp_runtime::MultiSignature"));
        assert_eq!(
            schemes.iter().map(|scheme| scheme.name.as_str()).collect::<Vec<_>>(),
            ["Ed25519", "Sr25519", "Ecdsa"]
        );
    }
}

#[test]
fn a_modules_enums_have_three_segments_and_only_the_outer_ones_two() {
    for described in Described::both() {
        for module in &described.modules {
            let pallet =
                if module.index == 0 { "frame_system" } else { &format!("pallet_{}", module.name.to_lowercase()) };
            for (id, name) in [(module.calls, "Call"), (module.events, "Event"), (module.errors, "Error")] {
                let Some(id) = id else { continue };
                assert_eq!(id, described.named(&format!("{pallet}::pallet::{name}")));
            }
        }
        for known in &described.types.types {
            let path = &known.ty.path.segments;
            let is_short = path.len() == 2 && ["Call", "Event", "Error"].contains(&path[1].as_str());
            assert!(!is_short, "{path:?} would be taken for an outer enum");
        }
    }
}

#[test]
fn a_modules_index_is_its_place_in_the_outer_enums() {
    let described = Described::both();
    for described in &described {
        let calls = described.variants(described.named("tierchain_runtime::RuntimeCall"));
        let events = described.variants(described.named("tierchain_runtime::RuntimeEvent"));
        for (outer, has) in [(calls, 0), (events, 1)] {
            let modules = described.modules.iter().filter(|module| [module.calls, module.events][has].is_some());
            let expected: Vec<(&str, u8)> = modules.map(|module| (module.name.as_str(), module.index)).collect();
            assert_eq!(outer.iter().map(|it| (it.name.as_str(), it.index)).collect::<Vec<_>>(), expected);
        }
    }
    let newer = &described[1];
    let errors = newer.variants(newer.named("tierchain_runtime::RuntimeError"));
    let expected = newer.modules.iter().filter_map(|module| Some((module.name.as_str(), module.index, module.errors?)));
    let made = errors.iter().map(|error| (error.name.as_str(), error.index, error.fields[0].ty.id));
    assert_eq!(made.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let outer = decoded_v15().outer_enums;
    assert_eq!(outer.error_enum_ty.id, newer.named("tierchain_runtime::RuntimeError"));
}

#[test]
fn everything_says_what_it_is() {
    for described in Described::both() {
        for module in &described.modules {
            for id in [module.calls, module.events, module.errors].into_iter().flatten() {
                for variant in described.variants(id) {
                    assert!(variant.docs.concat().len() > 10, "{}.{} has no docs", module.name, variant.name);
                }
            }
            let storage = module.storage.iter().map(|entry| (&entry.name, &entry.docs));
            let constants = module.constants.iter().map(|constant| (&constant.name, &constant.docs));
            for (name, docs) in storage.chain(constants) {
                assert!(docs.concat().len() > 10, "{}.{name} has no docs", module.name);
            }
        }
    }
}

#[test]
fn every_storage_item_of_the_source_is_described() {
    for described in Described::both() {
        let mut count = 0;
        for text in rust_files() {
            let product = text.split("#[cfg(test)]").next().unwrap_or_default();
            for made in product.split("::new(\"").skip(1) {
                // `Value::new("Module", "Item"…` and `Map::new(…)`: two names in quotation marks.
                let mut quoted = made.split('"');
                let (module, between, item) = (quoted.next(), quoted.next(), quoted.next());
                let (Some(module), Some(", "), Some(item)) = (module, between, item) else { continue };
                let known = described.modules.iter().find(|known| known.name == module);
                let Some(known) = known else { continue };
                assert!(known.storage.iter().any(|entry| entry.name == item), "{module}.{item} isn't described");
                count += 1;
            }
        }
        let entries: usize = described.modules.iter().map(|module| module.storage.len()).sum();
        assert_eq!(count, entries, "the source was read wrong, or something is described that isn't there");
    }
}

#[test]
fn defaults_are_values_of_their_type() {
    for described in Described::both() {
        for module in &described.modules {
            for entry in &module.storage {
                let (StorageEntryType::Plain(value) | StorageEntryType::Map { value, .. }) = &entry.ty;
                match entry.modifier {
                    StorageEntryModifier::Default => drop(described.read(value.id, &entry.default, &entry.name)),
                    StorageEntryModifier::Optional => assert_eq!(entry.default, [0]),
                }
            }
        }
    }
}

#[test]
fn constants_are_what_they_are_called() {
    for described in Described::both() {
        for module in &described.modules {
            for constant in &module.constants {
                described.read(constant.ty.id, &constant.value, &constant.name);
            }
        }
        let bytes = |module: &str, name: &str| {
            let constants = &described.module(module).constants;
            constants.iter().find(|constant| constant.name == name).expect("it is there").value.clone()
        };
        assert_eq!(bytes("System", "BlockHashCount"), 65_536u32.encode());
        assert_eq!(bytes("System", "SS58Prefix"), 42u16.encode());
        assert_eq!(bytes("Timestamp", "MinimumPeriod"), 40u64.encode());
        assert_eq!(RuntimeVersion::decode(&mut bytes("System", "Version").as_slice()), Ok(runtime_version()));
        for name in ["BlockWeights", "BlockLength", "DbWeight"] {
            bytes("System", name);
        }
    }
}

#[test]
fn an_extrinsic_is_made_of_what_is_described() {
    let (older, newer) = (decoded_v14(), decoded_v15());
    assert_eq!((older.extrinsic.version, newer.extrinsic.version), (4, 4));
    let names: Vec<&str> = older.extrinsic.signed_extensions.iter().map(|it| it.identifier.as_str()).collect();
    assert_eq!(names, ["CheckSpecVersion", "CheckTxVersion", "CheckGenesis", "CheckMortality", "CheckNonce"]);
    let parameters = &older.types.resolve(older.extrinsic.ty.id).expect("it is described").type_params;
    let parameters: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(parameters, ["Address", "Call", "Signature", "Extra"]);

    let [_, described] = Described::both();
    let key = KeyPair::from_seed(&[7; 32]);
    let call = Call::System(system::Call::Remark { remark: b"hello".to_vec() }).encode();
    let (genesis, birth) = (H256([1; 32]), H256([2; 32]));
    for (era, nonce) in [(Era::Immortal, 0), (Era::mortal(64, 1_000), 70_000)] {
        let signed = Extrinsic::sign(&key, call.clone(), era, nonce, VERSIONS, &genesis, &birth).encode();
        let mut input = signed.as_slice();
        let length = Compact::<u32>::decode(&mut input).expect("it has a length").0;
        assert_eq!(length as usize, input.len());
        assert_eq!(u8::decode(&mut input), Ok(0x84));
        let address = described.read_some(newer.extrinsic.address_ty.id, &mut input, "address");
        let signature = described.read_some(newer.extrinsic.signature_ty.id, &mut input, "signature");
        let at = input;
        let extra = described.read_some(newer.extrinsic.extra_ty.id, &mut input, "extra");
        let extra_bytes = &at[..at.len() - input.len()];
        let read = described.read(newer.extrinsic.call_ty.id, input, "call");
        assert_eq!((variant(&address).0, variant(&signature).0, items(&extra).len()), ("Id", "Ed25519", 5));
        assert_eq!(variant(&read).0, "System");
        let mut message = [call.as_slice(), extra_bytes].concat();
        let additional = [VERSIONS.spec.encode(), VERSIONS.transaction.encode(), genesis.encode(), birth.encode()];
        for (extension, bytes) in newer.extrinsic.signed_extensions.iter().zip(additional) {
            described.read(extension.additional_signed.id, &bytes, &extension.identifier);
            message.extend(bytes);
        }
        assert_eq!(message, payload(&call, era, nonce, VERSIONS, &genesis, &birth));
    }
}
