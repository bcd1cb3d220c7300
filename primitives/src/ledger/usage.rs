//! What a life consumed: the sums that a bill is made of.

use super::*;

/// Number of [`ServerState`]s.
pub const SERVER_STATES: usize = 6;

/// Number of [`EventKind`]s.
pub const EVENT_KINDS: usize = 11;

/// What was held while in one state, summed over pieces in which it was constant, so that a resize needs no record of
/// its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode, MaxEncodedLen)]
pub struct StateUsage {
    /// Time in microseconds.
    pub wall_us: u128,
    /// vCPUs x microseconds.
    pub vcpu_us: u128,
    /// MiB of memory x microseconds.
    pub mib_us: u128,
    /// GiB of disk x microseconds.
    pub gib_us: u128,
}

/// Everything held and consumed in one life. Facts only: what costs is the tariff's to say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode, MaxEncodedLen)]
pub struct Usage {
    /// By [`ServerState`], in wire order.
    pub states: [StateUsage; SERVER_STATES],
    /// CPU time consumed in microseconds; 0 where the source doesn't know.
    pub cpu_us: u128,
    /// Bytes received; 0 where the source doesn't know.
    pub bytes_in: u128,
    /// Bytes sent; 0 where the source doesn't know.
    pub bytes_out: u128,
    /// How many events of each [`EventKind`] the chain has, in wire order.
    pub events: [u32; EVENT_KINDS],
    /// Resources were unknown for some of the time: vCPU, memory and disk sums are too low.
    pub incomplete: bool,
}

impl Usage {
    /// Adds a piece of `wall_us` microseconds in `state` with `resources`.
    pub fn add_piece(&mut self, state: ServerState, wall_us: u64, resources: Option<Resources>) {
        let sums = &mut self.states[state as usize];
        let wall = u128::from(wall_us);
        sums.wall_us += wall;
        match resources {
            Some(held) => {
                sums.vcpu_us += wall * u128::from(held.vcpus);
                sums.mib_us += wall * u128::from(held.memory_mib);
                sums.gib_us += wall * u128::from(held.disk_gib);
            }
            None => self.incomplete |= wall_us > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up_and_unknown_resources_are_marked() {
        let mut usage = Usage::default();
        let held = Resources { vcpus: 2, memory_mib: 48, disk_gib: 20 };
        usage.add_piece(ServerState::Running, 10, Some(held));
        usage.add_piece(ServerState::Running, 5, Some(held));
        let running = usage.states[ServerState::Running as usize];
        assert_eq!(running, StateUsage { wall_us: 15, vcpu_us: 30, mib_us: 720, gib_us: 300 });
        assert!(!usage.incomplete);
        usage.add_piece(ServerState::Stopped, 0, None);
        assert!(!usage.incomplete, "nothing is missing from no time at all");
        usage.add_piece(ServerState::Stopped, 1, None);
        assert!(usage.incomplete);
    }
}
