//! Accounts: the ed25519 public key itself, written for people in SS58.

use core::fmt;

use blake2::{Blake2b512, Digest};
use parity_scale_codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::base58;

/// The generic Substrate address format, which `system_properties` announces.
pub const SS58_FORMAT: u8 = 42;

/// An account: an ed25519 public key. Accounts are never deleted; key rotation moves grants to another account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct AccountId(pub [u8; 32]);

impl AccountId {
    /// The address in SS58 with [`SS58_FORMAT`].
    #[must_use]
    pub fn to_ss58(&self) -> String {
        let mut bytes = Vec::with_capacity(35);
        bytes.push(SS58_FORMAT);
        bytes.extend_from_slice(&self.0);
        let checksum = ss58_checksum(&bytes);
        bytes.extend_from_slice(&checksum);
        base58::encode(&bytes)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_ss58())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_ss58())
    }
}

/// Text that names no account.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParseAccountError {
    /// Neither 0x and 64 hexadecimal digits nor base58.
    #[error("not an account: {0:?} is neither an SS58 address nor 0x and 64 hexadecimal digits")]
    Text(String),
    /// The checksum doesn't match: a mistyped address.
    #[error("the address {0:?} is mistyped: its checksum doesn't match")]
    Checksum(String),
    /// An address for another network or of another length.
    #[error("the address {0:?} is of another kind: expected 32 bytes with format {SS58_FORMAT}")]
    Format(String),
}

impl core::str::FromStr for AccountId {
    type Err = ParseAccountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = || text.chars().take(80).collect::<String>();
        if let Some(digits) = text.strip_prefix("0x") {
            let mut bytes = [0; 32];
            hex::decode_to_slice(digits, &mut bytes).map_err(|_| ParseAccountError::Text(shown()))?;
            return Ok(Self(bytes));
        }
        // 35 bytes never need more than 48 base58 digits: bounded before it is decoded.
        if text.len() > 64 {
            return Err(ParseAccountError::Text(shown()));
        }
        let bytes = base58::decode(text).ok_or_else(|| ParseAccountError::Text(shown()))?;
        if bytes.len() != 35 || bytes[0] != SS58_FORMAT {
            return Err(ParseAccountError::Format(shown()));
        }
        if bytes[33..] != ss58_checksum(&bytes[..33]) {
            return Err(ParseAccountError::Checksum(shown()));
        }
        let mut account = [0; 32];
        account.copy_from_slice(&bytes[1..33]);
        Ok(Self(account))
    }
}

fn ss58_checksum(bytes: &[u8]) -> [u8; 2] {
    let mut hasher = Blake2b512::new();
    hasher.update(b"SS58PRE");
    hasher.update(bytes);
    let digest = hasher.finalize();
    [digest[0], digest[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    // The vectors that `subkey inspect --scheme ed25519 //Alice` and `//Bob` print.
    const ALICE: &str = "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu";
    const ALICE_HEX: &str = "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee";

    #[test]
    fn ss58_matches_subkey() {
        let alice: AccountId = ALICE_HEX.parse().expect("a vector");
        assert_eq!(alice.to_ss58(), ALICE);
        assert_eq!(ALICE.parse(), Ok(alice));
    }

    #[test]
    fn a_mistyped_address_is_told_from_a_foreign_one() {
        let mistyped = ALICE.replace("TTpu", "TTpv");
        assert!(matches!(mistyped.parse::<AccountId>(), Err(ParseAccountError::Checksum(_))));
        assert!(matches!("5FA9".parse::<AccountId>(), Err(ParseAccountError::Format(_))));
        assert!(matches!("0l".parse::<AccountId>(), Err(ParseAccountError::Text(_))));
        assert!(matches!("1".repeat(65).parse::<AccountId>(), Err(ParseAccountError::Text(_))));
    }
}
