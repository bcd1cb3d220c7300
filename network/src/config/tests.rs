//! Settings that don't fit together are refused before a socket is opened.

use super::*;

fn config(bootnode: Option<&str>) -> Config {
    let member = |role| Member { role, addresses: Vec::new() };
    let members =
        BTreeMap::from([(peer_id(&[1; 32]), member(Role::Validator)), (peer_id(&[2; 32]), member(Role::Observer))]);
    let mut config = Config::new([1; 32], H256::ZERO, members);
    config.bootnodes.extend(bootnode.map(|text| parse_address(text).expect("the test's address is well formed")));
    config
}

#[test]
fn a_node_must_be_a_member_itself() {
    let mut config = config(None);
    config.identity_seed = [9; 32];
    assert!(matches!(config.check(), Err(ConfigError::NotAMember { peer }) if peer == peer_id(&[9; 32])));
}

#[test]
fn a_bootnode_names_a_peer() {
    let of = |seed: u8| format!("/ip4/10.0.0.1/tcp/1/p2p/{}", peer_id(&[seed; 32]));
    let checked = config(Some(&of(2))).check().expect("seed 2 is a member");
    assert_eq!(checked.bootnodes, [peer_id(&[2; 32])]);
    assert_eq!(checked.config.members[&peer_id(&[2; 32])].addresses.len(), 1);
    for unnamed in ["/ip4/10.0.0.1/tcp/1", &format!("/p2p/{}", peer_id(&[2; 32]))] {
        assert!(matches!(config(Some(unnamed)).check(), Err(ConfigError::BootnodeWithoutPeer { .. })), "{unnamed}");
    }
}

#[test]
fn a_bootnode_that_is_no_member_any_more_is_passed_over() {
    let mut config = config(Some(&format!("/ip4/10.0.0.1/tcp/1/p2p/{}", peer_id(&[3; 32]))));
    let member = parse_address(&format!("/ip4/10.0.0.1/tcp/2/p2p/{}", peer_id(&[2; 32]))).expect("well formed");
    config.bootnodes.push(member);
    let checked = config.check().expect("the others are reason enough to start");
    assert_eq!(checked.bootnodes, [peer_id(&[2; 32])]);
    assert!(!checked.config.members.contains_key(&peer_id(&[3; 32])), "naming somebody makes nobody a member");
}

#[test]
fn quic_is_off_unless_asked_for() {
    let mut config = config(None);
    config.listen.push(parse_address("/ip4/127.0.0.1/udp/0/quic-v1").expect("well formed"));
    assert!(matches!(config.clone().check(), Err(ConfigError::QuicOff { .. })));
    config.quic = true;
    assert!(config.check().is_ok());
}

#[test]
fn an_error_says_what_was_wrong() {
    let error = parse_address("127.0.0.1:30333").expect_err("not a multiaddr").to_string();
    assert!(error.contains("127.0.0.1:30333") && error.contains("/ip4/"), "{error}");
}

#[test]
fn the_secret_is_not_shown() {
    let shown = format!("{:?}", config(None));
    assert!(shown.contains("listen") && !shown.contains("seed"), "{shown}");
}
