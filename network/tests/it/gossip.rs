//! Gossip: to all, once, and further only when accepted.

use std::time::{Duration, Instant};

use tierchain_network::{Cause, Event, GossipId, SendError, Topic, Verdict};

use crate::node::{Chain, Node};

/// Waits for gossip and judges it.
fn hear(node: &mut Node, verdict: Verdict) -> (Topic, Vec<u8>) {
    let (topic, bytes, id): (_, _, GossipId) = node.until("gossip", |event| match event {
        Event::Gossip { topic, bytes, id, .. } => Some((topic, bytes, id)),
        _ => None,
    });
    node.handle.validate_gossip(id, verdict);
    (topic, bytes)
}

/// Subscriptions travel after the connection; gossip before them reaches nobody.
fn settle() {
    std::thread::sleep(Duration::from_millis(300));
}

#[test]
fn gossip_reaches_everybody_once() {
    let mut nodes = Chain::new(4, 1).start_all();
    settle();
    let bundle = vec![5; Topic::MESSAGE_BYTES_MAX];
    assert_eq!(nodes[0].handle.gossip(Topic::Bundles, bundle.clone()), Ok(()));
    assert_eq!(nodes[0].handle.gossip(Topic::Bundles, bundle.clone()), Ok(()));
    for node in &mut nodes[1..] {
        assert_eq!(hear(node, Verdict::Accept), (Topic::Bundles, bundle.clone()));
    }
    assert_eq!(nodes[4].handle.gossip(Topic::Blocks, b"block".to_vec()), Ok(()));
    for node in &mut nodes[..4] {
        assert_eq!(hear(node, Verdict::Accept), (Topic::Blocks, b"block".to_vec()), "the bundle comes once");
    }
    let too_long = nodes[0].handle.gossip(Topic::Blocks, vec![0; Topic::MESSAGE_BYTES_MAX + 1]);
    assert!(matches!(too_long, Err(SendError::TooLarge { .. })));
}

#[test]
fn what_is_rejected_is_held_against_the_sender() {
    let mut nodes = Chain::new(2, 0).start_all();
    settle();
    for number in 0..4u8 {
        assert_eq!(nodes[0].handle.gossip(Topic::Bundles, vec![number]), Ok(()));
        hear(&mut nodes[1], Verdict::Reject);
    }
    let cause = nodes[1].until("the penalty", |event| match event {
        Event::Lost { cause, .. } => Some(cause),
        _ => None,
    });
    assert_eq!(cause, Cause::Penalised);
}

#[test]
fn gossip_takes_little_time() {
    const ROUNDS: u32 = 300;
    let mut nodes = Chain::new(4, 0).start_all();
    settle();
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let mut message = vec![0; 10 * 1024];
        message[..4].copy_from_slice(&round.to_be_bytes());
        let sent = Instant::now();
        assert_eq!(nodes[0].handle.gossip(Topic::Bundles, message), Ok(()));
        for node in &mut nodes[1..] {
            hear(node, Verdict::Accept);
        }
        times.push(sent.elapsed());
    }
    times.sort();
    let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("gossip of 10 KiB to the last of three: p50 {p50:?} p99 {p99:?}");
}
