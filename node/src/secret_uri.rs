//! Secret URIs: `//Alice`, or a seed in hexadecimal, each with further hard junctions (`0x…//operator`).
//!
//! As `subkey --scheme ed25519` derives them: ed25519 has hard junctions only, and a URI without a seed starts at the
//! development seed that the whole Substrate world knows. Keys made from it protect nothing.

use parity_scale_codec::Encode;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::hash::blake2_256;
use zeroize::Zeroizing;

/// Seed of the development phrase `bottom drive obey lake curtain smoke basket hold race lonely fit walk`.
const DEVELOPMENT_SEED: [u8; 32] = [
    0xfa, 0xc7, 0x95, 0x9d, 0xbf, 0xe7, 0x2f, 0x05, 0x2e, 0x5a, 0x0c, 0x3c, 0x8d, 0x65, 0x30, 0xf2, 0x02, 0xb0, 0x2f,
    0xd8, 0xf9, 0xf5, 0xca, 0x35, 0x80, 0xec, 0x8d, 0xeb, 0x77, 0x97, 0x47, 0x9e,
];

/// Longest URI that is looked at.
const URI_BYTES_MAX: usize = 1_024;

/// Why text is no secret URI of this chain.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SecretUriError {
    /// Longer than any sensible one.
    #[error("a secret URI has at most {URI_BYTES_MAX} bytes")]
    TooLong,
    /// Neither a seed nor empty before the first junction.
    #[error(
        "before the first // a secret URI has 0x and 64 hexadecimal digits, or nothing; phrases of words are not supported: `subkey inspect` shows the seed of one"
    )]
    Root,
    /// A junction with one slash.
    #[error("the junction /{0} is a soft one; ed25519 has hard junctions only: write //{0}")]
    Soft(String),
    /// Two slashes and nothing.
    #[error("a junction is empty: something must follow each //")]
    Empty,
    /// subkey's `///password`.
    #[error("a password (///…) belongs to a phrase of words, which is not supported")]
    Password,
}

/// The key pair of a secret URI.
///
/// # Errors
/// [`SecretUriError`] says which part is not understood.
pub(crate) fn key_pair(uri: &str) -> Result<KeyPair, SecretUriError> {
    if uri.len() > URI_BYTES_MAX {
        return Err(SecretUriError::TooLong);
    }
    if uri.contains("///") {
        return Err(SecretUriError::Password);
    }
    let mut parts = uri.split("//");
    let root = parts.next().unwrap_or_default();
    let mut seed = root_seed(root)?;
    for junction in parts {
        if let Some((_, soft)) = junction.split_once('/') {
            return Err(SecretUriError::Soft(soft.to_owned()));
        }
        if junction.is_empty() {
            return Err(SecretUriError::Empty);
        }
        seed = derive(&seed, &chain_code(junction));
    }
    Ok(KeyPair::from_seed(&seed))
}

/// The seed before the first junction.
fn root_seed(root: &str) -> Result<Zeroizing<[u8; 32]>, SecretUriError> {
    if root.is_empty() {
        return Ok(Zeroizing::new(DEVELOPMENT_SEED));
    }
    let mut seed = Zeroizing::new([0; 32]);
    let digits = root.strip_prefix("0x").ok_or(SecretUriError::Root)?;
    hex::decode_to_slice(digits, &mut *seed).map_err(|_| SecretUriError::Root)?;
    Ok(seed)
}

/// 32 bytes for a junction: a number as u64, anything else as a string, hashed where it is longer.
fn chain_code(junction: &str) -> [u8; 32] {
    let encoded = junction.parse::<u64>().map_or_else(|_| junction.encode(), |number| number.encode());
    if encoded.len() > 32 {
        return blake2_256(&encoded).0;
    }
    let mut code = [0; 32];
    code[..encoded.len()].copy_from_slice(&encoded);
    code
}

fn derive(seed: &[u8; 32], chain_code: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let bytes = Zeroizing::new(("Ed25519HDKD", seed, chain_code).encode());
    Zeroizing::new(blake2_256(&bytes).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_accounts_are_those_of_subkey() {
        // `subkey inspect --scheme ed25519` of each.
        let expected = [
            ("//Alice", "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu"),
            ("//Bob", "5GoNkf6WdbxCFnPdAnYYQyCjAKPJgLNxXwPjwTh6DGg6gN3E"),
        ];
        for (uri, address) in expected {
            assert_eq!(key_pair(uri).map(|key| key.public().to_ss58()), Ok(address.to_owned()));
        }
        let seed = "0xabf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115";
        assert_eq!(key_pair(seed).map(|key| key.public()), key_pair("//Alice").map(|key| key.public()));
    }

    #[test]
    fn junctions_follow_one_another() {
        let alice = key_pair("//Alice").expect("a URI");
        let seed = format!("0x{}//operator", hex::encode(alice.seed()));
        assert_eq!(key_pair("//Alice//operator").map(|key| key.public()), key_pair(&seed).map(|key| key.public()));
        assert!(key_pair(&format!("//{}", "long".repeat(20))).is_ok());
        assert_ne!(key_pair("//1").map(|key| key.seed()), key_pair("//2").map(|key| key.seed()));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let refusal = |uri: &str| key_pair(uri).map(|_| ()).expect_err("refused");
        assert_eq!(refusal("//Alice/soft"), SecretUriError::Soft("soft".to_owned()));
        assert_eq!(refusal("//Alice///password"), SecretUriError::Password);
        assert_eq!(refusal("//Alice//"), SecretUriError::Empty);
        assert_eq!(refusal("bottom drive obey"), SecretUriError::Root);
        assert_eq!(refusal("0x12"), SecretUriError::Root);
        assert_eq!(refusal(&"/".repeat(2_000)), SecretUriError::TooLong);
    }
}
