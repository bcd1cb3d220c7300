//! How often one address may ask: a bucket each, that fills up again. The table is bounded; whoever asks least is
//! forgotten first.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many requests at once: a host that starts all its servers.
const BURST: u32 = 256;

/// How long one request takes to be forgotten.
const REFILL: Duration = Duration::from_millis(20);

/// Most addresses that are remembered.
const ADDRESSES_MAX: usize = 4_096;

/// The buckets of all addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// When each address will have an empty record again.
    empty_at: Arc<Mutex<BTreeMap<IpAddr, Instant>>>,
}

impl Pace {
    /// Buckets that all connections share.
    pub(super) fn shared() -> Self {
        Self::default()
    }

    /// Lets a request of an address pass, or says after how long one may.
    pub(super) fn admit(&self, peer: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut table = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        let empty_at = table.get(&peer).copied().unwrap_or(now).max(now);
        let after = empty_at + REFILL;
        let over = after.saturating_duration_since(now + REFILL * BURST);
        if !over.is_zero() {
            return Err(over);
        }
        if table.len() >= ADDRESSES_MAX && !table.contains_key(&peer) {
            table.retain(|_, empty_at| *empty_at > now);
            if let Some(least) = table.iter().min_by_key(|(_, empty_at)| **empty_at).map(|(peer, _)| *peer)
                && table.len() >= ADDRESSES_MAX
            {
                table.remove(&least);
            }
        }
        table.insert(peer, after);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let (pace, now) = (Pace::shared(), Instant::now());
        let [one, other] = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2])];
        for _ in 0..BURST {
            assert_eq!(pace.admit(one, now), Ok(()));
        }
        assert_eq!(pace.admit(one, now), Err(REFILL));
        assert_eq!(pace.admit(other, now), Ok(()), "another address has a bucket of its own");
        assert_eq!(pace.admit(one, now + REFILL), Ok(()));
        assert!(pace.admit(one, now + REFILL).is_err());
    }

    #[test]
    fn the_table_is_bounded() {
        let (pace, now) = (Pace::shared(), Instant::now());
        for number in 0..ADDRESSES_MAX as u32 + 100 {
            assert_eq!(pace.admit(IpAddr::from(number.to_be_bytes()), now), Ok(()));
        }
        assert!(pace.empty_at.lock().expect("nobody panicked").len() <= ADDRESSES_MAX);
    }
}
