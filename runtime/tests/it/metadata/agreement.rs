//! Every call, event, error and record in the golden files, read by the metadata alone.

use std::collections::BTreeSet;

use frame_metadata::v14::StorageEntryType;
use tierchain_runtime::errors::describe;
use tierchain_runtime::{DispatchError, ModuleError};

use super::{Described, field, golden, items, variant};
use crate::world::{Who, World};

/// The calls in the golden files: module and call, as the lines name them, and the bytes.
fn golden_calls() -> Vec<(String, Vec<u8>)> {
    let registry = golden("golden/registry.txt").into_iter().chain(golden("golden/grants.txt"));
    let registry =
        registry.filter_map(|(name, bytes)| Some((format!("registry.{}", name.strip_prefix("call ")?), bytes)));
    let directives = golden("golden/directives.txt").into_iter();
    let directives =
        directives.filter_map(|(name, bytes)| Some((format!("directives.{}", name.strip_prefix("call ")?), bytes)));
    let beside = golden("golden/beside.txt").into_iter();
    let beside = beside.filter_map(|(name, bytes)| Some((name.strip_prefix("call ")?.to_owned(), bytes)));
    golden("golden/calls.txt").into_iter().chain(registry).chain(directives).chain(beside).collect()
}

/// The lists of events in the golden files.
fn golden_events() -> Vec<(String, Vec<u8>)> {
    let chains = golden("golden/events.txt").into_iter().filter(|(name, _)| !name.ends_with(" block"));
    let others = ["registry", "grants", "directives", "beside"];
    let others = others.into_iter().flat_map(|name| golden(&format!("golden/{name}.txt")));
    chains.chain(others.filter(|(name, _)| name.starts_with("events of "))).collect()
}

/// The keys and values of state in the golden files, without the version under `:code`.
fn golden_state() -> Vec<(Vec<u8>, Vec<u8>)> {
    let files = ["leaves", "registry", "grants", "directives", "beside"];
    let all = files.into_iter().flat_map(|name| golden(&format!("golden/{name}.txt")));
    let keyed = all.filter_map(|(name, bytes)| Some((hex::decode(name.strip_prefix("0x")?).ok()?, bytes)));
    keyed.filter(|(key, _)| key != b":code").collect()
}

#[test]
fn every_call_reads_as_itself() {
    for described in Described::both() {
        let outer = described.named("tierchain_runtime::RuntimeCall");
        let mut seen = BTreeSet::new();
        for (name, bytes) in golden_calls() {
            let value = described.read(outer, &bytes, &name);
            let (module, call) = variant(&value);
            let read = format!("{}.{}", module.to_lowercase(), variant(call[0]).0);
            let named = name.split([' ', '.']).take(2).collect::<Vec<_>>().join(".");
            assert_eq!(read, named, "{name}");
            seen.insert(read);
        }
        let calls = described.modules.iter().filter_map(|module| Some((module, module.calls?)));
        for (module, calls) in calls {
            for call in described.variants(calls) {
                let name = format!("{}.{}", module.name.to_lowercase(), call.name);
                assert!(seen.contains(&name), "no golden file has a call of {name}");
            }
        }
    }
}

#[test]
fn every_event_reads_as_itself() {
    for described in Described::both() {
        let events = described.module("System").storage.iter().find(|entry| entry.name == "Events");
        let StorageEntryType::Plain(records) = &events.expect("there are events").ty else { panic!("it is one value") };
        let mut seen = BTreeSet::new();
        for (name, bytes) in golden_events() {
            let value = described.read(records.id, &bytes, &name);
            for record in items(&value) {
                let (module, event) = variant(field(record, "event"));
                seen.insert(format!("{module}.{}", variant(event[0]).0));
            }
        }
        let expected = described.modules.iter().filter_map(|module| Some((module, module.events?)));
        for (module, events) in expected {
            for event in described.variants(events) {
                let name = format!("{}.{}", module.name, event.name);
                // Nobody in the golden stories sends the same end twice.
                let is_rare = name == "Meta.RepeatIgnored";
                assert!(is_rare || seen.contains(&name), "no golden file has the event {name}");
            }
        }
    }
}

#[test]
fn every_record_reads_as_itself() {
    for described in Described::both() {
        let kinds: Vec<&str> =
            golden_state().into_iter().map(|(key, value)| described.read_state(&key, &value)).collect();
        assert!(kinds.contains(&"plain") && kinds.contains(&"map"));
    }
}

#[test]
fn what_is_no_leaf_reads_as_itself_too() {
    let mut world = World::live();
    world.run(Who::Nobody, crate::system::remark(b"seen"));
    world.block(&[]);
    for described in Described::both() {
        let mut read = BTreeSet::new();
        for (key, value) in world.state.iter().filter(|(key, _)| key.as_slice() != b":code") {
            described.read_state(key, value);
            read.extend(described.entry(key).map(|(module, entry)| format!("{module}.{}", entry.name)));
        }
        for entry in &described.module("System").storage {
            assert!(read.contains(&format!("System.{}", entry.name)), "nothing under System.{}", entry.name);
        }
    }
}

#[test]
fn every_error_has_its_name_and_its_remedy() {
    for described in Described::both() {
        let dispatch_error = described.named("sp_runtime::DispatchError");
        for module in &described.modules {
            let errors = module.errors.map(|id| described.variants(id)).unwrap_or_default();
            for error in errors {
                let wire = ModuleError { index: module.index, error: [error.index, 0, 0, 0] };
                let (name, remedy) = describe(wire).expect("the runtime has the error");
                assert_eq!((error.name.as_str(), error.docs.join(" ").as_str()), (name, remedy));
                let bytes = parity_scale_codec::Encode::encode(&DispatchError::Module(wire));
                assert_eq!(variant(&described.read(dispatch_error, &bytes, name)).0, "Module");
            }
            let past = u8::try_from(errors.len()).expect("there are few");
            assert_eq!(describe(ModuleError { index: module.index, error: [past, 0, 0, 0] }), None);
        }
    }
}

#[test]
fn what_events_and_births_are_made_of_reads_as_itself() {
    let types = [
        ("event_kind.", "tierchain_primitives::ledger::event::EventKind"),
        ("event.", "tierchain_primitives::ledger::event::Event"),
        ("announcement", "tierchain_primitives::ledger::event::Announcement"),
        ("birth_request", "tierchain_primitives::ledger::event::BirthRequest"),
    ];
    for described in Described::both() {
        let mut count = 0;
        for (name, bytes) in golden("../primitives/golden/event.txt") {
            let derived = name.ends_with("hash") || name.ends_with("signed_bytes");
            let Some((_, path)) = types.iter().find(|(prefix, _)| name.starts_with(prefix) && !derived) else {
                continue;
            };
            described.read(described.named(path), &bytes, &name);
            count += 1;
        }
        assert_eq!(count, 16, "the golden file has other lines");
    }
}
