//! An observer follows to the same root, and takes no extrinsics.

use tierchain_rpc::types::RefusalKind;

use crate::harness::{Author, Network, Replay, turn};
use crate::recording::assert_recorded;

const OBSERVER: u16 = 4;

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
