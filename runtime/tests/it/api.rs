//! Runtime APIs: each that is declared answers, in the types that are declared.

use std::collections::BTreeMap;

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::extrinsic::{Era, Extrinsic};
use tierchain_primitives::hash::blake2_64;
use tierchain_primitives::ledger::{ServerState, Uuid};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{AccountId, Epoch, H256};
use tierchain_runtime::api::{ARGUMENT_BYTES_MAX, ApiError, PAGE_ENTRIES_MAX, call};
use tierchain_runtime::chains::{DiscrepancyKind, Server};
use tierchain_runtime::validity::{InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction};
use tierchain_runtime::{Call, RuntimeVersion, VERSIONS, check, metadata, query, runtime_version, system};

use crate::metadata::{Described, decoded_v15};
use crate::system::remark;
use crate::world::{
    GENESIS, T0, Who, World, add_image, announce, announcement, append, attest, host, note, server, state, witness,
};

/// A world with a server that has run for a while.
fn lived_in() -> World {
    let mut world = World::live();
    world.bear(&announcement(server(1)), T0, None);
    world.run(Who::Agent, append(state(server(1), 0, T0 + 5 as Micros, ServerState::Running)));
    world.takes(Who::Agent, announce(&announcement(server(2))));
    world.takes(Who::Provider, add_image(H256([0x77; 32])));
    world.takes(Who::Agent, attest(host(0), T0, T0 + 1));
    world.takes(Who::Agent, attest(host(0), T0 + 2, T0 + 3));
    world.takes(Who::Orchestrator, witness(server(1), ServerState::Paused, T0 + 5));
    world.time += 120_000;
    world.takes(Who::Auditor, note(server(1), DiscrepancyKind::StateDisagrees));
    world
}

fn ask<T: Decode>(world: &World, method: &str, arguments: &impl Encode) -> T {
    let answer = call(&world.state, method, &arguments.encode()).unwrap_or_else(|error| panic!("{method}: {error}"));
    let mut input = answer.as_slice();
    let value = T::decode(&mut input).unwrap_or_else(|error| panic!("{method}: {error}"));
    assert!(input.is_empty(), "{method} answers with more than its type");
    value
}

/// Arguments for each method that takes any.
fn arguments() -> BTreeMap<&'static str, Vec<u8>> {
    let (uuid, tenant) = (server(1).uuid, announcement(server(1)).ownership.tenant);
    let (provider, image) = (announcement(server(1)).ownership.provider, H256([0x77; 32]));
    let extrinsic = signed(remark(b"hello"), Era::Immortal, 0);
    BTreeMap::from([
        ("Metadata_metadata_at_version", 15u32.encode()),
        ("AccountNonceApi_account_nonce", Who::Agent.id().encode()),
        (
            "TaggedTransactionQueue_validate_transaction",
            [TransactionSource::External.encode(), extrinsic.clone(), H256([5; 32]).encode()].concat(),
        ),
        ("TransactionPaymentApi_query_info", [extrinsic, 100u32.encode()].concat()),
        ("ChainsApi_server", (uuid, None::<u32>).encode()),
        ("ChainsApi_generations", uuid.encode()),
        ("ChainsApi_writer_next", (server(1), Who::Agent.id()).encode()),
        ("ChainsApi_servers", (0u64, 10u32).encode()),
        ("ChainsApi_tenant_server_count", tenant.encode()),
        ("ChainsApi_tenant_servers", (tenant, 0u64, 10u32).encode()),
        ("ChainsApi_announcements", server(2).encode()),
        ("NotesApi_notes", (server(1), 0u32, 10u32).encode()),
        ("NotesApi_witnessed", server(1).encode()),
        ("NotesApi_open_discrepancies", server(1).encode()),
        ("NotesApi_disputed", (0u64, 10u32).encode()),
        ("NotesApi_attested", host(0).encode()),
        ("NotesApi_gaps", (host(0), 0u32, 10u32).encode()),
        ("NotesApi_committed", host(0).encode()),
        ("FoundryApi_image", (provider, image).encode()),
        ("FoundryApi_image_count", provider.encode()),
        ("FoundryApi_images", (provider, 0u64, 10u32).encode()),
        ("MetaApi_of_provider", (provider, 0u64, 10u32).encode()),
        ("MetaApi_of_tenant", (tenant, 0u64, 10u32).encode()),
        ("MetaApi_meta_chain", H256([7; 32]).encode()),
        ("MetaApi_list", (0u64, 10u32).encode()),
        ("ValidatorsApi_epoch", Epoch(0).encode()),
        ("DirectivesApi_directive", 0u64.encode()),
        ("DirectivesApi_named", (Who::Agent.id(), H256([1; 32])).encode()),
        ("DirectivesApi_open", H256([1; 32]).encode()),
        ("DirectivesApi_list", (0u64, 10u32).encode()),
        ("DirectivesApi_changes", (0u64, 10u32).encode()),
    ])
}

fn signed(call: Call, era: Era, nonce: u32) -> Vec<u8> {
    Extrinsic::sign(&Who::Nobody.key(), call.encode(), era, nonce, VERSIONS, &GENESIS, &GENESIS).encode()
}

#[test]
fn every_declared_method_answers_in_its_types() {
    let world = lived_in();
    let [_, described] = Described::both();
    let mut given = arguments();
    for api in decoded_v15().apis {
        for method in api.methods {
            let name = format!("{}_{}", api.name, method.name);
            let bytes = given.remove(name.as_str()).unwrap_or_default();
            let mut input = bytes.as_slice();
            for argument in &method.inputs {
                // Extrinsics go by a type that clients know to be prefixed with their length.
                described.read_some(argument.ty.id, &mut input, &name);
            }
            assert!(input.is_empty(), "{name} takes more than it declares");
            let answer = call(&world.state, &name, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            described.read(method.output.id, &answer, &name);
            assert!(!method.docs.concat().is_empty() && !api.docs.concat().is_empty());
        }
    }
    assert!(given.is_empty(), "not declared: {:?}", given.keys());
}

#[test]
fn what_is_listed_is_what_is_declared() {
    let declared: Vec<[u8; 8]> = decoded_v15().apis.iter().map(|api| blake2_64(api.name.as_bytes())).collect();
    let listed: Vec<[u8; 8]> = runtime_version().apis.into_iter().map(|(id, _)| id).collect();
    assert_eq!(declared, listed);
    // Substrate's, as every client has them built in: Core, Metadata, AccountNonceApi, TaggedTransactionQueue.
    let known = ["df6acb689907609b", "37e397fc7c91f5e4", "bc9d89904f5b923f", "d2bc9897eed08f15", "37c8bb1350a9a2a8"];
    assert_eq!(listed.iter().take(5).map(hex::encode).collect::<Vec<_>>(), known);
}

#[test]
fn metadata_comes_in_the_versions_that_are_served() {
    let world = World::live();
    assert_eq!(ask::<Vec<u32>>(&world, "Metadata_metadata_versions", &()), [14, 15]);
    assert_eq!(ask::<Vec<u8>>(&world, "Metadata_metadata", &()), metadata::v14());
    let at = |version: u32| ask::<Option<Vec<u8>>>(&world, "Metadata_metadata_at_version", &version);
    assert_eq!((at(14), at(15)), (Some(metadata::v14()), Some(metadata::v15())));
    assert_eq!((at(13), at(16), at(u32::MAX)), (None, None, None));
    assert_eq!(ask::<RuntimeVersion>(&world, "Core_version", &()), runtime_version());
}

#[test]
fn answers_are_those_of_the_state() {
    let world = lived_in();
    let nonce = |who: AccountId| ask::<u32>(&world, "AccountNonceApi_account_nonce", &who);
    assert_eq!((nonce(Who::Agent.id()), nonce(AccountId([0xcc; 32]))), (5, 0));
    let (uuid, other) = (server(1).uuid, Uuid([9; 16]));
    type Life = Option<(tierchain_primitives::ledger::ServerId, Server)>;
    let life = |uuid: Uuid, generation: Option<u32>| ask::<Life>(&world, "ChainsApi_server", &(uuid, generation));
    assert_eq!(life(uuid, None), query::server(&world.state, uuid, None));
    assert_eq!(life(uuid, None).map(|(_, server)| server.length), Some(2));
    assert_eq!((life(uuid, Some(1)), life(other, None)), (None, None));
    assert_eq!(ask::<Option<u64>>(&world, "ChainsApi_writer_next", &(server(1), Who::Agent.id())), Some(1));
    let listed: Vec<tierchain_primitives::ledger::ServerId> = ask(&world, "ChainsApi_servers", &(0u64, u32::MAX));
    assert_eq!(listed, [server(1)]);
    assert_eq!(PAGE_ENTRIES_MAX, 1_000, "as the docs of the lists say");
    let set: tierchain_primitives::certificate::ValidatorSet = ask(&world, "ValidatorsApi_validator_set", &());
    assert_eq!(set, tierchain_runtime::validator_set(&world.state));
}

#[test]
fn a_change_of_the_set_is_announced_until_it_comes() {
    use tierchain_primitives::epoch::EpochChange;
    use tierchain_primitives::limits::WINDOW;
    let mut world = World::of(4);
    let change = |world: &World| ask::<Option<EpochChange>>(world, "ValidatorsApi_epoch_change", &());
    assert_eq!(change(&world), None);
    world.run(Who::Voter(2), crate::rejoin::rejoin(H256([0x5c; 32])));
    let announced = change(&world).expect("a rejoin ends the epoch");
    assert_eq!((announced.end, announced.next.epoch), (1 + WINDOW, Epoch(1)));
    (0..WINDOW).for_each(|_| drop(world.block(&[])));
    assert_eq!(change(&world), None);
    let begun: Option<tierchain_runtime::registry::EpochRecord> = ask(&world, "ValidatorsApi_epoch", &Epoch(1));
    assert_eq!(begun.map(|record| record.begins_after), Some(1 + WINDOW));
}

#[test]
fn what_is_no_call_is_refused_by_name() {
    let world = World::live();
    let refused = |method: &str, arguments: &[u8]| call(&world.state, method, arguments).expect_err("it is no call");
    for unknown in ["", "Core", "Core_", "Core_execute_block", "core_version", "Core_version ", "Metadata_metadata_x"] {
        assert_eq!(refused(unknown, &[]), ApiError::UnknownMethod(unknown.to_owned()));
    }
    let ApiError::UnknownMethod(shown) = refused(&"x".repeat(10_000), &[]) else { panic!("it is unknown") };
    assert_eq!(shown.len(), 80);
    let too_long = vec![0; ARGUMENT_BYTES_MAX + 1];
    assert!(matches!(refused("Core_version", &too_long), ApiError::TooLong { found, .. } if found == too_long.len()));
    assert!(matches!(refused("Core_version", &[0]), ApiError::Arguments { .. }));
    assert!(matches!(refused("AccountNonceApi_account_nonce", &[0; 31]), ApiError::Arguments { .. }));
    assert!(matches!(refused("AccountNonceApi_account_nonce", &[0; 33]), ApiError::Arguments { .. }));
}

/// What a state says about an extrinsic after the block with this hash.
fn validity(world: &World, extrinsic: &[u8], block: H256) -> Result<ValidTransaction, TransactionValidityError> {
    let arguments = [TransactionSource::External.encode(), extrinsic.to_vec(), block.encode()].concat();
    let answer = call(&world.state, "TaggedTransactionQueue_validate_transaction", &arguments);
    let answer = answer.expect("the arguments are whole");
    Result::decode(&mut answer.as_slice()).expect("it is the type that is declared")
}

#[test]
fn validity_is_told_in_substrates_words() {
    let mut world = World::live();
    let head = H256([5; 32]);
    let invalid = |world: &World, bytes: &[u8]| match validity(world, bytes, head) {
        Err(TransactionValidityError::Invalid(why)) => why,
        other => panic!("{other:?}"),
    };
    // At genesis, the hash in the question is that of genesis.
    assert!(validity(&world, &signed(remark(b""), Era::Immortal, 0), GENESIS).is_ok());
    assert_eq!(invalid(&world, &signed(remark(b""), Era::Immortal, 0)), InvalidTransaction::BadProof);
    world.run(Who::Nobody, remark(b""));
    let next = validity(&world, &signed(remark(b""), Era::Immortal, 1), head).expect("it is the next");
    let tag = |nonce: u32| (Who::Nobody.id(), nonce).encode();
    assert_eq!((next.requires, next.provides, next.longevity), (vec![], vec![tag(1)], u64::MAX));
    let later = validity(&world, &signed(remark(b""), Era::Immortal, 3), head).expect("it can wait");
    assert_eq!((later.requires, later.provides), (vec![tag(2)], vec![tag(3)]));
    assert_eq!(invalid(&world, &signed(remark(b""), Era::Immortal, 0)), InvalidTransaction::Stale);
    assert_eq!(invalid(&world, &signed(remark(b""), Era::Immortal, 258)), InvalidTransaction::Future);
    assert_eq!(invalid(&world, &signed(remark(b""), Era::Immortal, u32::MAX)), InvalidTransaction::Stale);
    let stranger = KeyPair::from_seed(&[0x77; 32]);
    let call = remark(b"").encode();
    let bytes = Extrinsic::sign(&stranger, call.clone(), Era::Immortal, 0, VERSIONS, &GENESIS, &GENESIS).encode();
    assert_eq!(invalid(&world, &bytes), InvalidTransaction::BadSigner);
    let signer = Who::Nobody.id();
    let forged = Extrinsic { signer, signature: Signature([1; 64]), era: Era::Immortal, nonce: 1, call };
    assert_eq!(invalid(&world, &forged.encode()), InvalidTransaction::BadProof);
    let no_call = Extrinsic { call: vec![9, 9], ..forged };
    assert_eq!(invalid(&world, &no_call.encode()), InvalidTransaction::Call);
    let mut other_scheme = signed(remark(b""), Era::Immortal, 1);
    other_scheme[36] = 1;
    assert_eq!(invalid(&world, &other_scheme), InvalidTransaction::BadProof);
}

#[test]
fn an_era_is_judged_for_the_next_block() {
    let mut world = World::live();
    (0..5).for_each(|_| drop(world.block(&[])));
    let head = H256([5; 32]);
    // Born at block 4 and at block 5, which is this one; and at block 6, which isn't known yet.
    let parent = system::BLOCK_HASH.get(&world.state, &4).expect("it is known");
    let at = |phase: u32, birth: H256| {
        let (era, call) = (Era::Mortal { period: 8, phase }, remark(b"").encode());
        let key = Who::Nobody.key();
        validity(&world, &Extrinsic::sign(&key, call, era, 0, VERSIONS, &GENESIS, &birth).encode(), head)
    };
    assert_eq!(at(4, parent).map(|valid| valid.longevity), Ok(6));
    assert_eq!(at(5, head).map(|valid| valid.longevity), Ok(7));
    assert_eq!(at(5, parent), Err(InvalidTransaction::BadProof.into()));
    assert_eq!(at(7, head), Err(InvalidTransaction::AncientBirthBlock.into()));
}

#[test]
fn nothing_costs_a_fee() {
    let world = World::live();
    let extrinsic = signed(remark(b"hello"), Era::Immortal, 0);
    let weight = check(&extrinsic).expect("it is whole").weight;
    let asked = |extrinsic: Vec<u8>| {
        call(&world.state, "TransactionPaymentApi_query_info", &[extrinsic, 100u32.encode()].concat())
    };
    let costs = |weight: u64| {
        let mut info = parity_scale_codec::Compact(weight * 1_000_000).encode();
        info.extend([0, 0]);
        info.extend(0u128.encode());
        Ok(info)
    };
    assert!(weight > 0);
    assert_eq!(asked(extrinsic.clone()), costs(weight));
    // Clients ask before they sign, with a made-up signature of another scheme: what counts is the call.
    let mut made_up = extrinsic.clone();
    made_up[36] = 1;
    made_up[37..101].fill(1);
    assert_eq!(asked(made_up), costs(weight));
    assert_eq!(asked(b"nonsense".to_vec().encode()), costs(0), "what is never executed");
}
