//! Secret URIs, as `subkey` and polkadot-js write them for ed25519: `0x` and the seed's 64 hexadecimal digits, then
//! any number of hard junctions (`//stash`, `//0`). Without a seed the path starts at the development phrase, which all
//! the world knows: `//Alice` is for tests and demos only.

use blake2::Blake2b;
use blake2::digest::Digest;
use blake2::digest::consts::U32;
use parity_scale_codec::Encode;
use zeroize::{Zeroize, Zeroizing};

use super::KeyPair;
use crate::hash::blake2_256;

/// Seed of "bottom drive obey lake curtain smoke basket hold race lonely fit walk" (substrate-bip39, no password).
const DEVELOPMENT_SEED: [u8; 32] = [
    0xfa, 0xc7, 0x95, 0x9d, 0xbf, 0xe7, 0x2f, 0x05, 0x2e, 0x5a, 0x0c, 0x3c, 0x8d, 0x65, 0x30, 0xf2, 0x02, 0xb0, 0x2f,
    0xd8, 0xf9, 0xf5, 0xca, 0x35, 0x80, 0xec, 0x8d, 0xeb, 0x77, 0x97, 0x47, 0x9e,
];

/// Text that is no secret we can read. It never repeats the text, which may be most of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseSecretError {
    /// The part before the path is neither empty nor a seed.
    #[error(
        "the secret doesn't start with 0x and 64 hexadecimal digits or with //; take the secret seed that `subkey inspect` prints for a phrase"
    )]
    Seed,
    /// A junction with one slash.
    #[error("the secret has a soft junction (/name), which ed25519 keys can't have: use a hard one (//name)")]
    Soft,
    /// A password.
    #[error(
        "the secret has a password (///), which only phrases can have; take the secret seed that `subkey inspect` prints"
    )]
    Password,
    /// Nothing between or after slashes.
    #[error("the secret has an empty junction: write a name after each //")]
    Empty,
}

/// Reads a secret URI.
///
/// # Errors
/// [`ParseSecretError`] says which part can't be read and what to write instead.
pub fn parse(uri: &str) -> Result<KeyPair, ParseSecretError> {
    let (base, path) = uri.split_at(uri.find('/').unwrap_or(uri.len()));
    let mut seed = base_seed(base, path.is_empty())?;
    if path.contains("///") {
        return Err(ParseSecretError::Password);
    }
    // The path begins with a slash, so that the piece before the first one is empty.
    for junction in path.split("//").skip(1) {
        match junction {
            "" => return Err(ParseSecretError::Empty),
            soft if soft.contains('/') => return Err(ParseSecretError::Soft),
            name => seed = derive_hard(&seed, name),
        }
    }
    if path.starts_with('/') && !path.starts_with("//") {
        return Err(ParseSecretError::Soft);
    }
    Ok(KeyPair::from_seed(&seed))
}

/// The seed that the path starts from.
fn base_seed(text: &str, alone: bool) -> Result<Zeroizing<[u8; 32]>, ParseSecretError> {
    if text.is_empty() && !alone {
        return Ok(Zeroizing::new(DEVELOPMENT_SEED));
    }
    let digits = text.strip_prefix("0x").ok_or(ParseSecretError::Seed)?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, seed.as_mut_slice()).map_err(|_| ParseSecretError::Seed)?;
    Ok(seed)
}

/// `BLAKE2b-256(SCALE("Ed25519HDKD", seed, chain code))`.
fn derive_hard(seed: &[u8; 32], junction: &str) -> Zeroizing<[u8; 32]> {
    let mut bytes = ("Ed25519HDKD", seed, chain_code(junction)).encode();
    let derived = Zeroizing::new(Blake2b::<U32>::digest(&bytes).into());
    bytes.zeroize();
    derived
}

/// A junction's SCALE encoding (a number as u64, else a string), padded with zeros or hashed to 32 bytes.
fn chain_code(junction: &str) -> [u8; 32] {
    let encoded = match junction.parse::<u64>() {
        Ok(number) => number.encode(),
        Err(_) => junction.encode(),
    };
    if encoded.len() > 32 {
        return blake2_256(&encoded).0;
    }
    let mut code = [0; 32];
    code[..encoded.len()].copy_from_slice(&encoded);
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_development_accounts_are_subkeys() {
        let alice = parse("//Alice").expect("a development account").public();
        assert_eq!(hex::encode(alice.0), "88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee");
        let bob = parse("//Bob").expect("a development account").public();
        assert_eq!(bob.to_ss58(), "5GoNkf6WdbxCFnPdAnYYQyCjAKPJgLNxXwPjwTh6DGg6gN3E");
    }

    #[test]
    fn a_seed_is_the_key_and_a_path_starts_from_it() {
        let uri = format!("0x{}", hex::encode(DEVELOPMENT_SEED));
        let key = |uri: &str| parse(uri).map(|key| key.public());
        assert_eq!(key(&uri), Ok(KeyPair::from_seed(&DEVELOPMENT_SEED).public()));
        assert_eq!(key(&format!("{uri}//Alice")), key("//Alice"));
        assert_ne!(key("//Alice//1"), key("//Alice//01x"));
        assert!(key(&format!("//{}", "long".repeat(20))).is_ok());
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let refused = [
            ("", ParseSecretError::Seed),
            ("0x12", ParseSecretError::Seed),
            ("bottom drive obey", ParseSecretError::Seed),
            ("/Alice", ParseSecretError::Soft),
            ("//Alice/soft", ParseSecretError::Soft),
            ("//Alice///password", ParseSecretError::Password),
            ("//", ParseSecretError::Empty),
            ("//Alice//", ParseSecretError::Empty),
        ];
        for (uri, error) in refused {
            assert_eq!(parse(uri).map(|key| key.public()), Err(error), "{uri}");
        }
    }
}
