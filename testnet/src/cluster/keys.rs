//! Keys by name: the same name is the same key in every network made here, and nowhere else.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use tierchain_primitives::AccountId;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::hash::sha256;

/// The key of a name. For tests and measurements only: anybody can make it.
#[must_use]
pub fn key(name: &str) -> KeyPair {
    KeyPair::from_seed(&sha256(&[b"tierchain/tests/key", name.as_bytes()]).0)
}

/// The account of a name.
#[must_use]
pub fn public_key(name: &str) -> AccountId {
    key(name).public()
}

/// Writes the key of a name into a new file for its owner alone, as nodes and agents want it.
///
/// # Errors
/// When the file is there already, or can't be written.
pub fn write_key(name: &str, path: &Path) -> anyhow::Result<()> {
    let write = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(format!("0x{}\n", hex::encode(key(name).seed())).as_bytes())
    };
    write().with_context(|| format!("cannot write the key file {}", path.display()))
}
