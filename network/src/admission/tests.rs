//! Who is let in, and what becomes of second connections.

use super::*;
use crate::config::{Member, Role};

const CROSSING: Duration = Duration::from_secs(1);

fn admission(member: PeerId) -> Admission {
    let members = Members::from([(member, Member { role: Role::Observer, addresses: Vec::new() })]);
    Admission::new(CROSSING, &members)
}

#[test]
fn only_members_that_behave_get_in() {
    let (member, stranger) = (PeerId::random(), PeerId::random());
    let mut admission = admission(member);
    let now = Instant::now();
    assert_eq!(admission.judge(member, true, now), Ok(()));
    assert_eq!(admission.judge(stranger, true, now), Err(Denial::Stranger(stranger)));

    let until = now + Duration::from_secs(10);
    admission.refuse(member, until);
    assert_eq!(admission.judge(member, true, now), Err(Denial::Refused(member)));
    assert_eq!(admission.judge(member, true, until), Ok(()), "a refusal ends");

    admission.set_members(&Members::new());
    assert_eq!(admission.judge(member, true, now), Err(Denial::Stranger(member)));
}

/// Whether the first connection survives a second one.
fn first_stays(first_dialled: bool, second_dialled: bool, apart: Duration) -> bool {
    let member = PeerId::random();
    let mut admission = admission(member);
    let since = Instant::now();
    let first = First { id: ConnectionId::new_unchecked(1), dialled: first_dialled, since };
    admission.connected.insert(member, first);
    let second = admission.judge(member, second_dialled, since + apart);
    assert_eq!(second, Err(Denial::Second(member)), "a second one never gets in");
    admission.to_close.is_empty()
}

#[test]
fn of_crossed_dials_the_first_stays() {
    for first_dialled in [true, false] {
        assert!(first_stays(first_dialled, !first_dialled, Duration::ZERO));
        assert!(!first_stays(first_dialled, first_dialled, Duration::ZERO), "the same direction never crosses");
    }
}

#[test]
fn a_stale_connection_goes_when_the_peer_dials_again() {
    for (first, second) in [(true, true), (true, false), (false, true), (false, false)] {
        assert!(!first_stays(first, second, CROSSING), "{first} then {second}");
    }
}
