//! Who lacks a role is named, with who could grant it, and a foundry without its role waits for it.

use tierchain_testnet::cluster::public_key;

use crate::harness::site::start_foundry;
use crate::harness::{Network, People, turn, until};

#[test]
fn a_missing_role_is_said_of_who_lacks_it_and_waited_for() {
    let _turn = turn();
    let network = Network::start();
    let people = People(&network);
    people.join(&["operator-0", "operator-1", "operator-2", "visitor"]);
    let (operator, visitor) = (public_key("operator-0").to_string(), public_key("visitor").to_string());

    let host = ["registry", "set-host", "host-9", "--data-center", "local", "--hypervisor", &visitor];
    let lacks = format!("{visitor} has no role and lacks the role hypervisor");
    let says = ["Registry.NotAHypervisor", "account that was named", &lacks, "grant_role", "3 votes of", &operator];
    people.fails("operator-0", &host, &says);

    let mut foundry = start_foundry(&network, "visitor");
    let log = || std::fs::read_to_string(network.world.path("visitor.log")).unwrap_or_default();
    let remedy = format!("tierchain registry grant {visitor} foundry");
    until("it says what it lacks", || log().contains(&remedy).then_some(()));
    people.done("operator-0", &["registry", "grant", &visitor, "foundry"]);
    people.done("operator-1", &["registry", "approve", "0"]);
    assert!(!log().contains("takes requests"), "two votes of three are none: {}", log());
    people.done("operator-2", &["registry", "approve", "0"]);
    until("it begins by itself", || log().contains("takes requests").then_some(()));
    assert!(foundry.ended().is_none() && log().matches(&remedy).count() == 1, "{}", log());
    foundry.kill();
}
