//! Readers of text: keys, accounts, and the lines of hypervisors.

use std::str::FromStr;

use tierchain_primitives::AccountId;
use tierchain_primitives::base58;
use tierchain_primitives::crypto::secret;

use crate::source;

/// Accounts, as SS58 or digits.
pub fn fuzz_account(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    if let Ok(account) = AccountId::from_str(text) {
        assert_eq!(AccountId::from_str(&account.to_ss58()), Ok(account));
        assert!(text.starts_with("0x") || account.to_ss58() == text, "a second text for the same account");
    }
}

/// Base58, both ways.
pub fn fuzz_base58(bytes: &[u8]) {
    // Both ways take time with the square of the length, and every caller bounds it.
    let bytes = &bytes[..bytes.len().min(128)];
    assert_eq!(base58::decode(&base58::encode(bytes)).as_deref(), Some(bytes));
    if let Some(decoded) = core::str::from_utf8(bytes).ok().and_then(base58::decode) {
        assert_eq!(base58::encode(&decoded).as_bytes(), bytes);
    }
}

/// Secret URIs.
pub fn fuzz_secret(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    if let Err(error) = secret::parse(text) {
        let told = error.to_string();
        assert!(text.len() < 16 || !told.contains(text), "an error never repeats what may be a secret");
    }
}

/// Lines of nova's logs.
pub fn fuzz_nova(bytes: &[u8]) {
    if let Ok(line) = core::str::from_utf8(bytes) {
        let _ = source::parse_nova(line);
    }
}

/// Lines of libvirt recordings.
pub fn fuzz_libvirt(bytes: &[u8]) {
    if let Ok(line) = core::str::from_utf8(bytes) {
        let _ = source::parse_libvirt(line);
    }
}
