//! Readers of text: keys, accounts, and the lines of hypervisors.

use std::str::FromStr;

use parity_scale_codec::Encode;
use tierchain_primitives::base58;
use tierchain_primitives::crypto::secret;
use tierchain_primitives::{AccountId, H256};

use crate::sighting::Parsed;
use crate::source::{self, Line, What};

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

/// Lines of a host's own event log, in which it reads after a restart what it was told of by the ledger and its guests.
pub fn fuzz_process_line(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    let Ok(line) = serde_json::from_str::<Line>(text) else {
        assert!(source::parse_process(text).is_err(), "it says something, and isn't a line");
        return;
    };
    is_written_one_way(&line.what);
    let again = serde_json::to_string(&line).expect("text for keys, and no floats");
    assert_eq!(serde_json::from_str::<Line>(&again).ok().as_ref(), Some(&line), "it says something else");
    let said = |text: &str| source::parse_process(text).map(without_evidence).ok();
    assert_eq!(said(&again), said(text), "it says something else");
}

/// The servers that a line has in SCALE have one encoding.
fn is_written_one_way(what: &What) {
    let (again, digits) = match what {
        What::Ordered { declared, .. } => (what.declared().map(|value| value.encode()), declared),
        What::Arriving { arrival } | What::Arrived { arrival } => (what.arrival().map(|value| value.encode()), arrival),
        _ => return,
    };
    assert!(again.is_none_or(|again| hex::encode(again) == digits.to_ascii_lowercase()), "a second encoding");
}

/// The hash of a line is that of its text, of which there may be several with the same meaning.
fn without_evidence(parsed: Parsed) -> Parsed {
    match parsed {
        Parsed::Sighting(mut sighting) => {
            sighting.evidence = H256::ZERO;
            Parsed::Sighting(sighting)
        }
        Parsed::Noise(time) => Parsed::Noise(time),
    }
}
