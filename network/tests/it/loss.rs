//! Peers that go, and come back.

use std::time::{Duration, Instant};

use tierchain_network::{Cause, Channel, Event, Role, peer_id};

use crate::node::{Chain, Node, loopback, seed};
use crate::stopper::Stopper;

/// Waits for the loss of validator `index` and returns its cause.
fn until_lost(node: &mut Node, index: usize) -> Cause {
    let validator = peer_id(&seed(index));
    node.until("a loss", |event| match event {
        Event::Lost { peer, role: Role::Validator, cause } if peer == validator => Some(cause),
        _ => None,
    })
}

#[test]
fn a_killed_neighbour_is_missed_at_once_and_its_redial_is_refused() {
    let mut nodes = Chain::new(4, 0).start_all();
    std::thread::sleep(Duration::from_millis(600));
    let killed = Instant::now();
    nodes.remove(3).kill();
    for node in &mut nodes {
        let cause = until_lost(node, 3);
        println!("lost after {:?}: {cause}", killed.elapsed());
        assert!(matches!(cause, Cause::Closed | Cause::Reset), "{cause}");
        assert!(killed.elapsed() < Duration::from_millis(500));
        // The first redial may still meet the dying process in the middle of a handshake.
        while until_lost(node, 3) != Cause::Refused {}
        println!("refused after {:?}", killed.elapsed());
    }
}

#[test]
fn a_restarted_neighbour_is_connected_within_a_second() {
    let chain = Chain::new(4, 0);
    let mut nodes = chain.start_all();
    nodes.remove(3).kill();
    for node in &mut nodes {
        while until_lost(node, 3) != Cause::Refused {}
    }
    std::thread::sleep(Duration::from_millis(800));
    let restarted = Instant::now();
    let back = chain.start(3);
    for node in &mut nodes {
        node.until_connected(back.id());
    }
    println!("connected again after {:?}", restarted.elapsed());
    assert!(restarted.elapsed() < Duration::from_secs(1));
}

#[test]
fn a_shutdown_says_goodbye_and_frees_the_port() {
    let chain = Chain::new(2, 0);
    let mut nodes = chain.start_all();
    let leaving = nodes.remove(1);
    let handle = leaving.handle.clone();
    leaving.runtime().block_on(handle.shutdown());
    assert_eq!(until_lost(&mut nodes[0], 1), Cause::Closed);
    let back = chain.start(1);
    nodes[0].until_connected(back.id());
}

#[test]
fn a_silent_peer_is_dropped_and_dialled_again() {
    let chain = Chain::new(2, 0);
    let mut config = chain.config(1);
    let target = chain.port(1);
    let stopper = Stopper::new(target);
    // Node 1 dials nobody; node 0 reaches it through the stopper only.
    config.members.get_mut(&peer_id(&seed(0))).expect("a member").addresses.clear();
    let mut far = Node::start(config);
    let mut config = chain.config(0);
    config.members.get_mut(&far.id()).expect("a member").addresses = vec![loopback(stopper.port)];
    let mut near = Node::start(config);
    near.until_connected(far.id());
    far.until_connected(near.id());

    let stopped = Instant::now();
    stopper.set_stopped(true);
    assert_eq!(until_lost(&mut near, 1), Cause::Silent);
    println!("silence noticed after {:?}", stopped.elapsed());
    assert!(stopped.elapsed() < Duration::from_millis(2_700));
    assert_eq!(until_lost(&mut far, 0), Cause::Silent);
    assert!(near.handle.totals().silences >= 1);
    stopper.set_stopped(false);
    near.until_connected(far.id());
}

#[test]
fn dials_that_cross_settle_on_one_connection() {
    let mut nodes = Chain::new(4, 0).start_all();
    std::thread::sleep(Duration::from_millis(1_000));
    for node in &mut nodes {
        assert_eq!(node.handle.peers().len(), 3);
        while let Some(event) = node.next_within(Duration::ZERO) {
            assert!(!matches!(event, Event::Lost { .. }), "{event:?}");
        }
    }
    let (a, b) = (nodes[0].id(), nodes[1].id());
    assert_eq!(nodes[0].handle.send(b, Channel::Consensus, *b"a"), Ok(()));
    assert_eq!(nodes[1].message(), (a, b"a".to_vec()));
}
