//! Audit files: whoever gets one from anybody reads it with this.

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::Header;
use tierchain_runtime::audit::{Refusal, Visit, verify};

use crate::decode::exact;

/// Bytes of a file before its parts: magic, version, kind.
const FRAME: usize = 19;
/// Bytes of the sum at its end.
const SUM: usize = 8;

/// Reads a file as one of the chain whose genesis header it has, as it is and with its sum made good, so that what lies
/// behind both is reached.
pub fn fuzz_audit_bundle(bytes: &[u8]) {
    let genesis = genesis_in(bytes);
    let verdict = verify(bytes, &genesis);
    let Some((body, _)) = bytes.split_last_chunk::<SUM>() else { return };
    let summed = [body, &sha256(&[body]).0[..SUM]].concat();
    let with_sum = verify(&summed, &genesis);
    assert!(verdict.is_err() || with_sum == verdict, "a file that holds has the right sum");
    if with_sum.is_ok() {
        let elsewhere = verify(&summed, &H256([0xee; 32]));
        assert!(matches!(elsewhere, Err(Refusal::Invalid { .. })), "a file holds on one chain only");
    }
}

/// Hash of the header that stands where a file has that of genesis.
fn genesis_in(bytes: &[u8]) -> H256 {
    let header = bytes.get(FRAME..).and_then(|mut body| Header::decode(&mut body).ok());
    header.map_or(H256::ZERO, |header| header.hash())
}

/// The hosts and stays that a client asks a node's facts of.
pub fn fuzz_visits(bytes: &[u8]) {
    let Some(visits) = exact::<Vec<Visit>>(bytes) else { return };
    assert!(
        visits.iter().all(|visit| visit.encoded_size() <= Visit::BYTES_MAX),
        "its length is bounded by their count"
    );
}
