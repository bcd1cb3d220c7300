//! Doesn't want the bundles of some others in the chain: its replica never gets to see them, so as the primary it makes
//! blocks without them, and as a replica it can't vote for blocks with them.

use parity_scale_codec::DecodeAll;
use tierchain_replica::wire::{SignedBundle, SyncMessage};

use super::{Adversary, Letter, Means};
use crate::event::Parcel;
use crate::random::Random;

/// Drops the bundles of some makers.
#[derive(Debug)]
pub(super) struct Censor {
    /// Whose: bit `maker`.
    makers: u64,
}

impl Censor {
    pub(super) fn new(random: &mut Random) -> Self {
        let some = random.number();
        Self { makers: random.pick(&[some, u64::MAX]) }
    }

    fn drops(&self, parcel: &Parcel) -> bool {
        let bundle = match parcel {
            Parcel::Bundle(bytes) => SignedBundle::decode_all(&mut &**bytes).ok(),
            Parcel::Sync(bytes) => match SyncMessage::decode_all(&mut &**bytes) {
                Ok(SyncMessage::Bundle(bundle)) => Some(bundle),
                _ => None,
            },
            Parcel::Consensus(_) | Parcel::Block(_) => None,
        };
        bundle.is_some_and(|bundle| self.makers >> bundle.maker.0 & 1 == 1)
    }
}

impl Adversary for Censor {
    fn hear(&mut self, _from: usize, parcel: &Parcel, _: &mut Means<'_>) -> (bool, Vec<Letter>) {
        (!self.drops(parcel), Vec::new())
    }
}
