//! The closed loop on real processes: directives, a host with the process driver, trackers, a foundry. Agent and foundry
//! are killed in the middle of it, and nothing is there twice, and nothing is missing.

use std::process::Command;
use std::time::Duration;

use tierchain_primitives::H256;
use tierchain_primitives::ledger::Uuid;
use tierchain_rpc::api::{ChainsApiClient, DirectivesApiClient};
use tierchain_rpc::types::{Address, ChainRef, DirectiveStatus, EventKind, Hash, Server, ServerUuid};
use tierchain_testnet::cluster::{binary, public_key};
use tierchain_testnet::live::{SERVICE, Stage, add_image, live};

use crate::harness::{Network, Site, finish, turn, until, wait_for, within};

/// The whole loop has a time limit; it takes some seconds.
const LOOP_LIMIT: Duration = Duration::from_secs(120);

/// How long one of the operator's commands may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// How soon after it happened a step must be seen. The promise is a second, on a machine that does nothing else.
const SEEN_WITHIN: Duration = Duration::from_secs(10);

/// How often the host attests.
const ATTEST_MS: u32 = 1_000;

/// A site whose provider gives orders.
struct Loop(Site);

impl Loop {
    fn start() -> Self {
        Self(Site::open(Network::start(), ATTEST_MS))
    }

    fn stage(&self) -> Stage {
        let world = &self.0.network.world;
        Stage {
            tierchain: binary("tierchain").expect("the binaries are built"),
            rpc: world.url(3),
            provider: (world.path("keys").join("provider"), Address(public_key("provider"))),
            provider_name: "demo-provider".into(),
            host: "host-0".into(),
            state: self.0.state(),
            images: world.path("images"),
            audit: Some(world.path("server.audit")),
        }
    }

    /// One of the operator's commands, which must go well.
    fn operate(&self, arguments: &[&str]) {
        let world = &self.0.network.world;
        let mut command = Command::new(binary("tierchain").expect("the binaries are built"));
        command.args(arguments).arg("--key").arg(world.path("keys").join("provider")).args(["--rpc", &world.url(3)]);
        finish(&mut command, COMMAND_LIMIT).succeeded().expect("the command goes well");
    }

    fn order(&self, uuid: Uuid, image: H256, reference: H256) {
        let (uuid, image, reference) = (uuid.to_string(), image.to_string(), reference.to_string());
        let whose = ["--provider", "demo-provider", "--tenant", "t", "--service", "s"];
        let what = ["--uuid", &uuid, "--host", "host-0", "--image", &image, "--reference", &reference];
        self.operate(&[&["directives", "issue", "create"][..], &what, &whose].concat());
    }

    fn status(&self, reference: H256) -> Option<DirectiveStatus> {
        let client = self.0.network.node(3).client;
        let found = wait_for(client.directive_named(Address(public_key("provider")), Hash(reference)));
        found.ok().flatten().map(|info| info.status)
    }

    fn until_closed(&self, reference: H256) -> DirectiveStatus {
        until("the directive is closed", || self.status(reference).filter(|status| !status.is_open()))
    }

    /// What happened to a server, in words.
    fn story(&self, uuid: Uuid) -> Vec<String> {
        let client = self.0.network.node(3).client;
        let blocks = wait_for(client.server_blocks(ChainRef::Newest(uuid), 0, 256)).unwrap_or_default();
        let word = |kind: &EventKind| match kind {
            EventKind::StateChanged { state } => state.0.name().to_owned(),
            EventKind::GuestEvent { code } => format!("guest {code}"),
            EventKind::Born { .. } => "Born".into(),
            EventKind::Ended { .. } => "Ended".into(),
            other => format!("{other:?}"),
        };
        blocks.iter().map(|block| word(&block.tx.event)).collect()
    }
}

#[test]
fn a_server_lives_from_an_operators_command_to_its_audit() {
    let _turn = turn();
    let stage = Loop::start();
    let (setting, began) = (stage.stage(), std::time::Instant::now());
    let steps = wait_for(live(&setting, |step| println!("{step}"))).expect("every step comes");
    assert!(began.elapsed() < LOOP_LIMIT, "it took {:?}", began.elapsed());
    let slow: Vec<_> = steps.iter().filter(|step| step.since_it_happened > Some(SEEN_WITHIN)).collect();
    assert!(slow.is_empty(), "{slow:?}");
}

#[test]
fn agent_and_foundry_may_be_killed_at_any_time() {
    let _turn = turn();
    let mut stage = Loop::start();
    let image = add_image(&stage.0.network.world.path("images"), SERVICE).expect("written");
    stage.operate(&["foundry", "image", "add", &image.to_string()]);
    let [made, paused, resumed, ended] = [1, 2, 3, 4].map(|number| H256([number; 32]));
    let uuid = Uuid([0x5e; 16]);
    let name = uuid.to_string();

    // The foundry is away while the birth is asked for; the agent dies again and again.
    stage.0.kill_foundry();
    stage.order(uuid, image, made);
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(150));
        stage.0.kill_host();
        stage.0.restart_host();
    }
    stage.0.restart_foundry();
    assert_eq!(stage.until_closed(made), DirectiveStatus::Done);

    // Each directive meets an agent that dies.
    for (action, reference) in [("pause", paused), ("resume", resumed), ("destroy", ended)] {
        stage.operate(&["directives", "issue", action, &name, "--reference", &reference.to_string()]);
        for wait_ms in [20, 60, 120] {
            std::thread::sleep(Duration::from_millis(wait_ms));
            stage.0.kill_host();
            stage.0.restart_host();
        }
        assert_eq!(stage.until_closed(reference), DirectiveStatus::Done, "{action}");
    }
    let client = stage.0.network.node(3).client;
    until("its end is anchored", || {
        wait_for(client.server(ServerUuid(uuid), None)).ok().flatten().filter(|info| info.anchored)
    });
    let story = stage.story(uuid);
    let states: Vec<&str> = story.iter().map(String::as_str).filter(|word| !word.starts_with("guest")).collect();
    assert_eq!(states, ["Born", "RUNNING", "PAUSED", "RUNNING", "Ended"], "{story:?}");
    assert_eq!(story.iter().filter(|word| *word == "guest 1").count(), 1, "its service was started once: {story:?}");
    assert!(!stage.0.state().join("servers").join(&name).exists(), "nothing of it is left");
}

#[test]
fn what_a_foundry_refuses_never_becomes_a_server() {
    let _turn = turn();
    let stage = Loop::start();
    let images = stage.0.network.world.path("images");
    let unknown = add_image(&images, SERVICE).expect("written");
    let retired = add_image(&images, "#!/bin/sh\nexec sleep 999\n").expect("written");
    stage.operate(&["foundry", "image", "add", &retired.to_string()]);
    stage.operate(&["foundry", "image", "retire", &retired.to_string()]);
    for (number, image) in [(1, unknown), (2, retired), (3, H256([9; 32]))] {
        let (uuid, reference) = (Uuid([number; 16]), H256([number; 32]));
        stage.order(uuid, image, reference);
        assert_eq!(stage.until_closed(reference), DirectiveStatus::Failed);
        let folder = stage.0.state().join("servers").join(uuid.to_string());
        within(COMMAND_LIMIT, "nothing of it is left", || (!folder.exists()).then_some(()));
        let client = stage.0.network.node(3).client;
        let info = wait_for(client.server(ServerUuid(uuid), None)).expect("it answers");
        assert!(info.is_none_or(
            |info| info.birth_hash.is_none() && info.server == Server { uuid: ServerUuid(uuid), generation: 0 }
        ));
    }
}
