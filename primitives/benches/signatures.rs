//! `crypto::verify_zip215_batch/size=N`: CPU per signature, alone, in batches, and with a bad one among them.

use std::time::{Duration, Instant};

use tierchain_primitives::AccountId;
use tierchain_primitives::crypto::{BatchItem, KeyPair, Signature, verify_zip215_batch};

/// Signatures checked per measurement.
const SIGNATURES: usize = 4_096;

/// Bytes of the payload of an extrinsic with one event.
const MESSAGE_BYTES: usize = 220;

struct Signed {
    key: AccountId,
    message: Vec<u8>,
    signature: Signature,
}

/// A signature of one of `keys` accounts over a message of its own.
fn signed(number: usize, keys: usize) -> Signed {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&(number % keys).to_le_bytes());
    let key = KeyPair::from_seed(&seed);
    let mut message = vec![0; MESSAGE_BYTES];
    message[..8].copy_from_slice(&number.to_le_bytes());
    Signed { key: key.public(), signature: key.sign(&message), message }
}

fn time(signatures: &[Signed], size: usize) -> Duration {
    let items: Vec<BatchItem<'_>> =
        signatures.iter().map(|Signed { key, message, signature }| BatchItem { key, message, signature }).collect();
    let start = Instant::now();
    for batch in items.chunks(size) {
        std::hint::black_box(verify_zip215_batch(batch));
    }
    start.elapsed()
}

fn main() {
    for keys in [SIGNATURES, 16] {
        let mut signatures: Vec<Signed> = (0..SIGNATURES).map(|number| signed(number, keys)).collect();
        let report = |name: &str, took: Duration| {
            println!("crypto::verify_zip215_batch/{name}: {:.1} us each", took.as_secs_f64() * 1e6 / SIGNATURES as f64);
        };
        for size in [1, 16, 64, 256] {
            report(&format!("keys={keys}/size={size}"), time(&signatures, size));
        }
        for batch in signatures.chunks_mut(64) {
            batch[9].signature.0[40] ^= 1;
        }
        report(&format!("keys={keys}/size=64/bad=1"), time(&signatures, 64));
    }
}
