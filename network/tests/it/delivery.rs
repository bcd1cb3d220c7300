//! Messages of the direct channels.

use std::time::{Duration, Instant};

use tierchain_network::{Audience, Channel, Event, SendError};

use crate::node::Chain;

#[test]
fn votes_arrive_at_all_validators_in_the_order_sent() {
    const VOTES: u32 = 500;
    let mut nodes = Chain::new(4, 0).start_all();
    for vote in 0..VOTES {
        for node in &nodes {
            assert_eq!(node.handle.broadcast(Audience::Validators, Channel::Consensus, vote.to_be_bytes()), Ok(3));
        }
    }
    for node in &mut nodes {
        let mut next = std::collections::BTreeMap::new();
        for _ in 0..3 * VOTES {
            let (peer, bytes) = node.message();
            let expected: &mut u32 = next.entry(peer).or_default();
            assert_eq!(bytes, expected.to_be_bytes(), "from {peer}");
            *expected += 1;
        }
        assert_eq!(node.handle.totals().messages_dropped, 0);
    }
}

#[test]
fn an_observer_has_sync_and_no_consensus() {
    let mut nodes = Chain::new(2, 1).start_all();
    let [validator, _, observer] = &mut nodes[..] else { panic!("three nodes were started") };
    validator.until_connected(observer.id());
    let vote = validator.handle.send(observer.id(), Channel::Consensus, *b"vote");
    assert_eq!(vote, Err(SendError::NoChannel { peer: observer.id(), channel: Channel::Consensus }));
    assert_eq!(validator.handle.broadcast(Audience::All, Channel::Consensus, *b"vote"), Ok(1));
    assert_eq!(validator.handle.send(observer.id(), Channel::Sync, *b"block"), Ok(()));
    assert_eq!(observer.message(), (validator.id(), b"block".to_vec()));
    assert_eq!(observer.handle.send(validator.id(), Channel::Sync, *b"range?"), Ok(()));
    assert_eq!(validator.message(), (observer.id(), b"range?".to_vec()));
}

#[test]
fn the_longest_message_fits_and_a_longer_one_is_refused() {
    let mut nodes = Chain::new(2, 0).start_all();
    let to = nodes[1].id();
    for channel in Channel::ALL {
        let limit = channel.frame_bytes_max();
        let refused = nodes[0].handle.send(to, channel, vec![1; limit + 1]);
        assert_eq!(refused, Err(SendError::TooLarge { bytes: limit + 1, limit }));
        assert_eq!(nodes[0].handle.send(to, channel, vec![1; limit]), Ok(()));
        assert_eq!(nodes[1].message().1.len(), limit);
    }
}

#[test]
fn an_owner_that_does_not_read_loses_the_oldest_and_stays_connected() {
    let mut nodes = Chain::new(2, 0).start_all();
    let to = nodes[1].id();
    let count = 40u8;
    for number in 0..count {
        assert_eq!(nodes[0].handle.send(to, Channel::Sync, vec![number; 4 * 1024 * 1024]), Ok(()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let dropped = nodes[0].handle.totals().messages_dropped;
    assert!(dropped > 0, "160 MiB fit nowhere");
    let mut numbers = Vec::new();
    while numbers.last() != Some(&(count - 1)) {
        numbers.push(nodes[1].message().1[0]);
    }
    assert!(numbers.is_sorted());
    assert_eq!(numbers.len() as u64 + dropped, u64::from(count), "each is delivered or counted");
}

#[test]
fn a_direct_message_takes_little_time() {
    const ROUNDS: usize = 400;
    let mut nodes = Chain::new(4, 0).start_all();
    let (a, b) = (nodes[0].id(), nodes[1].id());
    let mut round_trips = Vec::new();
    for _ in 0..ROUNDS {
        let sent = Instant::now();
        assert_eq!(nodes[0].handle.send(b, Channel::Consensus, [7; 200]), Ok(()));
        nodes[1].message();
        assert_eq!(nodes[1].handle.send(a, Channel::Consensus, [7; 200]), Ok(()));
        nodes[0].message();
        round_trips.push(sent.elapsed());
    }
    round_trips.sort();
    println!(
        "direct round trip, 200 bytes: p50 {:?} p99 {:?}",
        round_trips[ROUNDS / 2],
        round_trips[ROUNDS * 99 / 100]
    );
}

#[test]
fn pings_measure_the_round_trip() {
    let mut nodes = Chain::new(2, 0).start_all();
    let end = Instant::now() + crate::node::PATIENCE;
    while nodes[0].handle.peers()[0].round_trip.is_none() {
        assert!(Instant::now() < end, "no ping was answered");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(!matches!(nodes[0].next_within(Duration::ZERO), Some(Event::Lost { .. })));
}

#[test]
fn quic_carries_the_same() {
    let mut nodes = Chain::new(2, 0).over_quic().start_all();
    let (a, b) = (nodes[0].id(), nodes[1].id());
    assert_eq!(nodes[0].handle.send(b, Channel::Consensus, *b"vote"), Ok(()));
    assert_eq!(nodes[1].message(), (a, b"vote".to_vec()));
    assert!(nodes[0].handle.peers()[0].address.to_string().contains("/quic-v1"));
}
