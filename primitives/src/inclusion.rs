//! Inclusion: that an extrinsic stands in a block, for whoever knows the block's header alone.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};

use crate::hash::{H256, sha256};
use crate::header::extrinsics_root;

/// Most hashes of a path: blocks have at most 8,192 extrinsics, 2^13.
const PATH_MAX: usize = 13;

/// The way from an extrinsic to its block's `extrinsics_root`, after RFC 6962.
///
/// It says on which side each hash stands, and nothing of the extrinsic's place: the root of three leaves is that of
/// four whose last two are one, so a place would be claimed and not proven.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode)]
pub struct Inclusion {
    /// Bit i is set where the hash i of the path stands left of the way.
    #[codec(compact)]
    pub lefts: u16,
    /// The hashes beside the way, from the extrinsic up.
    pub path: Vec<H256>,
}

impl Inclusion {
    /// The way of the extrinsic at `index`; none where there is no such extrinsic, or more than a block may have.
    #[must_use]
    pub fn of<T: AsRef<[u8]>>(extrinsics: &[T], index: usize) -> Option<Self> {
        if index >= extrinsics.len() || extrinsics.len() > 1 << PATH_MAX {
            return None;
        }
        let (mut part, mut at, mut way) = (extrinsics, index, Vec::new());
        while part.len() > 1 {
            let (left, right) = part.split_at(part.len().next_power_of_two() / 2);
            if at < left.len() {
                way.push((false, extrinsics_root(right)));
                part = left;
            } else {
                way.push((true, extrinsics_root(left)));
                (at, part) = (at - left.len(), right);
            }
        }
        let bits = way.iter().rev().enumerate();
        let lefts = bits.fold(0, |lefts, (at, (is_left, _))| lefts | u16::from(*is_left) << at);
        Some(Self { lefts, path: way.into_iter().rev().map(|(_, hash)| hash).collect() })
    }

    /// The root to which this way leads from an extrinsic; none where it names more sides than it has hashes.
    #[must_use]
    pub fn root(&self, extrinsic: &[u8]) -> Option<H256> {
        if self.path.len() > PATH_MAX || self.lefts >> self.path.len() != 0 {
            return None;
        }
        let climb = |hash: H256, (at, beside): (usize, &H256)| {
            let (left, right) = if self.lefts >> at & 1 == 1 { (beside, &hash) } else { (&hash, beside) };
            sha256(&[&[1], left.as_ref(), right.as_ref()])
        };
        Some(self.path.iter().enumerate().fold(sha256(&[&[0], extrinsic]), climb))
    }
}

impl Decode for Inclusion {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let lefts = Compact::<u16>::decode(input)?.0;
        let length = Compact::<u32>::decode(input)?.0 as usize;
        if length > PATH_MAX {
            return Err("a path longer than a block's tree is high".into());
        }
        let path = (0..length).map(|_| H256::decode(input)).collect::<Result<_, _>>()?;
        Ok(Self { lefts, path })
    }
}

#[cfg(test)]
mod tests {
    use parity_scale_codec::DecodeAll;

    use super::*;

    #[test]
    fn every_extrinsic_of_blocks_of_any_size_leads_to_the_root_and_no_other_does() {
        for count in 1..40u8 {
            let extrinsics: Vec<Vec<u8>> = (0..count).map(|at| vec![at; usize::from(at)]).collect();
            let root = extrinsics_root(&extrinsics);
            for at in 0..extrinsics.len() {
                let way = Inclusion::of(&extrinsics, at).expect("it is there");
                assert_eq!(way.root(&extrinsics[at]), Some(root), "{at} of {count}");
                assert_ne!(way.root(b"other"), Some(root));
                assert_eq!(Inclusion::decode_all(&mut way.encode().as_slice()), Ok(way.clone()));
                for bit in 0..16 {
                    let turned = Inclusion { lefts: way.lefts ^ 1 << bit, ..way.clone() };
                    assert_ne!(turned.root(&extrinsics[at]), Some(root), "{at} of {count}, side {bit}");
                }
            }
        }
        assert_eq!(Inclusion::of::<&[u8]>(&[], 0), None);
    }
}
