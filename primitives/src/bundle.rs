//! Bundles: extrinsics gathered by the validator that received them, spread to all and named by digest in proposals.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};

use crate::hash::{H256, sha256};
use crate::limits::{BUNDLE_BYTES_MAX, BUNDLE_EXTRINSICS_MAX, EXTRINSIC_BYTES_MAX};

/// Extrinsics that travel together. Each entry is a whole extrinsic as it stands in a block, length prefix included.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode)]
pub struct Bundle {
    /// The extrinsics, in the order in which they arrived.
    pub extrinsics: Vec<Vec<u8>>,
}

impl Bundle {
    /// The bundle's name: SHA-256 of its domain and its encoding.
    #[must_use]
    pub fn digest(&self) -> H256 {
        sha256(&[b"tierchain/bundle/1", &self.encode()])
    }
}

impl Decode for Bundle {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        decode_extrinsics(input, BUNDLE_EXTRINSICS_MAX, BUNDLE_BYTES_MAX).map(|extrinsics| Self { extrinsics })
    }
}

/// Decodes a list of extrinsics within limits: used for bundles and for block bodies.
///
/// # Errors
/// When the list is longer than `count_max`, an extrinsic longer than [`EXTRINSIC_BYTES_MAX`], or all of them
/// together longer than `bytes_max`.
pub fn decode_extrinsics<I: Input>(input: &mut I, count_max: usize, bytes_max: usize) -> Result<Vec<Vec<u8>>, Error> {
    let count = Compact::<u32>::decode(input)?.0 as usize;
    if count > count_max {
        return Err("too many extrinsics".into());
    }
    let mut total = 0;
    let mut extrinsics = Vec::with_capacity(count.min(256));
    for _ in 0..count {
        let length = Compact::<u32>::decode(input)?.0 as usize;
        total += length;
        if length > EXTRINSIC_BYTES_MAX || total > bytes_max {
            return Err("extrinsics that are too long".into());
        }
        let mut bytes = vec![0; length];
        input.read(&mut bytes)?;
        extrinsics.push(bytes);
    }
    Ok(extrinsics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_decodes_to_itself() {
        let bundle = Bundle { extrinsics: vec![vec![1, 2, 3], vec![]] };
        assert_eq!(Bundle::decode(&mut bundle.encode().as_slice()), Ok(bundle));
    }

    #[test]
    fn an_announced_length_over_the_limit_is_refused_before_it_is_read() {
        let announced = (Compact(1u32), Compact(EXTRINSIC_BYTES_MAX as u32 + 1)).encode();
        assert!(Bundle::decode(&mut announced.as_slice()).is_err());
        let many = Compact(BUNDLE_EXTRINSICS_MAX as u32 + 1).encode();
        assert!(Bundle::decode(&mut many.as_slice()).is_err());
    }
}
