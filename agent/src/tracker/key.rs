//! The tracker's key: made in the server at its first start, and on its disk before anybody hears of it. A server that
//! came from another host has it already: sealed for this host, it came along.

use std::path::Path;

use anyhow::Context;
use tierchain_primitives::crypto::KeyPair;
use zeroize::Zeroizing;

use crate::keyfile;

/// Reads the key file, or makes one.
pub(super) fn read_or_make(path: &Path) -> anyhow::Result<KeyPair> {
    if !path.exists() {
        let seed = Zeroizing::new(rand::random::<[u8; 32]>());
        keyfile::write(path, &seed).with_context(|| format!("cannot make the tracker's key in {}", path.display()))?;
    }
    Ok(keyfile::read(path)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_key_is_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let key = read_or_make(&path).expect("a new key");
        assert_eq!(read_or_make(&path).expect("the same").public(), key.public());
        let other = read_or_make(&folder.path().join("other")).expect("another key");
        assert_ne!(other.public(), key.public());
        fs::write(&path, "broken").expect("written");
        assert!(read_or_make(&path).is_err(), "a broken key is never replaced: the announced one is lost then");
    }
}
