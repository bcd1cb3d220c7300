//! Attestations: when a host was watched, and when nobody says so.

use tierchain_runtime::chains::{Attested, Error, Event, Gap};
use tierchain_runtime::registry::Error as RegistryError;
use tierchain_runtime::{RuntimeEvent, query};

use crate::world::{T0, Who, World, attest, host, reported};

#[test]
fn what_is_not_attested_is_a_gap() {
    let mut world = World::live();
    assert_eq!(query::attested(&world.state, &host(0)), None);
    let noted = world.time;
    world.takes(Who::Agent, attest(host(0), T0 + 100, T0 + 200));
    let first = Attested { from: T0 + 100, until: T0 + 200, noted, gaps: 0 };
    assert_eq!(query::attested(&world.state, &host(0)), Some(first));
    world.takes(Who::Agent, attest(host(0), T0 + 200, T0 + 300));
    world.takes(Who::Agent, attest(host(0), T0 + 150, T0 + 400));
    assert_eq!(query::gaps(&world.state, &host(0), 0, 10), [], "intervals that touch leave no gap");

    let outcome = world.run(Who::Agent, attest(host(0), T0 + 450, T0 + 500));
    let (from, to, until) = (T0 + 400, T0 + 450, T0 + 500);
    let gap = Event::GapNoted { host: host(0), gap: 0, from, to };
    let attested = Event::Attested { host: host(0), until };
    assert_eq!(reported(&outcome), [gap, attested].map(RuntimeEvent::Chains));
    world.takes(Who::Agent, attest(host(0), T0 + 501, T0 + 501));
    let record = query::attested(&world.state, &host(0)).expect("it is attested");
    assert_eq!((record.from, record.until, record.gaps), (T0 + 100, T0 + 501, 2));
    let gaps = [Gap { from, to }, Gap { from: T0 + 500, to: T0 + 501 }];
    assert_eq!(query::gaps(&world.state, &host(0), 0, 10), gaps);
    assert_eq!(query::gaps(&world.state, &host(0), 1, 10), gaps[1..]);
    world.repeats(Who::Agent, attest(host(0), T0 + 450, T0 + 500));
    world.repeats(Who::Agent, attest(host(0), T0, T0 + 501));
}

#[test]
fn only_its_own_hypervisor_attests_a_host_and_not_for_the_future() {
    let mut world = World::live();
    world.refuses(Who::Nobody, attest(host(0), T0, T0 + 1), RegistryError::NotAHypervisor);
    world.refuses(Who::OtherAgent, attest(host(0), T0, T0 + 1), RegistryError::NotTheHypervisor);
    world.refuses(Who::Agent, attest(host(9), T0, T0 + 1), RegistryError::UnknownHost);
    world.refuses(Who::Agent, attest(host(0), T0 + 1, T0), Error::IntervalBackwards);
    let ahead = world.now() + 2_000_001;
    world.refuses(Who::Agent, attest(host(0), T0, ahead), Error::TimeInFuture);
}
