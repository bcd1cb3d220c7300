//! A tracker's key on its way from one host to another: sealed for the hypervisor's account of the host that is to run
//! the server, so that it can lie on the ledger for everybody to see.
//!
//! Diffie-Hellman over Curve25519 between a key made for this one seal and the account's own (both are Ed25519 keys,
//! taken in their Montgomery form, as in RFC 7748), and ChaCha20-Poly1305 (RFC 8439) under a hash of all of it. The key of
//! the cipher is used once, so its nonce is zero.
//!
//! Whoever gets hold of the account's secret key later can open what was sealed for it. All that is then lost is that
//! guest's voice, and only as long as that host's hypervisor carries it.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use ed25519_dalek::{SigningKey, VerifyingKey};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::ServerId;
use tierchain_primitives::{AccountId, H256};
use zeroize::Zeroizing;

/// What separates these hashes from all others.
const TAG: &[u8] = b"tierchain/tracker-key/1";

/// Bytes of a public key.
const PUBLIC_BYTES: usize = 32;

/// Bytes of a sealed key: the public key made for it, the seed, the tag of the cipher.
const SEALED_BYTES: usize = PUBLIC_BYTES + 32 + 16;

/// Seals the seed of a server's tracker for an account; none where that is no key that anything can be sealed for.
pub(crate) fn seal(genesis: &H256, server: &ServerId, account: &AccountId, seed: &[u8; 32]) -> Option<Vec<u8>> {
    seal_by(&Zeroizing::new(rand::random()), genesis, server, account, seed)
}

fn seal_by(
    once: &Zeroizing<[u8; 32]>,
    genesis: &H256,
    server: &ServerId,
    account: &AccountId,
    seed: &[u8; 32],
) -> Option<Vec<u8>> {
    let once = SigningKey::from_bytes(once);
    let public = once.verifying_key().to_bytes();
    let shared = agree(&once, &account.0)?;
    let cipher = cipher(genesis, server, &public, account, &shared);
    let sealed = cipher.encrypt(&Nonce::default(), seed.as_slice()).ok()?;
    Some([public.as_slice(), &sealed].concat())
}

/// Opens what was sealed for a key; none where it was sealed for another one, or for another server, or was changed.
pub(crate) fn open(genesis: &H256, server: &ServerId, key: &KeyPair, sealed: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let (public, sealed) =
        Some(sealed).filter(|sealed| sealed.len() == SEALED_BYTES)?.split_first_chunk::<PUBLIC_BYTES>()?;
    let own = SigningKey::from_bytes(&Zeroizing::new(key.seed()));
    let shared = agree(&own, public)?;
    let cipher = cipher(genesis, server, public, &key.public(), &shared);
    let seed = Zeroizing::new(cipher.decrypt(&Nonce::default(), sealed).ok()?);
    Some(Zeroizing::new(seed.as_slice().try_into().ok()?))
}

/// What the holders of both keys can compute, and nobody else.
fn agree(own: &SigningKey, other: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    let other = VerifyingKey::from_bytes(other).ok()?.to_montgomery();
    let shared = Zeroizing::new(other.mul_clamped(*Zeroizing::new(own.to_scalar_bytes())).to_bytes());
    // A point of small order makes a secret that everybody knows.
    (*shared != [0; 32]).then_some(shared)
}

fn cipher(
    genesis: &H256,
    server: &ServerId,
    public: &[u8; 32],
    account: &AccountId,
    shared: &[u8; 32],
) -> ChaCha20Poly1305 {
    let chain = server.chain(genesis);
    let key = Zeroizing::new(sha256(&[TAG, &chain.0, public, &account.0, shared]).0);
    ChaCha20Poly1305::new(Key::from_slice(key.as_slice()))
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ledger::Uuid;

    use super::*;

    #[test]
    fn only_the_account_it_was_sealed_for_opens_it_and_only_for_that_server() {
        let (genesis, key) = (H256([1; 32]), KeyPair::from_seed(&[2; 32]));
        let server = ServerId { uuid: Uuid([3; 16]), generation: 0 };
        let sealed = seal(&genesis, &server, &key.public(), &[4; 32]).expect("a good key");
        assert_eq!(sealed.len(), SEALED_BYTES);
        assert_eq!(open(&genesis, &server, &key, &sealed).as_deref(), Some(&[4; 32]));
        assert_ne!(seal(&genesis, &server, &key.public(), &[4; 32]), Some(sealed.clone()), "each seal has its own key");
        let other = ServerId { generation: 1, ..server };
        assert_eq!(open(&genesis, &other, &key, &sealed), None);
        assert_eq!(open(&H256([9; 32]), &server, &key, &sealed), None);
        assert_eq!(open(&genesis, &server, &KeyPair::from_seed(&[5; 32]), &sealed), None);
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert_eq!(open(&genesis, &server, &key, &bent), None, "byte {at}");
        }
        assert_eq!(open(&genesis, &server, &key, &sealed[..31]), None);
        assert_eq!(open(&genesis, &server, &key, &[]), None);
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let server = ServerId { uuid: Uuid([3; 16]), generation: 7 };
        let key = KeyPair::from_seed(&[2; 32]);
        let sealed = seal_by(&Zeroizing::new([6; 32]), &H256([1; 32]), &server, &key.public(), &[4; 32]);
        let expected = [
            "8a875fff1eb38451577acd5afee405456568dd7c89e090863a0557bc7af49f17",
            "38b9c19e266f791de8d7b3d1636b0c2de599c74b83dea365ebc4ac6c51d54939",
            "20974cd0591bf231d57baf4538aa10da",
        ];
        assert_eq!(hex::encode(sealed.expect("a good key")), expected.concat());
    }

    #[test]
    fn nothing_is_sealed_for_a_key_that_shares_no_secret() {
        let server = ServerId { uuid: Uuid([3; 16]), generation: 0 };
        let mut neutral = [0; 32];
        neutral[0] = 1;
        for account in [[0; 32], neutral] {
            assert_eq!(seal(&H256([1; 32]), &server, &AccountId(account), &[4; 32]), None, "{account:?}");
        }
    }
}
