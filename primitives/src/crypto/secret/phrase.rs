//! Phrases of words: BIP 39's English list and checksum, and the seed as `substrate-bip39` derives it.
//!
//! BIP 39 derives the seed from the words' text; Substrate from the entropy that they stand for, so that a phrase has
//! one seed in every language: PBKDF2-HMAC-SHA512(entropy, "mnemonic" ‖ password, 2,048 rounds), of which an ed25519
//! key takes the first 32 bytes.

use bip39::{Error, Language, Mnemonic};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use zeroize::Zeroizing;

/// Rounds of PBKDF2.
const ROUNDS: usize = 2_048;

/// Longest phrase that is looked at: 24 words of 8 letters, and then some.
const PHRASE_BYTES_MAX: usize = 512;

/// Text that is no phrase. It never repeats the words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PhraseError {
    /// Another number of words.
    #[error("a phrase has 12, 15, 18, 21 or 24 words, and this one has {0}")]
    Count(usize),
    /// A word that isn't on the list.
    #[error("word {0} of the phrase isn't on BIP 39's English list: it is mistyped")]
    Word(usize),
    /// All words are on the list, but they don't belong together.
    #[error("the phrase's checksum doesn't match: words are exchanged or wrong")]
    Checksum,
    /// Too long for any phrase.
    #[error("a phrase has at most {PHRASE_BYTES_MAX} bytes")]
    TooLong,
}

impl From<Error> for PhraseError {
    fn from(error: Error) -> Self {
        match error {
            Error::BadWordCount(count) => Self::Count(count),
            Error::UnknownWord(at) => Self::Word(at + 1),
            Error::InvalidChecksum | Error::BadEntropyBitCount(_) | Error::AmbiguousLanguages(_) => Self::Checksum,
        }
    }
}

/// The seed of a phrase.
///
/// # Errors
/// [`PhraseError`] says what is wrong with the phrase.
pub fn seed(phrase: &str, password: &str) -> Result<Zeroizing<[u8; 32]>, PhraseError> {
    if phrase.len() > PHRASE_BYTES_MAX {
        return Err(PhraseError::TooLong);
    }
    let (entropy, length) = Mnemonic::parse_in_normalized(Language::English, phrase)?.to_entropy_array();
    let entropy = Zeroizing::new(entropy);
    Ok(derive(&entropy[..length], password))
}

/// The phrase of some entropy: 16, 20, 24, 28 or 32 bytes; none of another length.
#[must_use]
pub fn of_entropy(entropy: &[u8]) -> Option<Zeroizing<String>> {
    Mnemonic::from_entropy_in(Language::English, entropy).ok().map(|phrase| Zeroizing::new(phrase.to_string()))
}

/// The first half of PBKDF2's first and only block.
fn derive(entropy: &[u8], password: &str) -> Zeroizing<[u8; 32]> {
    let keyed = Hmac::<Sha512>::new_from_slice(entropy).expect("HMAC takes keys of any length");
    let first = keyed.clone().chain_update(b"mnemonic").chain_update(password).chain_update(1u32.to_be_bytes());
    let mut round: Zeroizing<[u8; 64]> = Zeroizing::new(first.finalize().into_bytes().into());
    let mut sum = round.clone();
    for _ in 1..ROUNDS {
        *round = keyed.clone().chain_update(*round).finalize().into_bytes().into();
        sum.iter_mut().zip(round.iter()).for_each(|(sum, byte)| *sum ^= byte);
    }
    let mut seed = Zeroizing::new([0; 32]);
    seed.copy_from_slice(&sum[..32]);
    seed
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn seeds_are_those_of_substrate_bip39() {
        // The first test vector of substrate-bip39.
        let expected = "44e9d125f037ac1d51f0a7d3649689d422c2af8b1ec8e00d71db4d7bf6d127e3";
        assert_eq!(seed(ZERO, "Substrate").map(|seed| hex::encode(*seed)), Ok(expected.to_owned()));
        assert_ne!(seed(ZERO, ""), seed(ZERO, "Substrate"));
    }

    #[test]
    fn entropy_and_phrase_are_the_same_thing() {
        assert_eq!(of_entropy(&[0; 16]).as_deref().map(String::as_str), Some(ZERO));
        for length in [16, 20, 24, 28, 32] {
            let phrase = of_entropy(&vec![7; length]).expect("a length that BIP 39 has");
            assert_eq!(phrase.split(' ').count(), length * 3 / 4);
            assert!(seed(&phrase, "").is_ok());
        }
        assert!(of_entropy(&[0; 15]).is_none());
    }

    #[test]
    fn what_is_no_phrase_is_told_without_repeating_it() {
        assert_eq!(seed("abandon about", ""), Err(PhraseError::Count(2)));
        assert_eq!(seed(&ZERO.replace("about", "abuot"), ""), Err(PhraseError::Word(12)));
        assert_eq!(seed(&ZERO.replace("about", "abandon"), ""), Err(PhraseError::Checksum));
        assert_eq!(seed(&"a".repeat(600), ""), Err(PhraseError::TooLong));
    }
}
