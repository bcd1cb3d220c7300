//! Who gets in, and what is refused at the door.

use std::time::{Duration, Instant};

use tierchain_network::{Cause, Channel, Event, Member, Offence, PeerId, Role, SendError, StartError, peer_id};
use tierchain_primitives::H256;

use crate::node::{Chain, Node, PATIENCE, seed};

/// The next loss of a peer that listens, by its cause.
fn until_lost(node: &mut Node, who: PeerId) -> Cause {
    node.until("a loss", |event| match event {
        Event::Lost { peer, cause, .. } if peer == who && cause != Cause::Refused => Some(cause),
        _ => None,
    })
}

#[test]
fn a_stranger_is_refused() {
    let chain = Chain::new(2, 0);
    let mut member = chain.start(0);
    let mut members = chain.members.clone();
    members.insert(peer_id(&seed(9)), Member { role: Role::Observer, addresses: Vec::new() });
    let mut config = chain.config(1);
    config.identity_seed = seed(9);
    config.members = members;
    let mut stranger = Node::start(config);

    assert!(matches!(until_lost(&mut stranger, member.id()), Cause::Closed | Cause::Reset | Cause::Broken));
    assert!(stranger.handle.peers().is_empty() && member.handle.peers().is_empty());
    assert!(member.handle.totals().strangers_refused > 0);
    let connected = |event| matches!(event, Some(Event::Connected { .. }));
    assert!(!connected(member.next_within(Duration::from_millis(50))));
}

#[test]
fn a_peer_of_another_chain_is_refused() {
    let chain = Chain::new(2, 0);
    let mut ours = chain.start(0);
    let mut config = chain.config(1);
    config.chain = H256([0xdd; 32]);
    let theirs = Node::start(config);

    let cause = ours.until("the other chain", |event| match event {
        Event::Connected { .. } => Some(Err("connected")),
        Event::Lost { cause: Cause::OtherChain, .. } => Some(Ok(())),
        _ => None,
    });
    assert_eq!(cause, Ok(()));
    assert!(ours.handle.peers().is_empty() && theirs.handle.peers().is_empty());
}

#[test]
fn a_peer_that_misbehaves_is_refused_for_a_while() {
    let chain = Chain::new(2, 0);
    let mut config = chain.config(0);
    config.timing.refusal = Duration::from_millis(300);
    let mut judge = Node::start(config);
    let culprit = chain.start(1);
    judge.until_connected(culprit.id());

    judge.handle.report(culprit.id(), Offence::Undecodable);
    judge.handle.report(culprit.id(), Offence::Undecodable);
    assert_eq!(until_lost(&mut judge, culprit.id()), Cause::Penalised);
    let send = judge.handle.send(culprit.id(), Channel::Sync, *b"hello");
    assert_eq!(send, Err(SendError::NotConnected { peer: culprit.id() }));
    judge.until_connected(culprit.id());
    assert_eq!(judge.handle.totals().offences, 2);
}

#[test]
fn who_is_no_member_any_more_is_disconnected() {
    let chain = Chain::new(3, 0);
    let mut nodes = chain.start_all();
    let mut members = chain.members.clone();
    members.remove(&nodes[2].id());
    nodes[0].handle.set_members(members);
    let removed = nodes[2].id();
    assert_eq!(until_lost(&mut nodes[0], removed), Cause::Membership);
    std::thread::sleep(Duration::from_millis(300));
    let peers: Vec<_> = nodes[0].handle.peers().iter().map(|info| info.peer).collect();
    assert_eq!(peers, [nodes[1].id()]);
}

/// Lists follow the chain, and the chain comes over the connection: it must stand while they differ.
#[test]
fn members_whose_lists_differ_hear_each_other_but_for_votes() {
    let chain = Chain::new(2, 0);
    let mut ahead = chain.start(0);
    let mut config = chain.config(1);
    let id = peer_id(&seed(1));
    config.members.get_mut(&id).expect("it is a member").role = Role::Observer;
    let mut behind = Node::start(config);
    ahead.until_connected(behind.id());
    behind.until_connected(ahead.id());
    let send = |to, channel| ahead.handle.send(to, channel, *b"hello");
    assert_eq!(send(behind.id(), Channel::Sync), Ok(()));
    assert!(send(behind.id(), Channel::Consensus).is_err(), "it takes no votes yet");
    behind.handle.set_members(chain.members.clone());
    // Both begin anew, with votes.
    let end = Instant::now() + PATIENCE;
    while ahead.handle.send(behind.id(), Channel::Consensus, *b"hello").is_err() {
        assert!(Instant::now() < end, "the lists are the same now");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_port_in_use_is_named() {
    let chain = Chain::new(1, 0);
    let _first = chain.start(0);
    let runtime = tokio::runtime::Runtime::new().expect("threads are to be had");
    let Err(error) = runtime.block_on(tierchain_network::start(chain.config(0))) else { panic!("started twice") };
    assert!(matches!(error, StartError::PortInUse { .. }), "{error:?}");
    assert!(error.to_string().contains("/ip4/127.0.0.1/tcp/"), "{error}");
}
