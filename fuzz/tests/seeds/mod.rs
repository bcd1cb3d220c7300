//! Something to start from for each target: whole values, text of its grammar, and bytes from a seeded stream.

mod doors;

use parity_scale_codec::Encode;
use tierchain_consensus::{Message, NewView, Proposal, Record as Promise, Suspect, ViewChange, Vote, VoteKind};
use tierchain_primitives::base58;
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{Certificate, CertificateKind, ValidatorSet};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::epoch::{EpochProof, next_set_item};
use tierchain_primitives::extrinsic::{Era, Extrinsic};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::{AccountId, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::Record;
use tierchain_replica::evidence::MAGIC;
use tierchain_replica::log::{SegmentHeader, encode_frame};
use tierchain_replica::wire::{CertifiedBlock, SignedBundle, SyncMessage};
use tierchain_runtime::{Call, VERSIONS, registry, system};

/// The seeds of a target.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "account" => texts(&[
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d",
            "5GrwvaEF",
        ]),
        "audit_bundle" => ["short", "signed", "stranger", "contradiction", "orphan", "moved", "rollover", "tenant"]
            .map(audit_file)
            .into(),
        "api" => doors::api_calls(),
        "birth_request" => doors::birth_requests(),
        "channel" => doors::channels(),
        "process_line" => doors::process_lines(),
        "rpc_types" => doors::parameters(),
        "seal" => doors::seals(),
        "topic" => IDS.iter().flat_map(|name| golden(EVIDENCE, name)).collect(),
        "visits" => doors::visits(),
        "base58" => texts(&["", "1112", "StV1DL6CwTryKyV"]),
        "secret" => texts(&[
            "//Alice",
            "//Alice//stash/0",
            "0x0101010101010101010101010101010101010101010101010101010101010101//0",
        ]),
        "nova" => texts(&NOVA),
        "libvirt" => texts(&LIBVIRT),
        "bundle" => vec![bundle().encode(), signed_bundle().encode()],
        "certificate" => vec![certificate().encode(), set().encode()],
        "chain_spec" => chain_specs(),
        "chunk" => golden(SNAPSHOT, "chunk."),
        "evidence" => golden(EVIDENCE, "").into_iter().filter(|bytes| bytes.starts_with(MAGIC)).collect(),
        "lineage" => golden(EVIDENCE, "lineage"),
        "manifest" => golden(SNAPSHOT, "manifest"),
        "certified_block" => vec![certified_block().encode()],
        "epoch_proof" => vec![EpochProof { header: last_header(), certificate: certificate() }.encode()],
        "calls" => STORIES.iter().map(|story| told(story)).collect(),
        "extrinsic" => [extrinsics(), calls().into_iter().map(|(_, call)| signed(call)).collect()].concat(),
        "frame" => vec![vec![0, 0, 0, 2, 7, 7, 0, 0, 0, 0], vec![0, 16, 0, 1], vec![0, 0, 1, 0, 1]],
        "header" => vec![header().encode(), last_header().encode()],
        "message" => messages().iter().map(Encode::encode).collect(),
        "sync_message" => {
            let ours = sync_messages().iter().map(Encode::encode).collect();
            [ours, golden(SNAPSHOT, "message.")].concat()
        }
        "record" => records().iter().map(Encode::encode).collect(),
        "log" => vec![segment(), records().encode()],
        "torn_log" => (0..4).map(|at| [vec![at * 60], stream(at.into(), 150)].concat()).collect(),
        "input" | "machine" => (0..6).map(|at| stream(at, 600)).collect(),
        other => panic!("no seeds for {other}"),
    }
}

/// The runtime's golden files: every call of every module stands in one of them.
const STORIES: [&str; 5] = [
    include_str!("../../../runtime/golden/calls.txt"),
    include_str!("../../../runtime/golden/registry.txt"),
    include_str!("../../../runtime/golden/directives.txt"),
    include_str!("../../../runtime/golden/beside.txt"),
    include_str!("../../../runtime/golden/grants.txt"),
];

/// The calls of a golden file by their names, in its order.
fn calls_of(story: &str) -> Vec<(&str, Vec<u8>)> {
    let lines = story.lines().filter_map(|line| line.split_once(" = 0x"));
    let named = lines.filter_map(|(name, digits)| {
        let name = name.strip_prefix("call ").or_else(|| name.contains('.').then_some(name))?;
        Some((name, digits)).filter(|_| !name.starts_with("events of"))
    });
    named.map(|(name, digits)| (name, hex::decode(digits).expect("hexadecimal digits"))).collect()
}

fn calls() -> Vec<(&'static str, Vec<u8>)> {
    STORIES.iter().flat_map(|story| calls_of(story)).collect()
}

/// A story as the target reads it: who, how much later, call. Directives and notes are about server 1, so it is born first.
fn told(story: &str) -> Vec<u8> {
    let begin = &calls_of(STORIES[0])[2..4];
    let is_begun = story == STORIES[0] || story == STORIES[1] || story == STORIES[4];
    let begin = if is_begun { &[] } else { begin };
    let mut bytes = Vec::new();
    let told = calls_of(story);
    let first = begin.iter().map(|called| (None, called));
    for (place, (name, call)) in first.chain(told.iter().enumerate().map(|(at, called)| (Some(at), called))) {
        // A bound passes before what is only due after it, and a week before a proposal expires.
        let later: u16 = match name {
            _ if name.starts_with("expire") => 31_000,
            _ if name.contains("note_discrepancy") || name.contains("suspected") => 35,
            _ => 0,
        };
        (speaker(name), later, call).encode_to(&mut bytes);
        // A grant is approved by two more operators.
        if let (Some(id), true, true) = (place, name.starts_with("propose "), story == STORIES[4]) {
            let (id, hash) =
                (u32::try_from(id).expect("there are few"), sha256(&[b"tierchain/proposal/1", &call[2..]]));
            let approve = Call::Registry(registry::Call::Approve { id, hash }).encode();
            [9u8, 10].iter().for_each(|who| (*who, 0u16, &approve).encode_to(&mut bytes));
        }
    }
    bytes
}

/// Who signs a call, as a place among the target's accounts.
fn speaker(name: &str) -> u8 {
    let table = [
        ("propose", 8),
        ("approve.enacts", 10),
        ("approve", 9),
        ("rejoin", 14),
        ("expire", 3),
        ("system", 3),
        ("chains.birth", 2),
        ("chains.append.suspected", 2),
        ("chains.witness", 4),
        ("chains.note", 7),
        ("chains.resolve", 4),
        ("chains", 0),
        ("meta", 0),
        ("foundry", 4),
        ("issue", 4),
        ("cancel", 4),
        ("accept", 0),
        ("done", 0),
        ("fail", 0),
        ("admit_tenant", 16),
        ("appoint", 16),
        ("dismiss", 16),
        ("set_sites", 16),
        ("move_grants", 8),
    ];
    let found = table.iter().find(|(begin, _)| name.starts_with(begin));
    found.unwrap_or_else(|| panic!("nobody signs {name}")).1
}

/// A golden audit file.
fn audit_file(name: &str) -> Vec<u8> {
    let path = format!("{}/../testnet/golden/{name}.audit", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("the golden file is in the repository")
}

const NOVA: [&str; 3] = [
    "nova-compute.log.1 2017-05-16 00:00:04.500 2931 INFO nova.compute.manager [req-1 user project - - -] [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] Attempting claim: memory 2048 MB, disk 20.5 GB, vcpus 1 CPU",
    "2017-05-16 00:00:04.500 2931 INFO nova.compute.manager [-] [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] VM Started (Lifecycle Event)",
    "2000-02-29 23:59:60 x",
];

const LIBVIRT: [&str; 3] = [
    r#"{"kind": "lifecycle", "time_us": 7, "name": "n", "uuid": "5e0f2c3a-7d41-4a8e-9b10-000000000001", "id": 1, "event": 2, "detail": 0}"#,
    r#"{"kind": "info", "time_us": 8, "uuid": "5e0f2c3a-7d41-4a8e-9b10-000000000001", "info": {"mem_kib": 49153, "vcpus": 2, "cpu_time_ns": 3}}"#,
    r#"{"kind": "reboot", "time_us": 18446744073709551615, "uuid": "5e0f2c3a-7d41-4a8e-9b10-000000000001"}"#,
];

/// One of each form of a snapshot, and of each fault; the libraries' tests hold them against the code.
const SNAPSHOT: &str = include_str!("../../../replica/golden/snapshot.txt");
const EVIDENCE: &str = include_str!("../../../replica/golden/evidence.txt");
/// Ids in the latter, one of each sort.
const IDS: [&str; 3] = ["two_proposals.id", "hidden_commit.id", "bad_signature.id"];

/// The values of a golden file whose names begin like this.
fn golden(file: &str, prefix: &str) -> Vec<Vec<u8>> {
    let named = file.lines().filter(|line| line.starts_with(prefix));
    let values = named.filter_map(|line| Some(line.split_once(" = 0x")?.1));
    values.map(|digits| hex::decode(digits).expect("hexadecimal digits")).collect()
}

/// A whole specification, the smallest that a node starts from, and two that it doesn't.
fn chain_specs() -> Vec<Vec<u8>> {
    let peer = |number: u8| {
        let key = KeyPair::from_seed(&[number; 32]).public();
        base58::encode(&[&[0x00, 0x24, 0x08, 0x01, 0x12, 0x20][..], &key.0].concat())
    };
    let account = |number: u8| KeyPair::from_seed(&[number; 32]).public().to_ss58();
    let validator = |at: u8| {
        let (operator, consensus, peer) = (account(at + 10), account(at + 20), peer(at + 30));
        format!(
            r#"{{"name":"validator-{at}","operator":"{operator}","consensus":"{consensus}","peerId":"{peer}","addresses":["/ip4/192.0.2.{at}/tcp/10044"]}}"#
        )
    };
    let spec = |kind: &str, validators: u8, more: &str| {
        let validators = (0..validators).map(validator).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"name":"A chain","id":"a-chain","type":"{kind}","genesis":{{"timeMs":1767225600000,"blockNonceBits":4,"driftBoundUs":2000000,"validators":[{validators}]{more}}}}}"#
        )
    };
    let agent = account(50);
    let more = format!(
        r#","allowReplay":true,"observers":["{}"],"accounts":[{{"account":"{agent}","roles":["hypervisor","foundry"]}}],"dataCenters":["here"],"hosts":[{{"id":"host-0","dataCenter":"here","agent":"{agent}"}}]"#,
        peer(60)
    );
    let specs =
        [spec("Local", 4, &more), spec("Development", 1, ""), spec("Live", 3, ""), spec("Live", 4, r#","hosts":{}"#)];
    specs.map(String::into_bytes).to_vec()
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Bytes from one seed (splitmix64).
fn stream(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn header() -> Header {
    let pre = PreRuntime { proposer: ValidatorIndex(1), timestamp: 1_700_000_000_000, executed: 4 };
    Header::new(H256([1; 32]), 5, H256([2; 32]), H256([3; 32]), pre)
}

fn set() -> ValidatorSet {
    ValidatorSet { epoch: Epoch(1), keys: (0..4).map(|index| AccountId([index; 32])).collect() }
}

fn last_header() -> Header {
    let mut header = header();
    header.digest.push(next_set_item(&set()));
    header
}

fn certificate() -> Certificate {
    let votes = (0..3).map(|voter| (ValidatorIndex(voter), Signature::ZERO)).collect();
    let hash = header().hash();
    Certificate { kind: CertificateKind::Committed, epoch: Epoch(0), view: View(2), number: 5, hash, votes }
}

fn bundle() -> Bundle {
    Bundle { extrinsics: extrinsics() }
}

fn signed_bundle() -> SignedBundle {
    SignedBundle { epoch: Epoch(0), maker: ValidatorIndex(2), at: 3, bundle: bundle(), signature: Signature::ZERO }
}

fn certified_block() -> CertifiedBlock {
    CertifiedBlock { header: header(), body: extrinsics(), certificate: certificate() }
}

fn extrinsics() -> Vec<Vec<u8>> {
    let call = Call::System(system::Call::Remark { remark: vec![1, 2, 3] }).encode();
    [Era::Immortal, Era::mortal(64, 5)].map(|era| signed_in(era, call.clone())).to_vec()
}

fn signed(call: Vec<u8>) -> Vec<u8> {
    signed_in(Era::Immortal, call)
}

fn signed_in(era: Era, call: Vec<u8>) -> Vec<u8> {
    let key = KeyPair::from_seed(&[7; 32]);
    Extrinsic::sign(&key, call, era, 5, VERSIONS, &H256::ZERO, &H256::ZERO).encode()
}

fn vote(kind: VoteKind) -> Vote {
    let (number, hash, voter) = (5, header().hash(), ValidatorIndex(3));
    Vote { kind, epoch: Epoch(0), view: View(2), number, hash, voter, signature: Signature::ZERO }
}

fn view_change() -> ViewChange {
    let prepared = Certificate { kind: CertificateKind::Prepared, ..certificate() };
    let (view, sender, signature) = (View(3), ValidatorIndex(3), Signature::ZERO);
    let (certified, prepared) = (Some(certificate()), Some(prepared));
    ViewChange { epoch: Epoch(0), view, sender, certified, prepared, signature }
}

fn new_view() -> NewView {
    let (epoch, view, sender, signature) = (Epoch(0), View(3), ValidatorIndex(3), Signature::ZERO);
    NewView { epoch, view, sender, proof: vec![view_change(); 3], signature }
}

fn proposal() -> Proposal {
    let (header, bundles, signature) = (header(), vec![H256([9; 32])], Signature::ZERO);
    Proposal { epoch: Epoch(0), view: View(2), header, bundles, signature }
}

fn messages() -> Vec<Message> {
    vec![
        Message::Proposal(proposal()),
        Message::Vote(vote(VoteKind::Prepare)),
        Message::ViewChange(view_change()),
        Message::NewView(new_view()),
        Message::Suspect(Suspect {
            epoch: Epoch(0),
            view: View(2),
            sender: ValidatorIndex(0),
            signature: Signature::ZERO,
        }),
        Message::Certificate(certificate()),
    ]
}

fn sync_messages() -> Vec<SyncMessage> {
    vec![
        SyncMessage::BundleRequest { digest: H256([4; 32]) },
        SyncMessage::Bundle(signed_bundle()),
        SyncMessage::BlockRequest { number: 5, hash: H256([5; 32]) },
        SyncMessage::Block { header: header(), body: extrinsics() },
        SyncMessage::RangeRequest { from: 6 },
        SyncMessage::Range { blocks: vec![certified_block(); 2] },
        SyncMessage::Height { number: 7 },
        SyncMessage::Missing { hash: H256([6; 32]) },
    ]
}

fn records() -> Vec<Record> {
    vec![
        Record::Consensus(Promise::Vote(vote(VoteKind::Commit))),
        Record::Consensus(Promise::ViewChange(view_change())),
        Record::Block { header: header(), body: extrinsics() },
        Record::Pooled { bytes: vec![1, 2, 3], birth: H256([8; 32]) },
    ]
}

fn segment() -> Vec<u8> {
    let header = SegmentHeader { genesis: H256([7; 32]), segment: 0, salt: 1 };
    let mut segment = header.encode().to_vec();
    let encoded: Vec<Vec<u8>> = records().iter().map(Encode::encode).collect();
    for sequence in 0..3 {
        segment.extend(encode_frame(1, segment.len(), sequence, &encoded));
    }
    segment
}
