//! The roll of members, and names that change with it.

use super::*;

const OPERATOR: AccountId = AccountId([9; 32]);

fn peer(seed: u8) -> PeerId {
    tierchain_network::peer_id(&[seed; 32])
}

fn key(number: u8) -> AccountId {
    AccountId([number; 32])
}

fn validator(seed: u8, consensus: u8) -> Validator {
    Validator {
        name: format!("validator-{seed}"),
        operator: OPERATOR,
        consensus: key(consensus),
        peer_id: peer(seed).to_bytes(),
        addresses: vec!["/ip4/192.0.2.7/tcp/10044".to_owned(), "/ip4/nowhere/tcp/1".to_owned()],
    }
}

fn set(keys: &[u8]) -> ValidatorSet {
    let keys = keys.iter().map(|number| key(*number)).collect();
    ValidatorSet { epoch: tierchain_primitives::Epoch(0), keys }
}

fn roll(validators: &[(u8, u8)], observers: &[u8]) -> Roll {
    let validators = validators.iter().map(|(seed, consensus)| validator(*seed, *consensus)).collect();
    Roll { validators, observers: observers.iter().map(|seed| peer(*seed)).collect() }
}

#[test]
fn members_are_the_validators_in_force_and_to_come_the_observers_and_oneself() {
    let members = roll(&[(1, 1), (2, 2)], &[3, 2]).members(peer(4));
    let roles: BTreeMap<PeerId, Role> = members.iter().map(|(peer, member)| (*peer, member.role)).collect();
    let (votes, follows) = (Role::Validator, Role::Observer);
    let expected = [(peer(1), votes), (peer(2), votes), (peer(3), follows), (peer(4), follows)];
    assert_eq!(roles, expected.into());
    assert_eq!(members[&peer(1)].addresses.len(), 1, "what nobody can dial isn't dialled");
}

#[test]
fn a_replaced_key_takes_over_with_the_epoch() {
    let directory = Directory::new(&roll(&[(1, 1), (2, 2)], &[]), &set(&[1, 2]));
    assert_eq!(directory.on_connected(peer(1)), Member::Validator(key(1)));
    // Decided: peer 1 will vote with key 5.
    let decided = roll(&[(1, 1), (2, 2), (1, 5), (2, 2)], &[]);
    assert_eq!(directory.set_roll(&decided), []);
    assert!(directory.has_followers(), "whoever has the new key already");
    let renamed = Renamed { from: Member::Validator(key(1)), to: Member::Validator(key(5)) };
    assert_eq!(directory.set_epoch(&set(&[5, 2])), [renamed]);
    assert_eq!([directory.peer(renamed.from), directory.peer(renamed.to)], [Some(peer(1)); 2]);
    assert_eq!(directory.set_roll(&roll(&[(1, 5), (2, 2)], &[])), []);
    assert_eq!(directory.peer(renamed.from), None);
}

#[test]
fn who_leaves_becomes_an_observer_and_who_comes_is_none_any_more() {
    let directory = Directory::new(&roll(&[(1, 1), (2, 2)], &[3]), &set(&[1, 2]));
    let observer = directory.on_connected(peer(3));
    directory.on_connected(peer(2));
    let joined = directory.set_roll(&roll(&[(1, 1), (2, 2), (1, 1), (3, 3)], &[3]));
    assert_eq!(joined, [Renamed { from: observer, to: Member::Validator(key(3)) }]);
    assert_eq!(directory.set_epoch(&set(&[1, 3])), [], "it follows on under its name");
    let left = directory.set_roll(&roll(&[(1, 1), (3, 3)], &[2]));
    assert!(matches!(left[..], [Renamed { from: Member::Validator(_), to: Member::Observer(_) }]));
    assert_eq!(directory.on_lost(peer(2)), left[0].to);
}
