//! When nobody watched a host: the gap is on the ledger, and the audit names it.

use tierchain_primitives::ledger::{ServerState, Uuid, party_id};
use tierchain_testnet::cluster::public_key;
use tierchain_testnet::live::{SERVICE, add_image};

use crate::harness::{Network, Site, turn, until};

/// How often the host attests.
const ATTEST_MS: u32 = 1_000;

#[test]
fn time_without_an_agent_is_a_gap_for_ever() {
    let _turn = turn();
    let mut site = Site::open(Network::start(), ATTEST_MS);
    site.people().join(&["visitor"]);
    let host = party_id("host-0");
    until("the host is attested", || site.attestation(host));
    let image = add_image(&site.network.world.path("images"), SERVICE).expect("written").to_string();
    site.people().done("provider", &["foundry", "image", "add", &image]);
    let uuid = Uuid([0x61; 16]);
    let name = uuid.to_string();
    let what = ["--uuid", &name, "--host", "host-0", "--image", &image, "--wait"];
    let whose = ["--provider", "demo-provider", "--tenant", "t", "--service", "s"];
    site.people().done("provider", &[&["directives", "issue", "create"][..], &what, &whose].concat());
    let running = || site.server(uuid)?.state.filter(|state| state.0 == ServerState::Running);
    until("it runs", running);
    let born = site.server(uuid).and_then(|info| info.born).expect("it runs");
    site.until_attested(host, born.0);

    site.kill_host();
    site.restart_host();
    let attested = until("the gap is noted", || site.attestation(host).filter(|found| found.gap_count > 0));
    let gap = attested.gaps[0];
    assert!(gap.from < gap.to && attested.gap_count == 1, "{attested:?}");
    by_hand(&site);
    site.people().done("provider", &["directives", "issue", "destroy", &name, "--wait"]);
    let ended = until("its end is anchored", || site.server(uuid).filter(|info| info.anchored));
    site.until_attested(host, ended.ended.expect("it has ended").0);

    let report = site.people().audit(uuid);
    let unattested = report["unattested"].as_array().expect("a list").clone();
    let [found] = unattested.as_slice() else { panic!("the gap alone: {report}") };
    assert_eq!((found["from"].as_u64(), found["until"].as_u64()), (Some(gap.from.0), Some(gap.to.0)), "{report}");
    assert_eq!(found["host"].as_str(), Some(host.to_string().as_str()));
    let shown = site.people().ask(&["chains", "attestation", "host-0"]);
    assert_eq!(shown["gaps"][0]["from"].as_u64(), Some(gap.from.0), "{shown}");
}

/// What an agent attests may be attested by hand, with its key and no other.
fn by_hand(site: &Site) {
    let words = ["chains", "attest", "host-0", "--since", "2026-01-01", "--until", "2026-01-02"];
    let stranger = public_key("visitor").to_string();
    site.people().fails("visitor", &words, &["Registry.NotAHypervisor", &stranger, "lacks the role hypervisor"]);
    site.people().fails("hypervisor", &["chains", "attest", "host-1", "--since", "2026-01-01"], &["NotTheHypervisor"]);
    let backwards = ["chains", "attest", "host-0", "--since", "2026-01-02", "--until", "2026-01-01"];
    site.people().fails("hypervisor", &backwards, &["Chains.IntervalBackwards"]);
    // What lies within attested time says nothing new.
    let said = site.people().done("hypervisor", &words);
    assert_eq!((&said["attestation"]["gapCount"], said["block"].is_u64()), (&1.into(), true));
}
