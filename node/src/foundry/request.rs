//! What a tracker asks for, read from bytes that anybody may have sent. The service bounds their length.

use parity_scale_codec::DecodeAll;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::ledger::BirthRequest;

/// Bytes that aren't a request and its signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}: send SCALE of a BirthRequest and a signature of 64 bytes, as hexadecimal digits")]
pub(super) struct Malformed {
    what: &'static str,
}

/// Reads a request and its signature; whether that holds is judged by the ledger's state.
///
/// # Errors
/// [`Malformed`] when either isn't exactly one.
pub(super) fn decode(request: &[u8], signature: &[u8]) -> Result<(BirthRequest, Signature), Malformed> {
    let malformed = |what| Malformed { what };
    let request = BirthRequest::decode_all(&mut &*request).map_err(|_| malformed("no birth request"))?;
    let signature = signature.try_into().map_err(|_| malformed("no signature"))?;
    Ok((request, Signature(signature)))
}
