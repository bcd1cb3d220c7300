//! Secret URIs, as `subkey` and polkadot-js write them for ed25519: a phrase of words, or `0x` and the 64 hexadecimal
//! digits of a seed, then any number of hard junctions (`//stash`, `//0`), then `///` and the phrase's password. Without
//! phrase and seed the path starts at the development phrase, which all the world knows: `//Alice` is for tests and
//! demos only.

use blake2::Blake2b;
use blake2::digest::Digest;
use blake2::digest::consts::U32;
use parity_scale_codec::Encode;
use zeroize::{Zeroize, Zeroizing};

use super::KeyPair;
use crate::hash::blake2_256;

pub mod phrase;

use phrase::PhraseError;

/// Substrate's development phrase.
pub const DEVELOPMENT_PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

/// Seed of [`DEVELOPMENT_PHRASE`] without a password: a constant, because every test and demo begins with it.
const DEVELOPMENT_SEED: [u8; 32] = [
    0xfa, 0xc7, 0x95, 0x9d, 0xbf, 0xe7, 0x2f, 0x05, 0x2e, 0x5a, 0x0c, 0x3c, 0x8d, 0x65, 0x30, 0xf2, 0x02, 0xb0, 0x2f,
    0xd8, 0xf9, 0xf5, 0xca, 0x35, 0x80, 0xec, 0x8d, 0xeb, 0x77, 0x97, 0x47, 0x9e,
];

/// Longest URI that is looked at.
const URI_BYTES_MAX: usize = 2_048;

/// Text that is no secret we can read. It never repeats the text, which may be most of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseSecretError {
    /// The part before the path begins with 0x and is no seed, or there is nothing at all.
    #[error("the secret begins neither with a phrase of words, nor with 0x and 64 hexadecimal digits, nor with //")]
    Seed,
    /// The part before the path is no phrase.
    #[error(transparent)]
    Phrase(#[from] PhraseError),
    /// A junction with one slash.
    #[error("the secret has a soft junction (/name), which ed25519 keys can't have: use a hard one (//name)")]
    Soft,
    /// A password.
    #[error("the secret has a password (///), which only phrases can have; this one begins with a seed")]
    Password,
    /// Nothing between or after slashes.
    #[error("the secret has an empty junction: write a name after each //")]
    Empty,
    /// Longer than any sensible one.
    #[error("a secret has at most {URI_BYTES_MAX} bytes")]
    TooLong,
}

/// Reads a secret URI.
///
/// # Errors
/// [`ParseSecretError`] says which part can't be read and what to write instead.
pub fn parse(uri: &str) -> Result<KeyPair, ParseSecretError> {
    if uri.len() > URI_BYTES_MAX {
        return Err(ParseSecretError::TooLong);
    }
    let (uri, password) = match uri.split_once("///") {
        Some((uri, password)) => (uri, Some(password)),
        None => (uri, None),
    };
    let (base, path) = uri.split_at(uri.find('/').unwrap_or(uri.len()));
    if base.is_empty() && path.is_empty() && password.is_none() {
        return Err(ParseSecretError::Seed);
    }
    let mut seed = base_seed(base, password)?;
    if path.starts_with('/') && !path.starts_with("//") {
        return Err(ParseSecretError::Soft);
    }
    // The path begins with a slash, so that the piece before the first one is empty.
    for junction in path.split("//").skip(1) {
        match junction {
            "" => return Err(ParseSecretError::Empty),
            soft if soft.contains('/') => return Err(ParseSecretError::Soft),
            name => seed = derive_hard(&seed, name),
        }
    }
    Ok(KeyPair::from_seed(&seed))
}

/// The seed that the path starts from.
fn base_seed(text: &str, password: Option<&str>) -> Result<Zeroizing<[u8; 32]>, ParseSecretError> {
    let Some(digits) = text.strip_prefix("0x") else {
        return match (text, password) {
            ("", None | Some("")) => Ok(Zeroizing::new(DEVELOPMENT_SEED)),
            ("", Some(password)) => Ok(phrase::seed(DEVELOPMENT_PHRASE, password)?),
            (words, password) => Ok(phrase::seed(words, password.unwrap_or_default())?),
        };
    };
    if password.is_some() {
        return Err(ParseSecretError::Password);
    }
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
            ("bottom drive obey", ParseSecretError::Phrase(PhraseError::Count(3))),
            ("/Alice", ParseSecretError::Soft),
            ("//Alice/soft", ParseSecretError::Soft),
            ("//", ParseSecretError::Empty),
            ("//Alice//", ParseSecretError::Empty),
        ];
        for (uri, error) in refused {
            assert_eq!(parse(uri).map(|key| key.public()), Err(error), "{uri}");
        }
        let seed = format!("0x{}", "ab".repeat(32));
        assert_eq!(parse(&format!("{seed}///password")).map(|_| ()), Err(ParseSecretError::Password));
        assert_eq!(parse(&"/".repeat(3_000)).map(|_| ()), Err(ParseSecretError::TooLong));
    }

    #[test]
    fn a_phrase_is_the_development_seed_and_a_password_is_part_of_it() {
        let key = |uri: &str| parse(uri).map(|key| key.public());
        let root = format!("0x{}", hex::encode(DEVELOPMENT_SEED));
        assert_eq!(key(DEVELOPMENT_PHRASE), key(&root));
        assert_eq!(key(&format!("{DEVELOPMENT_PHRASE}//Alice")), key("//Alice"));
        assert_eq!(key(&format!("{DEVELOPMENT_PHRASE}//Alice///secret")), key("//Alice///secret"));
        assert_ne!(key("//Alice///secret"), key("//Alice"));
        assert_eq!(key("//Alice///"), key("//Alice"));
    }
}
