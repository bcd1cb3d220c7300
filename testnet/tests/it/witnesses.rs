//! Two witnesses disagree: the hypervisor writes one state, the provider's orchestrator sees another. When both have
//! stood for the bound, that is a discrepancy for whoever points it out, and the provider settles it.

use serde_json::Value;
use tierchain_primitives::ledger::{EventKind, ServerState};
use tierchain_rpc::api::ChainsApiClient;
use tierchain_rpc::types::{ChainRef, ExtrinsicState, NoteContent};
use tierchain_testnet::cluster::public_key;

use crate::harness::{Author, Network, People, turn, until_clock, wait_for};

/// The witness bound.
const WITNESS_MS: u64 = 2_000;

#[test]
fn witnesses_who_disagree_leave_a_discrepancy_that_the_provider_settles() {
    let _turn = turn();
    let network = Network::start_like(|shape| shape.bounds.witness_ms = Some(WITNESS_MS));
    let people = People(&network);
    people.join(&["provider", "visitor", "writer"]);
    let server = Author::server(1);
    run(&network);
    let uuid = server.uuid.to_string();

    let witness = ["chains", "witness", &uuid, "--state", "paused"];
    let stranger = public_key("visitor").to_string();
    people.fails("visitor", &witness, &["Registry.NotAnOrchestrator", &stranger, "lacks the role orchestrator"]);
    people.done("provider", &["registry", "orchestrator", "appoint", &stranger]);
    people.fails("visitor", &[&witness[..], &["--since", "2001-01-01"]].concat(), &["Chains.TimeBeforeBirth"]);
    let note = ["chains", "note", &uuid, "--kind", "stateDisagrees"];
    people.fails("hypervisor", &note, &["Chains.NoDiscrepancy"]);
    let said = people.done("visitor", &witness);
    assert_eq!(
        (&said["server"]["witnessed"]["state"], &said["server"]["state"]),
        (&"PAUSED".into(), &"RUNNING".into())
    );
    let noted = said["server"]["witnessed"]["noted"].as_u64().expect("milliseconds");
    people.fails("hypervisor", &note, &["Chains.NoDiscrepancy"]);
    until_clock(noted + WITNESS_MS);

    let made = people.done("hypervisor", &note);
    let number = made["note"]["number"].clone();
    assert_eq!((number.as_u64(), text(&made["note"]["content"]["kind"])), (Some(0), "stateDisagrees"));
    people.fails("provider", &note, &["Chains.AlreadyNoted"]);
    assert_eq!(people.done("hypervisor", &note)["note"]["number"], number, "said again it is the same note");
    let open = people.ask(&["chains", "disputes"]);
    assert_eq!(
        (&open[0]["server"]["uuid"], &open[0]["open"][0]["kind"]),
        (&uuid.as_str().into(), &"stateDisagrees".into())
    );
    people.fails("hypervisor", &["chains", "note", &uuid, "--kind", "moveUnfinished"], &["Chains.NoDiscrepancy"]);

    let settle = ["chains", "resolve", &uuid, "0", "--verdict", "ledger"];
    people.fails("visitor", &settle, &["Registry.NotAProvider", &stranger, "lacks the role provider"]);
    let unknown = ["chains", "resolve", &uuid, "7", "--verdict", "ledger"];
    people.fails("provider", &unknown, &["Chains.UnknownNote"]);
    let settled = people.done("provider", &settle);
    assert_eq!((settled["note"]["content"]["of"].as_u64(), settled["note"]["number"].as_u64()), (Some(0), Some(1)));
    let otherwise = ["chains", "resolve", &uuid, "0", "--verdict", "witness"];
    people.fails("provider", &otherwise, &["Chains.AlreadyResolved"]);
    everybody_sees_it(&network);
}

/// A server of the demo's provider, born long ago, which runs by its hypervisor's word.
fn run(network: &Network) {
    let node = network.node(0);
    let author = Author::new("writer", node.genesis());
    let server = Author::server(1);
    let running = EventKind::StateChanged { state: ServerState::Running };
    let [announce, birth] = author.birth_for("demo-provider", server);
    for call in [announce, birth, Author::event(server, 1, running, 0)] {
        let hash = node.submit(&author.sign(&call, node.next_nonce("writer"))).expect("well formed and well signed");
        let status = node.outcome(hash);
        assert_eq!(status.state, ExtrinsicState::Succeeded, "{}", status.explanation);
    }
}

/// The notes are the same by command line, by RPC of every node, and in the audit file.
fn everybody_sees_it(network: &Network) {
    let (people, server) = (People(network), Author::server(1));
    let uuid = server.uuid.to_string();
    let shown = people.ask(&["chains", "notes", &uuid]);
    let kinds: Vec<&str> =
        shown.as_array().expect("a list").iter().map(|note| text(&note["content"]["kind"])).collect();
    assert_eq!(kinds, ["stateDisagrees", "resolution"]);
    assert_eq!(people.ask(&["chains", "disputes"]), Value::Array(Vec::new()), "nothing is open");
    let life = people.ask(&["chains", "get", &uuid]);
    assert_eq!((life["notes"].as_u64(), &life["witnessed"], text(&life["state"])), (Some(2), &Value::Null, "RUNNING"));
    network.agree_at(0);
    for node in network.running() {
        let notes = wait_for(node.client.notes(ChainRef::Server(server), 0, 9)).expect("chains_notes");
        let [disagrees, resolution] = notes.as_slice() else { panic!("node {}: {notes:?}", node.index) };
        let NoteContent::StateDisagrees { said, state, .. } = &disagrees.content else { panic!("{disagrees:?}") };
        assert_eq!((said.state.0, state.0), (ServerState::Paused, ServerState::Running));
        assert_eq!(said.by.0, public_key("visitor"));
        assert_eq!(disagrees.by.map(|by| by.0), Some(public_key("hypervisor")));
        assert_eq!(resolution.by.map(|by| by.0), Some(public_key("provider")));
    }
    let report = people.audit(server.uuid);
    assert_eq!(report["notes"].as_array().map(Vec::len), Some(2), "{report}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
