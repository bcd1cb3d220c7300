//! Usage as it lies in state: the same sums, each as short as its number.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input, Output};
use tierchain_primitives::ledger::{StateUsage, Usage};

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
