//! What comes through a foundry's door, taken from the node's sources.

#[path = "../../node/src/foundry/request.rs"]
mod request;

use parity_scale_codec::Encode;
use tierchain_primitives::crypto::{KeyPair, verify_zip215};
use tierchain_runtime::{Call, chains};

use crate::cast::GENESIS;
use crate::decode::exact;

/// The tracker of the seeds, which signs one request there.
const TRACKER: [u8; 32] = [7; 32];
/// The place of what it signed among the seeds.
const SIGNED: &[u8] = include_bytes!("../corpus/birth_request/seed-00");
/// Bytes of a signature.
const SIGNATURE: usize = 64;

/// A signature and a request. What is read is what came, and what the ledger is going to be told.
pub fn fuzz_birth_request(bytes: &[u8]) {
    let (signature, asked) = bytes.split_at(bytes.len().min(SIGNATURE));
    let Ok((request, signed)) = request::decode(asked, signature) else { return };
    assert!(signed.0 == signature && request.encode() == asked, "a second encoding of the same request");
    assert!(request::decode(&[asked, &[0]].concat(), signature).is_err(), "it reads half of it");
    let holds = verify_zip215(&KeyPair::from_seed(&TRACKER).public(), &request.signed_bytes(&GENESIS), &signed);
    assert!(!holds || bytes == SIGNED, "the tracker signed something else");
    let birth = Call::Chains(chains::Call::Birth { request, tracker_signature: signed });
    assert_eq!(exact::<Call>(&birth.encode()).as_ref(), Some(&birth), "the ledger reads something else");
}
