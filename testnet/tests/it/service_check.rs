//! A service that runs and doesn't answer: its tracker asks as the host says, and reports which. And whoever looks after
//! the host sees what its servers use, with the agent and without it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::Uuid;
use tierchain_testnet::cluster::binary;
use tierchain_testnet::live::add_image;

use crate::harness::{Network, Site, finish, turn, until};

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(60);

const UUID: Uuid = Uuid([0x5c; 16]);

/// A service that takes connections on a socket of its own disk, unless there is a file `deaf`.
const SERVICE: &str = r#"#!/usr/bin/env python3
import os, socket, time
while True:
    while os.path.exists("deaf"):
        time.sleep(0.02)
    if os.path.exists("a.sock"):
        os.unlink("a.sock")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("a.sock")
    listener.listen()
    listener.settimeout(0.05)
    while not os.path.exists("deaf"):
        try:
            listener.accept()[0].close()
        except TimeoutError:
            pass
    listener.close()
"#;

struct Bench {
    site: Site,
    images: PathBuf,
}

impl Bench {
    fn add_image(&self, program: &str, manifest: &str) -> H256 {
        let image = add_image(&self.images, program).expect("written");
        fs::write(self.images.join(format!("{}.json", hex::encode(image.0))), manifest).expect("written");
        self.site.people().done("provider", &["foundry", "image", "add", &image.to_string()]);
        image
    }

    fn order(uuid: &str, image: &str) -> Vec<String> {
        let what = ["directives", "issue", "create", "--uuid", uuid, "--host", "host-0", "--image", image, "--wait"];
        let whose = ["--provider", "demo-provider", "--tenant", "t", "--service", "s"];
        what.into_iter().chain(whose).map(str::to_owned).collect()
    }

    /// What its tracker has said, in its own words.
    fn words(&self) -> Vec<String> {
        let details = self.site.blocks(UUID).into_iter().map(|block| block.tx.detail.0);
        let words = details.map(|detail| String::from_utf8(detail).unwrap_or_default());
        words.filter(|words| words.starts_with("tracker:")).collect()
    }

    fn until_said(&self, count: usize, what: &str) {
        let says = || (self.words().iter().filter(|words| words.contains(what)).count() >= count).then_some(());
        until(what, says);
    }

    /// `tierchain-agent servers`.
    fn servers(&self, words: &[&str]) -> String {
        let mut command = Command::new(binary("tierchain-agent").expect("the binaries are built"));
        command.arg("servers").arg("--state").arg(self.site.state()).args(words);
        finish(&mut command, LIMIT).succeeded().expect("it lists them")
    }
}

#[test]
fn a_service_that_runs_and_does_not_answer_is_down() {
    let _turn = turn();
    let site = Site::open(Network::start(), 1_000);
    let images = site.network.world.path("images");
    let mut bench = Bench { site, images };
    // Three seconds without an answer are a service that is down: no busy machine takes so long for one.
    let manifest = r#"{"check":{"unix":"a.sock","everyMs":100,"timeoutMs":100,"failures":30}}"#;
    let image = bench.add_image(SERVICE, manifest).to_string();
    let name = UUID.to_string();
    let order = Bench::order(&name, &image);
    bench.site.people().done("provider", &order.iter().map(String::as_str).collect::<Vec<_>>());
    bench.until_said(1, "tracker:UP process");
    bench.until_said(1, "tracker:UP unix a.sock answers");

    let deaf = bench.site.state().join("servers").join(&name).join("guest/deaf");
    fs::write(&deaf, "").expect("written");
    bench.until_said(1, "tracker:DOWN unix a.sock doesn't answer");
    fs::remove_file(&deaf).expect("removed");
    bench.until_said(2, "tracker:UP unix a.sock answers");
    assert_eq!(bench.words().iter().filter(|words| words.contains("process")).count(), 1, "it ran all the time");

    for is_alive in [true, false] {
        if !is_alive {
            bench.site.kill_host();
        }
        let table = bench.servers(&[]);
        assert!(table.starts_with("SERVER") && table.contains(&name) && table.contains("RUNNING"), "{table}");
        let json: Value = serde_json::from_str(&bench.servers(&["--json"])).expect("JSON");
        let row = &json[0];
        assert_eq!((&row["state"], &row["processes"]), (&"RUNNING".into(), &"running".into()), "{json}");
        assert_eq!(row["leader"].as_u64(), bench.site.leader(UUID), "{json}");
        let [now, peak, cpu] = ["rssKib", "peakRssKib", "cpuUs"].map(|field| row[field].as_u64().expect("a number"));
        assert!(now > 1_024 && peak >= now && cpu > 0, "{json}");
    }
    bench.site.restart_host();
}

#[test]
fn a_check_out_of_its_bounds_fails_the_order_by_name() {
    let _turn = turn();
    let site = Site::open(Network::start(), 1_000);
    let images = site.network.world.path("images");
    let bench = Bench { site, images };
    let image = bench.add_image("#!/bin/sh\nexec sleep 999\n", r#"{"check":{"tcp":0}}"#).to_string();
    let name = UUID.to_string();
    let order = Bench::order(&name, &image);
    let order: Vec<&str> = order.iter().map(String::as_str).collect();
    bench.site.people().fails("provider", &order, &["wasn't done: it failed (refused)"]);
    assert!(bench.site.host_log().contains("tcp is a port from 1 to 65535"), "{}", bench.site.host_log());
    assert!(!bench.site.state().join("servers").join(&name).exists(), "nothing of it is left");
}
