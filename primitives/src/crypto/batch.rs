//! ZIP-215 in batches: the same answer for each signature as alone, at half the cost (`benches/signatures.rs`), and at a
//! quarter of it where a few keys made them all.
//!
//! A batch is checked by one equation in which each signature has a coefficient that its author couldn't choose. Instead
//! of drawing the coefficients at random we derive them from a hash of the whole batch (Fiat and Shamir): whoever wants
//! two bad signatures to cancel out must find a batch whose own hash makes them, one in 2^128. So the heart needs no
//! randomness. When the equation doesn't hold, each signature is checked alone.

use core::convert::Infallible;

use ed25519_zebra::batch::{Item, Verifier};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::{Signature, verify_zip215};
use crate::account::AccountId;
use crate::hash::{H256, sha256};

/// One signature to be checked.
#[derive(Clone, Copy, Debug)]
pub struct BatchItem<'a> {
    /// Whose.
    pub key: &'a AccountId,
    /// Over what.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a Signature,
}

/// Whether each signature holds by ZIP-215: exactly what [`verify_zip215`] says of each, in the same order. A bad one
/// makes the whole batch cost more than its signatures alone would, so keep what different peers sent apart.
#[must_use]
pub fn verify_zip215_batch(items: &[BatchItem<'_>]) -> Vec<bool> {
    // One signature alone is cheaper without the batch's overhead.
    if items.len() > 1 && all_hold(items) {
        return vec![true; items.len()];
    }
    items.iter().map(|item| verify_zip215(item.key, item.message, item.signature)).collect()
}

fn all_hold(items: &[BatchItem<'_>]) -> bool {
    let mut verifier = Verifier::new();
    for item in items {
        let signature = ed25519_zebra::Signature::from(item.signature.0);
        verifier.queue(Item::from((item.key.0.into(), signature, item.message)));
    }
    verifier.verify(Coefficients::of(items)).is_ok()
}

/// The stream of coefficients of one batch: `SHA-256(seed ‖ counter)`, cut to what is asked for.
struct Coefficients {
    seed: H256,
    counter: u64,
}

impl Coefficients {
    /// Seeds the stream with everything the equation is made of. Messages enter as their lengths and contents, so that
    /// no two batches share a transcript.
    fn of(items: &[BatchItem<'_>]) -> Self {
        let mut transcript = Sha256::new_with_prefix(b"tierchain/batch/1");
        for item in items {
            transcript.update(item.key.0);
            transcript.update(item.signature.0);
            transcript.update((item.message.len() as u64).to_le_bytes());
            transcript.update(item.message);
        }
        Self { seed: H256(transcript.finalize().into()), counter: 0 }
    }

    fn block(&mut self) -> H256 {
        self.counter += 1;
        sha256(&[self.seed.as_ref(), &self.counter.to_le_bytes()])
    }
}

impl TryRng for Coefficients {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for piece in bytes.chunks_mut(32) {
            let block = self.block();
            piece.copy_from_slice(&block.0[..piece.len()]);
        }
        Ok(())
    }
}

/// Says that the stream can't be predicted by whoever made the batch, which is all the verifier needs of it.
impl TryCryptoRng for Coefficients {}

#[cfg(test)]
mod tests {
    use super::super::{KeyPair, verify_strict};
    use super::*;

    /// Encodings of all points of small order (orders 1, 2, 4, 4, 8, 8, 8, 8), then non-canonical ones of the first
    /// two: y = p + 1 = 1, y = 1 and y = -1 with a sign that x = 0 has not.
    const SMALL_ORDER: [&str; 11] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ];

    type Case = (AccountId, Vec<u8>, Signature);

    fn point(text: &str) -> [u8; 32] {
        text.parse::<H256>().expect("a vector").0
    }

    fn honest(number: u8) -> Case {
        let key = KeyPair::from_seed(&[number; 32]);
        let message = vec![number; usize::from(number)];
        let signature = key.sign(&message);
        (key.public(), message, signature)
    }

    /// Key and R of small order and s = 0: both sides of the cofactored equation are the neutral element.
    fn small_order_cases() -> Vec<Case> {
        let pairs = SMALL_ORDER.iter().flat_map(|key| SMALL_ORDER.iter().map(move |r| (point(key), point(r))));
        let case = |(key, r): ([u8; 32], [u8; 32])| {
            let mut signature = Signature::ZERO;
            signature.0[..32].copy_from_slice(&r);
            (AccountId(key), b"tierchain".to_vec(), signature)
        };
        pairs.map(case).collect()
    }

    fn alone(cases: &[Case]) -> Vec<bool> {
        cases.iter().map(|(key, message, signature)| verify_zip215(key, message, signature)).collect()
    }

    fn in_batch(cases: &[Case]) -> Vec<bool> {
        let item = |(key, message, signature)| BatchItem { key, message, signature };
        let items: Vec<_> = cases.iter().map(|(key, message, signature)| item((key, message, signature))).collect();
        verify_zip215_batch(&items)
    }

    #[test]
    fn what_zip_215_accepts_alone_it_accepts_in_any_batch_and_strict_refuses_small_orders() {
        let cases = small_order_cases();
        assert_eq!(alone(&cases), vec![true; cases.len()]);
        assert_eq!(in_batch(&cases), vec![true; cases.len()], "all at once");
        for case in &cases {
            let with_honest = [honest(1), case.clone(), honest(2)];
            assert_eq!(in_batch(&with_honest), [true; 3]);
            assert!(!verify_strict(&case.0, &case.1, &case.2), "small order or not canonical: no vote");
        }
    }

    #[test]
    fn a_key_of_small_order_signs_anything_by_zip_215_and_nothing_strictly() {
        // R = [s]B with s = 1: the basepoint, of full order.
        let mut signature = Signature([0; 64]);
        signature.0[..32].copy_from_slice(&point(&format!("58{}", "66".repeat(31))));
        signature.0[32] = 1;
        for key in SMALL_ORDER.map(|key| AccountId(point(key))) {
            let case = (key, b"anything".to_vec(), signature);
            assert_eq!(in_batch(&[case.clone(), honest(1), case.clone()]), [true; 3]);
            assert!(verify_zip215(&case.0, &case.1, &case.2));
            assert!(!verify_strict(&case.0, &case.1, &case.2));
        }
    }

    #[test]
    fn bad_signatures_are_told_from_good_ones() {
        let mut cases: Vec<Case> = (1..=16).map(honest).collect();
        assert_eq!(in_batch(&cases), vec![true; 16]);
        cases[3].1.push(0);
        cases[9].2.0[63] |= 0xf0; // s above the group's order
        cases[12].0 = AccountId([2; 32]);
        let expected: Vec<bool> = (0..16).map(|at| ![3, 9, 12].contains(&at)).collect();
        assert_eq!(in_batch(&cases), expected);
        assert_eq!(alone(&cases), expected);
    }

    #[test]
    fn two_bad_signatures_that_cancel_out_are_both_refused() {
        // Adding 1 to one s and taking it from another keeps their plain sum, and coefficients break it.
        let mut cases = [honest(1), honest(2)];
        cases[0].2.0[32] ^= 1;
        cases[1].2.0[32] ^= 1;
        assert_eq!(in_batch(&cases), [false, false]);
    }

    #[test]
    fn every_bit_of_the_batch_moves_the_coefficients() {
        let seed = |case: &Case| {
            let (key, message, signature) = case;
            Coefficients::of(&[BatchItem { key, message, signature }]).seed
        };
        let (key, message, signature) = honest(5);
        let mut longer = message.clone();
        longer.push(0);
        let mut other = signature;
        other.0[63] ^= 1;
        let start = seed(&(key, message.clone(), signature));
        assert_ne!(start, seed(&(key, longer, signature)));
        assert_ne!(start, seed(&(key, message.clone(), other)));
        assert_ne!(start, seed(&(AccountId([5; 32]), message, signature)));
    }

    #[test]
    fn no_signatures_are_no_trouble() {
        assert_eq!(verify_zip215_batch(&[]), Vec::<bool>::new());
    }
}
