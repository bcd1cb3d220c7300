//! Which of two connections stays, and what a new list of members changes.

use super::*;

const WINDOW: Duration = Duration::from_secs(1);

fn connection(id: usize, dialled: bool, since: Instant) -> Connection {
    Connection {
        id: ConnectionId::new_unchecked(id),
        dialled,
        address: Multiaddr::empty(),
        since,
        closing: None,
        replaces: None,
        stage: Stage::Opening(Streams::new(Vec::new())),
    }
}

fn members(ids: &[(PeerId, Role)]) -> Members {
    let address: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().expect("well formed");
    ids.iter().map(|(id, role)| (*id, Member { role: *role, addresses: vec![address.clone()] })).collect()
}

fn peers(local: PeerId, members: &Members, now: Instant) -> Peers {
    let mut peers = Peers::new(local, Vec::new(), Timing::default(), Limits::default());
    assert!(peers.set_members(members, false, now).is_empty());
    peers
}

#[test]
fn both_ends_of_crossed_dials_keep_the_same_connection() {
    let now = Instant::now();
    let id = PeerId::random();
    // Connection 1 was dialled by the smaller end, connection 2 by the larger; each end may see either first.
    for we_are_smaller in [true, false] {
        for first in [1, 2] {
            let mut peers = peers(PeerId::random(), &members(&[(id, Role::Observer)]), now);
            let peer = peers.get_mut(&id).expect("a member");
            let made = |number: usize| connection(number, (number == 1) == we_are_smaller, now);
            assert!(peer.add(made(first), we_are_smaller, WINDOW), "the first is always taken");
            let taken = peer.add(made(3 - first), we_are_smaller, WINDOW);
            assert_eq!(taken, first == 2, "smaller {we_are_smaller}, first {first}");
            let replaces = peer.connections[1].replaces.map(|old| old == ConnectionId::new_unchecked(first));
            assert_eq!(replaces, taken.then_some(true));
        }
    }
}

#[test]
fn a_later_connection_replaces_a_stale_one() {
    let now = Instant::now();
    let id = PeerId::random();
    for (dialled, later) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut peers = peers(PeerId::random(), &members(&[(id, Role::Observer)]), now);
        let peer = peers.get_mut(&id).expect("a member");
        assert!(peer.add(connection(1, dialled, now), true, WINDOW));
        assert!(peer.add(connection(2, later, now + WINDOW), true, WINDOW), "{dialled} then {later}");
    }
}

#[test]
fn validators_are_dialled_and_observers_dial() {
    let now = Instant::now();
    let (local, validator, observer) = (PeerId::random(), PeerId::random(), PeerId::random());
    let role = Role::Validator(tierchain_primitives::ValidatorIndex(0));
    let list = members(&[(local, role), (validator, role), (observer, Role::Observer)]);
    assert_eq!(peers(local, &list, now).due(now), [validator]);
}

#[test]
fn a_new_list_returns_who_changed() {
    let now = Instant::now();
    let (gone, changed, kept) = (PeerId::random(), PeerId::random(), PeerId::random());
    let role = Role::Validator(tierchain_primitives::ValidatorIndex(1));
    let before = members(&[(gone, role), (changed, role), (kept, role)]);
    let after = members(&[(changed, Role::Observer), (kept, role)]);
    let mut peers = peers(PeerId::random(), &before, now);
    let removed: std::collections::BTreeSet<_> =
        peers.set_members(&after, false, now).into_iter().map(|(id, _)| id).collect();
    assert_eq!(removed, [gone, changed].into());
    assert!(peers.get(&gone).is_none());
    assert_eq!(peers.get(&changed).map(|peer| peer.member.role), Some(Role::Observer));
    assert_eq!(peers.set_members(&after, true, now).len(), 2, "all start anew when our own role changed");
}
