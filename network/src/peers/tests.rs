//! Whom to dial, and what a new list of members changes.

use super::*;

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
fn validators_are_dialled_and_observers_dial() {
    let now = Instant::now();
    let (local, validator, observer) = (PeerId::random(), PeerId::random(), PeerId::random());
    let role = Role::Validator;
    let list = members(&[(local, role), (validator, role), (observer, Role::Observer)]);
    assert_eq!(peers(local, &list, now).due(now), [validator]);
}

#[test]
fn a_new_list_returns_who_changed() {
    let now = Instant::now();
    let (gone, changed, kept) = (PeerId::random(), PeerId::random(), PeerId::random());
    let role = Role::Validator;
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
