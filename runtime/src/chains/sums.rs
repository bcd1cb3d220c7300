//! Usage as it lies in state: the same sums, each as short as its number.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input, Output};
use scale_info::{Type, TypeInfo};
use tierchain_primitives::ledger::{EVENT_KINDS, SERVER_STATES, StateUsage, Usage};

/// A life's usage so far. A server's record is rewritten with each of its events, and most of its sums are small or
/// zero: compact numbers make it a quarter of the size.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sums(pub Usage);

impl Encode for Sums {
    fn encode_to<T: Output + ?Sized>(&self, dest: &mut T) {
        for state in &self.0.states {
            for sum in [state.wall_us, state.vcpu_us, state.mib_us, state.gib_us] {
                Compact(sum).encode_to(dest);
            }
        }
        for sum in [self.0.cpu_us, self.0.bytes_in, self.0.bytes_out] {
            Compact(sum).encode_to(dest);
        }
        for count in self.0.events {
            Compact(count).encode_to(dest);
        }
        self.0.incomplete.encode_to(dest);
    }
}

impl Decode for Sums {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut usage = Usage::default();
        for state in &mut usage.states {
            *state =
                StateUsage { wall_us: sum(input)?, vcpu_us: sum(input)?, mib_us: sum(input)?, gib_us: sum(input)? };
        }
        (usage.cpu_us, usage.bytes_in, usage.bytes_out) = (sum(input)?, sum(input)?, sum(input)?);
        for count in &mut usage.events {
            *count = Compact::<u32>::decode(input)?.0;
        }
        usage.incomplete = bool::decode(input)?;
        Ok(Self(usage))
    }
}

impl TypeInfo for Sums {
    type Identity = Self;

    fn type_info() -> Type {
        Described::type_info()
    }
}

/// How [`Sums`] lie in state, for the metadata.
#[derive(TypeInfo)]
#[expect(dead_code, reason = "described, never made")]
#[scale_info(replace_segment("Described", "Sums"))]
struct Described {
    /// By state, in wire order.
    states: [DescribedState; SERVER_STATES],
    /// CPU time consumed in microseconds.
    #[codec(compact)]
    cpu_us: u128,
    /// Bytes received.
    #[codec(compact)]
    bytes_in: u128,
    /// Bytes sent.
    #[codec(compact)]
    bytes_out: u128,
    /// How many events of each kind the chain has, in wire order.
    events: [Compact<u32>; EVENT_KINDS],
    /// Resources were unknown for some of the time.
    incomplete: bool,
}

/// What was held while in one state.
#[derive(TypeInfo)]
#[expect(dead_code, reason = "described, never made")]
#[scale_info(replace_segment("DescribedState", "StateSums"))]
struct DescribedState {
    /// Time in microseconds.
    #[codec(compact)]
    wall_us: u128,
    /// vCPUs x microseconds.
    #[codec(compact)]
    vcpu_us: u128,
    /// MiB of memory x microseconds.
    #[codec(compact)]
    mib_us: u128,
    /// GiB of disk x microseconds.
    #[codec(compact)]
    gib_us: u128,
}

fn sum<I: Input>(input: &mut I) -> Result<u128, Error> {
    Ok(Compact::<u128>::decode(input)?.0)
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ledger::{Resources, ServerState};

    use super::*;

    #[test]
    fn sums_decode_to_themselves_and_are_short() {
        let mut usage = Usage { cpu_us: u128::MAX, incomplete: true, ..Usage::default() };
        let held = Resources { vcpus: 2, memory_mib: 48, disk_gib: 20 };
        usage.add_piece(ServerState::Crashed, u64::MAX, Some(held));
        usage.events[10] = u32::MAX;
        let sums = Sums(usage);
        assert_eq!(Sums::decode(&mut sums.encode().as_slice()), Ok(sums));
        assert_eq!(Sums::default().encode().len(), 6 * 4 + 3 + 11 + 1);
    }
}
