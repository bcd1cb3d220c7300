//! Byte strings with a bound that is checked before they are read.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use scale_info::TypeInfo;

use crate::limits::{DETAIL_BYTES_MAX, EXTRINSIC_BYTES_MAX, IDENTIFIER_BYTES_MAX};

/// What a source says about an event beyond its kind.
///
/// It decodes at any length up to an extrinsic's: a detail over [`DETAIL_BYTES_MAX`] is refused by the runtime with
/// an error on record, not by the decoder with one that nobody can look up.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Encode, TypeInfo)]
pub struct Detail(pub Vec<u8>);

impl Detail {
    /// Whether the ledger takes it.
    #[must_use]
    pub fn is_within_limit(&self) -> bool {
        self.0.len() <= DETAIL_BYTES_MAX
    }
}

impl Decode for Detail {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        bounded(input, EXTRINSIC_BYTES_MAX).map(Self)
    }
}

/// An identifier that another system gave (ETSI's vnfdId, vduId…): at most [`IDENTIFIER_BYTES_MAX`] bytes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Encode, TypeInfo)]
pub struct Identifier(Vec<u8>);

impl Identifier {
    /// Takes an identifier, if it is short enough.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (bytes.len() <= IDENTIFIER_BYTES_MAX).then(|| Self(bytes.to_vec()))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Decode for Identifier {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        bounded(input, IDENTIFIER_BYTES_MAX).map(Self)
    }
}

fn bounded<I: Input>(input: &mut I, max: usize) -> Result<Vec<u8>, Error> {
    let length = Compact::<u32>::decode(input)?.0 as usize;
    if length > max {
        return Err("a byte string that is too long".into());
    }
    let mut bytes = vec![0; length];
    input.read(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_checked_before_bytes_are_read() {
        let announced = Compact(IDENTIFIER_BYTES_MAX as u32 + 1).encode();
        assert!(Identifier::decode(&mut announced.as_slice()).is_err());
        assert!(Identifier::new(&[0; IDENTIFIER_BYTES_MAX + 1]).is_none());
        let detail = Detail(vec![0; DETAIL_BYTES_MAX + 1]);
        assert_eq!(Detail::decode(&mut detail.encode().as_slice()), Ok(detail.clone()));
        assert!(!detail.is_within_limit());
    }
}
