//! A tenant with more lives than one part of a file holds: the parts are put together, and both verifiers hold them to
//! account.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use parity_scale_codec::DecodeAll;
use serde_json::Value;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{ServerId, Uuid, party_id};
use tierchain_rpc::api::AuditApiClient;
use tierchain_rpc::types::{ExtrinsicState, Hash};
use tierchain_runtime::audit::{Refusal, Report, TENANT_PART_MAX, TenantFile, verify};

use crate::harness::{Author, Network, finish, tierchain, turn, wait_for};

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Lives of the tenant: two parts.
const LIVES: u64 = TENANT_PART_MAX + 52;

/// Lives that are sent at once: an account may be 256 extrinsics ahead of the ledger, and each life takes two.
const AT_ONCE: u64 = 100;

/// Bytes of a file before its contents, and after them.
const FRAME: (usize, usize) = (19, 8);

#[test]
fn a_long_list_comes_in_parts_that_belong_together() {
    let _turn = turn();
    let mut network = Network::start();
    let genesis = network.node(0).genesis();
    lives(&network, &Author::new("writer", genesis));

    let path = network.world.path("tenant.audit");
    let asked = ["absence", "tenant", "--from", "1", "--to", "1600000000000000", "--json", "-o"];
    let command = || finish(tierchain("audit").args(asked).arg(&path).args(["--rpc", &network.world.url(1)]), LIMIT);
    let said: Value = serde_json::from_str(&command().succeeded().expect("it had nothing then")).expect("JSON");
    assert_eq!((said["livesInAll"].as_u64(), said["nothing"].as_bool()), (Some(LIVES), Some(true)), "{said}");
    let tenant = Hash(party_id("tenant"));
    let at_once = wait_for(network.node(2).client.audit_tenant(tenant)).expect("a file that is short enough");

    network.kill_all();
    let bytes = std::fs::read(&path).expect("it was fetched");
    for whole in [&bytes, &at_once.0] {
        assert_eq!(count(whole, &genesis), Ok(LIVES));
        assert_eq!(file(whole).parts.len(), 2);
    }
    bent(&file(&bytes), &genesis);
    second_verifier(&path, &genesis);
}

/// As many births as it takes, each of a server of its own.
fn lives(network: &Network, author: &Author) {
    let node = network.node(0);
    for from in (0..LIVES).step_by(AT_ONCE as usize) {
        let mut nonce = node.next_nonce("writer");
        let mut last = H256::ZERO;
        for number in from..LIVES.min(from + AT_ONCE) {
            let mut uuid = [0x5a; 16];
            uuid[..8].copy_from_slice(&number.to_le_bytes());
            for call in author.birth(ServerId { uuid: Uuid(uuid), generation: 0 }) {
                last = node.submit(&author.sign(&call, nonce)).expect("well formed and well signed");
                nonce += 1;
            }
        }
        let status = node.outcome(last);
        assert_eq!(status.state, ExtrinsicState::Succeeded, "{}", status.explanation);
    }
}

fn count(bytes: &[u8], genesis: &H256) -> Result<u64, Refusal> {
    match verify(bytes, genesis)? {
        Report::Tenant(report) => Ok(report.lives.len() as u64),
        other => panic!("another file: {other:?}"),
    }
}

fn file(bytes: &[u8]) -> TenantFile {
    let contents = &bytes[FRAME.0..bytes.len() - FRAME.1];
    TenantFile::decode_all(&mut &*contents).expect("it holds")
}

/// Every part counts, in its place and in its order.
fn bent(whole: &TenantFile, genesis: &H256) {
    let refused = |what: &str, bend: &dyn Fn(&mut TenantFile), place: &str| {
        let mut other = whole.clone();
        bend(&mut other);
        let refusal = count(&other.to_bytes(), genesis).expect_err(what).to_string();
        assert!(refusal.contains(place), "{what}: {refusal}");
    };
    refused("the last part is missing", &|file| drop(file.parts.pop()), &format!("entry {TENANT_PART_MAX} of"));
    refused("the first part is missing", &|file| drop(file.parts.remove(0)), "");
    refused("the parts are in another order", &|file| file.parts.swap(0, 1), "");
    refused("a part comes twice", &|file| file.parts.push(file.parts[1].clone()), "a part follows the list's end");
    refused("an entry of the second part is missing", &|file| drop(file.parts[1].values.pop()), "");
    refused("the second part is empty", &|file| file.parts[1].values.truncate(1), "");
}

/// The verifier that shares no code with ours, where the package that it needs is installed.
fn second_verifier(path: &Path, genesis: &H256) {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("audit_verify.py");
    let available = Command::new("python3").args(["-c", "import nacl.signing"]).output();
    if !available.is_ok_and(|output| output.status.success()) {
        println!("PyNaCl isn't installed: scripts/audit.sh runs the second verifier");
        return;
    }
    let verdict = |path: &Path| {
        let words = ["--genesis", &genesis.to_string(), "--json"];
        finish(Command::new("python3").arg(&script).arg(path).args(words), LIMIT)
    };
    let report: Value = serde_json::from_str(&verdict(path).succeeded().expect("it holds")).expect("JSON");
    assert_eq!(report["lives"].as_array().map(Vec::len), usize::try_from(LIVES).ok(), "{report}");
    let mut less = file(&std::fs::read(path).expect("it was fetched"));
    less.parts.pop();
    let other = path.with_extension("less");
    std::fs::write(&other, less.to_bytes()).expect("a temporary folder");
    assert_eq!(verdict(&other).code, Some(1));
}
