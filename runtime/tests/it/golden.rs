//! Golden files: calls, events and records of one short story, byte for byte, in `runtime/golden/`.
//!
//! A difference means that a format or a derived hash changed. If that is meant, `TIERCHAIN_GOLDEN=write cargo test
//! -p tierchain-runtime --test it golden` writes the files anew, and the commit message says why; a changed call also
//! needs a new `VERSIONS.transaction`, any other change a new `VERSIONS.spec`.

use std::fmt::Write;
use std::path::PathBuf;

use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EndReason, EventKind, Identifier, Resources, ServerState};
use tierchain_primitives::storage_key::prefix;
use tierchain_runtime::chains::{DiscrepancyKind, Verdict};
use tierchain_runtime::directives::{Action, FailReason};
use tierchain_runtime::registry::{self, Labels, Overcommit, PROPOSAL_LIFE_MS, Proposal, Sites};
use tierchain_runtime::{Call, DataCenter, Host, Quota, Role, is_leaf, metadata, system};

use crate::consent::set_sites;
use crate::directives::{PATIENCE_MS, accept, cancel, directive, done, fail, issue, order, ordering};
use crate::governance::{add, approve, expire, propose, remove, replace};
use crate::grants::{grant, provider, revoke};
use crate::moving::hand_over;
use crate::observers::{observe, observe_no_more};
use crate::parties::{admit_tenant, appoint, dismiss};
use crate::rejoin::rejoin;
use crate::world::{
    T0, Who, World, add_image, anchor, announce, announcement, append, attest, batch, birth, end, event, guest, guests,
    host, late, note, request, resolve, retire_image, server, state, witness,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares lines with a file, or writes it if asked to.
fn check(file: &str, lines: &[(String, Vec<u8>)]) {
    let mut text = String::new();
    for (name, bytes) in lines {
        writeln!(text, "{name} = 0x{}", hex(bytes)).expect("a string takes all that is written to it");
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(file);
    if std::env::var("TIERCHAIN_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, &text).expect("the golden folder can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden file is in the repository");
    for (kept, made) in golden.lines().zip(text.lines()) {
        assert_eq!(kept, made, "{file} is frozen: see the head of tests/it/golden.rs");
    }
    assert_eq!(golden.lines().count(), text.lines().count(), "{file} has other lines");
}

/// A life from its announcement to its meta block, with one event refused, one repeated and one late.
fn story() -> Vec<(&'static str, Who, Call)> {
    let running = state(server(1), 0, T0 + 5, ServerState::Running);
    let ending = end(server(1), 1, T0 + 9, EndReason::Terminated);
    let gap = state(server(1), 7, T0 + 9, ServerState::Paused);
    let remark = b"golden".to_vec();
    vec![
        ("system.remark", Who::Nobody, Call::System(system::Call::Remark { remark: remark.clone() })),
        ("system.remark_with_event", Who::Nobody, Call::System(system::Call::RemarkWithEvent { remark })),
        ("chains.announce", Who::Agent, announce(&announcement(server(1)))),
        ("chains.birth", Who::Foundry, birth(&request(server(1), T0))),
        ("chains.append", Who::Agent, append(running.clone())),
        ("chains.append_batch", Who::Agent, batch(vec![gap.clone(), running, ending])),
        ("chains.append.refused", Who::Agent, append(gap)),
        ("chains.late", Who::Agent, late(state(server(1), 2, T0 + 20, ServerState::Stopped))),
        ("meta.anchor", Who::Agent, anchor(server(1))),
    ]
}

#[test]
fn calls_events_and_records_are_frozen() {
    let mut world = World::live();
    let (mut calls, mut events) = (Vec::new(), Vec::new());
    for (name, who, call) in story() {
        calls.push((name.to_owned(), call.encode()));
        events.push((name.to_owned(), world.run(who, call).events.encode()));
    }
    let hashes = world.entity_blocks.iter().map(|block| ("entity block", block.hash));
    let hashes = hashes.chain(world.meta_blocks.iter().map(|block| ("meta block", block.hash)));
    events.extend(hashes.map(|(name, hash)| (name.to_owned(), hash.0.to_vec())));
    let leaves = world.state.iter().filter(|(key, _)| is_leaf(key));
    let leaves: Vec<_> = leaves.map(|(key, value)| (format!("0x{}", hex(key)), value.clone())).collect();
    check("calls.txt", &calls);
    check("events.txt", &events);
    check("leaves.txt", &leaves);
}

/// A validator added, one that rejoins, a proposal that expires: every call, event and record of the registry.
#[test]
fn governance_is_frozen() {
    let mut world = World::of(4);
    let mut lines = Vec::new();
    let mut run = |world: &mut World, name: &str, who: Who, call: Call| {
        lines.push((format!("call {name}"), call.encode()));
        lines.push((format!("events of {name}"), world.run(who, call).events.encode()));
    };
    run(&mut world, "propose add-validator", Who::Operator(0), propose(&add(4)));
    run(&mut world, "approve", Who::Operator(1), approve(0, &add(4)));
    run(&mut world, "approve.enacts", Who::Operator(2), approve(0, &add(4)));
    (0..7).for_each(|_| drop(world.block(&[])));
    run(&mut world, "propose remove-validator in an epoch's last block", Who::Operator(0), propose(&remove(3)));
    run(&mut world, "propose replace-key", Who::Operator(0), propose(&replace(1, 1, 8)));
    run(&mut world, "rejoin", Who::Voter(2), rejoin(H256([0x5c; 32])));
    world.time += PROPOSAL_LIFE_MS;
    run(&mut world, "expire", Who::Nobody, expire(1));
    let pallet = &prefix("Registry", "")[..16];
    let leaves = world.state.iter().filter(|(key, _)| key.starts_with(pallet));
    lines.extend(leaves.map(|(key, value)| (format!("0x{}", hex(key)), value.clone())));
    check("registry.txt", &lines);
}

/// Every action and every outcome: every call, event and record of directives.
#[test]
fn directives_are_frozen() {
    let mut world = ordering();
    world.bear(&announcement(server(1)), T0, None);
    let server = server(1);
    let actions = [
        Action::Create(order(2)),
        Action::Destroy { server },
        Action::Pause { server },
        Action::Resume { server },
        Action::Migrate { server, to: host(1) },
    ];
    let mut lines = Vec::new();
    let mut run = |world: &mut World, name: &str, who: Who, call: Call| {
        lines.push((format!("call {name}"), call.encode()));
        lines.push((format!("events of {name}"), world.run(who, call).events.encode()));
    };
    for (reference, action) in (0..).zip(actions) {
        let name = format!("issue {}", action.name());
        let asked = directive(&world, reference, action);
        run(&mut world, &name, Who::Provider, issue(&asked));
    }
    run(&mut world, "accept", Who::Agent, accept(1));
    run(&mut world, "accept.repeat", Who::Agent, accept(1));
    run(&mut world, "done", Who::Agent, done(1, Some(server)));
    run(&mut world, "accept another", Who::Agent, accept(2));
    run(&mut world, "fail", Who::Agent, fail(2, FailReason::NoCapacity));
    run(&mut world, "cancel", Who::Provider, cancel(3));
    world.time += PATIENCE_MS;
    run(&mut world, "expire", Who::Nobody, crate::directives::expire(4));
    let pallet = &prefix("Directives", "")[..16];
    let leaves = world.state.iter().filter(|(key, _)| key.starts_with(pallet));
    lines.extend(leaves.map(|(key, value)| (format!("0x{}", hex(key)), value.clone())));
    check("directives.txt", &lines);
}

/// What stands beside chains: a catalog of images, a guest, attestations, a witness, a discrepancy and its resolution.
#[test]
fn what_stands_beside_chains_is_frozen() {
    let mut world = World::live();
    let mut lines = Vec::new();
    let mut run = |world: &mut World, name: &str, who: Who, call: Call| {
        lines.push((format!("call {name}"), call.encode()));
        lines.push((format!("events of {name}"), world.run(who, call).events.encode()));
    };
    run(&mut world, "foundry.add_image", Who::Provider, add_image(H256([0x77; 32])));
    run(&mut world, "foundry.add_image.repeat", Who::Provider, add_image(H256([0x77; 32])));
    run(&mut world, "foundry.retire_image", Who::Provider, retire_image(H256([0x77; 32])));
    world.bear(&announcement(server(1)), T0, None);
    run(&mut world, "chains.append_guest", Who::Agent, guests(vec![guest(server(1), 0, T0 + 5, 7)]));
    run(&mut world, "chains.attest", Who::Agent, attest(host(0), T0, T0 + 5));
    run(&mut world, "chains.attest.gap", Who::Agent, attest(host(0), T0 + 6, T0 + 7));
    run(&mut world, "chains.attest.repeat", Who::Agent, attest(host(0), T0 + 6, T0 + 7));
    let paused = witness(server(1), ServerState::Paused, T0 + 8);
    run(&mut world, "chains.witness.agreed", Who::Orchestrator, witness(server(1), ServerState::Stopped, T0));
    run(&mut world, "chains.witness", Who::Orchestrator, paused.clone());
    world.time += 120_000;
    run(&mut world, "chains.note_discrepancy", Who::Auditor, note(server(1), DiscrepancyKind::StateDisagrees));
    run(&mut world, "chains.resolve", Who::Provider, resolve(server(1), 0, Verdict::Witness));
    // Another stays open, so that its records are here too.
    run(&mut world, "chains.witness.again", Who::Orchestrator, paused);
    world.time += 600_000;
    run(&mut world, "chains.note_discrepancy.again", Who::Auditor, note(server(1), DiscrepancyKind::StateDisagrees));
    let suspected = event(server(1), 1, world.now(), EventKind::Suspected { since: T0 + 7 });
    run(&mut world, "chains.append.suspected", Who::Foundry, append(suspected));
    let pallets = ["Chains", "Foundry"].map(|name| prefix(name, "")[..16].to_vec());
    let leaves = world.state.iter().filter(|(key, _)| pallets.iter().any(|pallet| key.starts_with(pallet)));
    lines.extend(leaves.map(|(key, value)| (format!("0x{}", hex(key)), value.clone())));
    check("beside.txt", &lines);
}

/// Everything that operators and providers grant, and a key that hands over: every call, event and record.
#[test]
fn grants_are_frozen() {
    let mut world = World::of(4);
    let mut lines = Vec::new();
    let (new_provider, tenant, clerk) = (Who::Fresh(1), Who::Fresh(2), Who::Fresh(3));
    let data_center = DataCenter { region: "EU".to_owned(), ..DataCenter::named("vie-1") };
    let label = |text: &str| Identifier::new(text.as_bytes()).expect("it is short");
    let host = Host {
        capacity: Some(Resources { vcpus: 64, memory_mib: 262_144, disk_gib: 4_000 }),
        overcommit: Overcommit { cpu_permille: 4_000, memory_permille: 1_000 },
        labels: Labels(vec![(label("arch"), label("x86_64"))]),
        ..Host::new(H256([7; 32]), data_center.id, Who::Fresh(4).id())
    };
    let quota = Some(Quota { burst_us: 1_000_000, rate_permille: 50 });
    let proposals = [
        ("grant-role", grant(Who::Fresh(4), Role::Hypervisor)),
        ("revoke-role", revoke(Who::Foundry, Role::Foundry)),
        ("admit-provider", provider("P", new_provider)),
        ("set-data-center", Proposal::SetDataCenter { data_center }),
        ("set-host", Proposal::SetHost { host }),
        ("set-quota", Proposal::SetQuota { account: Who::Agent.id(), quota }),
        ("admit-account", Proposal::AdmitAccount { account: Who::Fresh(5).id() }),
        ("add-observer", observe(9)),
        ("remove-observer", observe_no_more(9)),
    ];
    for (name, proposal) in proposals {
        lines.push((format!("call propose {name}"), propose(&proposal).encode()));
        let id = registry::PROPOSAL_COUNT.get(&world.state).unwrap_or(0);
        world.run(Who::Operator(0), propose(&proposal));
        world.run(Who::Operator(1), approve(id, &proposal));
        lines.push((format!("events of {name}"), world.run(Who::Operator(2), approve(id, &proposal)).events.encode()));
    }
    let calls = [
        ("admit_tenant", new_provider, admit_tenant("T", tenant)),
        ("appoint_orchestrator", new_provider, appoint(clerk)),
        ("dismiss", new_provider, dismiss(clerk)),
        ("set_sites", new_provider, set_sites(Sites::These(vec![DataCenter::named("vie-1").id]))),
        ("set_sites.everywhere", new_provider, set_sites(Sites::Everywhere)),
        ("move_grants", Who::Operator(0), hand_over(Who::Operator(0), Who::Fresh(0))),
    ];
    for (name, who, call) in calls {
        lines.push((format!("call {name}"), call.encode()));
        lines.push((format!("events of {name}"), world.run(who, call).events.encode()));
    }
    let pallets = ["Registry", "System"].map(|pallet| prefix(pallet, "")[..16].to_vec());
    let leaves =
        world.state.iter().filter(|(key, _)| is_leaf(key) && pallets.iter().any(|pallet| key.starts_with(pallet)));
    lines.extend(leaves.map(|(key, value)| (format!("0x{}", hex(key)), value.clone())));
    check("grants.txt", &lines);
}

/// Clients keep metadata by the spec version: another text under the same number leaves them with the old one.
#[test]
fn metadata_is_frozen_with_its_spec_version() {
    let hash = |bytes: Vec<u8>| tierchain_primitives::hash::blake2_256(&bytes).0.to_vec();
    let spec = tierchain_runtime::VERSIONS.spec.to_be_bytes().to_vec();
    let (older, newer) = (hash(metadata::v14()), hash(metadata::v15()));
    let lines = [("spec_version", spec), ("v14", older), ("v15", newer)];
    check("metadata.txt", &lines.map(|(name, bytes)| (name.to_owned(), bytes)));
}
