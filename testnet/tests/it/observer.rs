//! An observer follows to the same root, takes no extrinsics, and follows for as long as the operators let it.

use std::time::Duration;

use tierchain_rpc::types::RefusalKind;

use crate::harness::{Author, Network, Operators, Replay, stays, turn, until, words};
use crate::recording::assert_recorded;

const OBSERVER: u16 = 4;

/// For how long an observer that was cut off is watched: many blocks of the idle network.
const WATCHED: Duration = Duration::from_secs(5);

#[test]
fn an_observer_follows_to_the_same_root_and_refuses_submissions() {
    let _turn = turn();
    let mut network = Network::start_with_observers(1);
    let mut agent = Replay::recording().start(&network);
    // It may come and go: nobody waits for it.
    network.kill(OBSERVER);
    network.restart(OBSERVER);
    assert!(!agent.has_ended() || network.node(0).entity_blocks() == Some(38));
    agent.finish();
    assert_recorded(&network);

    let observer = network.node(OBSERVER);
    assert_eq!(observer.status().expect("it runs").me, None);
    let author = Author::new("writer", observer.genesis());
    let refused = observer.submit(&author.sign(&Author::remark("to nobody"), 0)).expect_err("an observer takes none");
    assert_eq!((refused.code, refused.data.kind), (1011, RefusalKind::Observer));
    assert!(refused.message.contains("send the extrinsic to a validator"), "{}", refused.message);
}

#[test]
fn operators_cut_an_observer_off_and_let_it_follow_again() {
    let _turn = turn();
    let network = Network::start_with_observers(1);
    let operators = Operators { network: &network, at: 0 };
    let peer_id = network.world.peer_id(OBSERVER).expect("it has a key");
    let observer = network.node(OBSERVER);
    operators.decide(&[0, 1, 2], 0, &words(&["propose", "remove-observer", &peer_id]));
    until("it has no peers", || observer.peers().filter(|peers| *peers == 0));
    let last = observer.height().expect("it runs");
    stays(WATCHED, "it hears of no block", || observer.height() == Some(last) && observer.peers() == Some(0));
    assert!(network.node(0).height().expect("it runs") > last, "the others go on");
    network.node(0).peers().filter(|peers| *peers == 3).expect("the other validators are connected");

    operators.decide(&[3, 1, 2], 1, &words(&["propose", "add-observer", &peer_id]));
    let height = network.node(0).height().expect("it runs");
    until("it follows", || observer.height().filter(|now| *now >= height));
    network.agree_at(height);
}
