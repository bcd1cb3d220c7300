//! SCALE decoders: what decodes is exactly what its encoding says, so that nothing has two encodings and nothing is
//! larger than the bytes that came.

use parity_scale_codec::{Decode, Encode};
use tierchain_consensus::{Message, verify};
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{Certificate, ValidatorSet};
use tierchain_primitives::epoch::{EpochProof, Epochs, next_set};
use tierchain_primitives::header::Header;
use tierchain_replica::Record;
use tierchain_replica::wire::{CertifiedBlock, SignedBundle, SyncMessage};
use tierchain_runtime::check;

use crate::cast;

/// Decodes a value that starts here, which must encode to the very bytes it was read from.
pub(crate) fn exact<T: Decode + Encode>(bytes: &[u8]) -> Option<T> {
    let mut rest = bytes;
    let value = T::decode(&mut rest).ok()?;
    let read = &bytes[..bytes.len() - rest.len()];
    assert!(value.encode() == read, "a second encoding of the same value");
    Some(value)
}

/// Consensus messages, and whether verifying them ends well.
pub fn fuzz_message(bytes: &[u8]) {
    if let Some(message) = exact::<Message>(bytes) {
        let set = cast::set(4);
        let shipped = verify(&message, &set, &cast::GENESIS);
        let keyed = cast::check(&message, 4);
        assert!(shipped.is_err() || keyed.is_err(), "no signature holds under both predicates");
    }
}

/// What nodes say to each other besides.
pub fn fuzz_sync_message(bytes: &[u8]) {
    if let Some(SyncMessage::Range { blocks }) = exact::<SyncMessage>(bytes) {
        for block in &blocks {
            let _ = block.is_whole();
        }
    }
}

/// Bundles, with and without their maker's signature.
pub fn fuzz_bundle(bytes: &[u8]) {
    exact::<Bundle>(bytes);
    if let Some(signed) = exact::<SignedBundle>(bytes) {
        assert!(!signed.is_signed(&cast::GENESIS, &cast::set(4), &tierchain_consensus::Strict));
    }
}

/// Certified blocks.
pub fn fuzz_certified_block(bytes: &[u8]) {
    if let Some(block) = exact::<CertifiedBlock>(bytes) {
        let _ = block.is_whole();
    }
}

/// Certificates and validator sets.
pub fn fuzz_certificate(bytes: &[u8]) {
    exact::<ValidatorSet>(bytes);
    if let Some(certificate) = exact::<Certificate>(bytes) {
        let strict = &tierchain_consensus::Strict;
        let held = tierchain_consensus::verify_certificate(strict, &certificate, &cast::set(4), &cast::GENESIS);
        assert!(held.is_err(), "nobody can sign for keys that are hashes");
    }
}

/// Headers and what their digests say.
pub fn fuzz_header(bytes: &[u8]) {
    if let Some(header) = exact::<Header>(bytes) {
        let _ = (header.hash(), header.pre_runtime(), next_set(&header));
    }
}

/// Proofs of an epoch's end.
pub fn fuzz_epoch_proof(bytes: &[u8]) {
    if let Some(proof) = exact::<EpochProof>(bytes) {
        let mut epochs = Epochs::new(0, cast::set(4));
        assert!(epochs.prove(&cast::GENESIS, &proof).is_err());
        assert_eq!(epochs.iter().count(), 1, "what isn't proven changes nothing");
    }
}

/// Records of the vote log.
pub fn fuzz_record(bytes: &[u8]) {
    exact::<Record>(bytes);
}

/// Extrinsics with their calls: one that is accepted is what its parts encode to.
pub fn fuzz_extrinsic(bytes: &[u8]) {
    if let Ok(checked) = check(bytes) {
        assert_eq!(checked.extrinsic.encode(), bytes, "a second encoding of the same extrinsic");
        assert_eq!(checked.call.encode(), checked.extrinsic.call, "a second encoding of the same call");
    }
}
