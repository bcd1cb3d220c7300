//! The frame of a file: what it is, which version, which kind; then its parts, one after the other; then a sum of all of it.
//!
//! Nothing rests on the sum but that damage is always noticed: a file about nothing, with a bit changed, may be a true one
//! about another nothing.

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::hash::sha256;

use super::refusal::{Place, Refusal};

/// First bytes of every audit file.
pub const MAGIC: &[u8; 16] = b"tierchain/audit\n";

/// The version of the format, which stands after [`MAGIC`] as u16.
pub const VERSION: u16 = 1;

/// Most bytes of a file: more than a million blocks.
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Bytes of the sum at the end.
const SUM_BYTES: usize = 8;

/// What a file is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Kind {
    /// One life of a server.
    #[codec(index = 0)]
    Life,
    /// All lives of a tenant.
    #[codec(index = 1)]
    Tenant,
    /// Two statements that can't both be true.
    #[codec(index = 2)]
    Contradiction,
}

/// A file's beginning.
pub(super) fn start(kind: Kind) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    (VERSION, kind).encode_to(&mut bytes);
    bytes
}

/// Ends a file with its sum.
pub(super) fn finish(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = sum(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// The first bytes of the SHA-256 of a file without its sum.
fn sum(body: &[u8]) -> [u8; SUM_BYTES] {
    let mut sum = [0; SUM_BYTES];
    sum.copy_from_slice(&sha256(&[body]).0[..SUM_BYTES]);
    sum
}

/// Passes a file whose sum is right. Asked last: each part that is damaged has a better reason to give.
pub(super) fn check_sum(bytes: &[u8]) -> Result<(), Refusal> {
    match bytes.split_last_chunk::<SUM_BYTES>() {
        Some((body, found)) if sum(body) == *found => Ok(()),
        _ => Err(Refusal::at(Place::File, "its sum is wrong: it was damaged on its way, fetch it again")),
    }
}

/// Reads a file's beginning.
pub(super) fn open(bytes: &[u8]) -> Result<(Kind, Reader<'_>), Refusal> {
    let unreadable = |reason: String| Refusal::Unreadable(reason);
    if bytes.len() > FILE_BYTES_MAX {
        return Err(unreadable(format!("it has {} bytes, and at most {FILE_BYTES_MAX} are read", bytes.len())));
    }
    let body = bytes.split_last_chunk::<SUM_BYTES>().map_or(&[][..], |(body, _)| body);
    let mut body = body
        .strip_prefix(MAGIC.as_slice())
        .ok_or_else(|| unreadable("it doesn't begin with \"tierchain/audit\"".to_owned()))?;
    let version = u16::decode(&mut body).map_err(|_| unreadable("it ends before its version".to_owned()))?;
    if version != VERSION {
        return Err(unreadable(format!("it is of version {version}, and version {VERSION} is known here")));
    }
    let kind = Kind::decode(&mut body).map_err(|_| unreadable("it is of an unknown kind".to_owned()))?;
    Ok((kind, Reader(body)))
}

/// What is left of a file.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    /// Reads the next part.
    pub(super) fn take<T: Decode>(&mut self, place: &Place) -> Result<T, Refusal> {
        T::decode(&mut self.0).map_err(|error| Refusal::at(place.clone(), format!("it can't be decoded: {error}")))
    }

    /// Passes a file that ends here and was written in the one form that its contents have.
    pub(super) fn end(&self, bytes: &[u8], written_again: &[u8]) -> Result<(), Refusal> {
        if !self.0.is_empty() {
            return Err(Refusal::at(Place::File, format!("{} bytes follow its end", self.0.len())));
        }
        let body = |file: &'_ [u8]| file.len().saturating_sub(SUM_BYTES);
        if bytes[..body(bytes)] != written_again[..body(written_again)] {
            return Err(Refusal::at(Place::File, "it isn't written in the one form that its contents have"));
        }
        Ok(())
    }
}
