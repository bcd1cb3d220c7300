//! Keys by name: the same name is the same key in every network of these tests, and nowhere else.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use tierchain_primitives::AccountId;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::hash::sha256;

/// The key of a name.
pub(crate) fn key(name: &str) -> KeyPair {
    KeyPair::from_seed(&sha256(&[b"tierchain/tests/key", name.as_bytes()]).0)
}

/// The account of a name.
pub(crate) fn public_key(name: &str) -> AccountId {
    key(name).public()
}

/// Writes the key of a name into a file for its owner alone, as nodes and agents want it.
pub(crate) fn write_key(name: &str, path: &Path) {
    let folder = path.parent().expect("a key file lies in a folder");
    std::fs::create_dir_all(folder).expect("a folder in a temporary one");
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let line = format!("0x{}\n", hex::encode(key(name).seed()));
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("a new file in a temporary folder");
}
