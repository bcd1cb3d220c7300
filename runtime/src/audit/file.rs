//! The frame of a file: what it is, which version, which kind; then its parts, one after the other.

use parity_scale_codec::{Decode, Encode};

use super::refusal::{Place, Refusal};

/// First bytes of every audit file.
pub const MAGIC: &[u8; 16] = b"tierchain/audit\n";

/// The version of the format, which stands after [`MAGIC`] as u16.
pub const VERSION: u16 = 1;

/// Most bytes of a file: more than a million blocks.
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;

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

/// Reads a file's beginning.
pub(super) fn open(bytes: &[u8]) -> Result<(Kind, Reader<'_>), Refusal> {
    let unreadable = |reason: String| Refusal::Unreadable(reason);
    if bytes.len() > FILE_BYTES_MAX {
        return Err(unreadable(format!("it has {} bytes, and at most {FILE_BYTES_MAX} are read", bytes.len())));
    }
    let body = bytes.strip_prefix(MAGIC.as_slice());
    let mut body = body.ok_or_else(|| unreadable("it doesn't begin with \"tierchain/audit\"".to_owned()))?;
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
        if bytes != written_again {
            return Err(Refusal::at(Place::File, "it isn't written in the one form that its contents have"));
        }
        Ok(())
    }
}
