//! The tracker's key: made in the server at its first start, and on its disk before anybody hears of it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use tierchain_primitives::crypto::KeyPair;
use zeroize::Zeroizing;

use crate::keyfile;

/// Reads the key file, or makes one.
pub(super) fn read_or_make(path: &Path) -> anyhow::Result<KeyPair> {
    if !path.exists() {
        make(path).with_context(|| format!("cannot make the tracker's key in {}", path.display()))?;
    }
    Ok(keyfile::read(path)?)
}

fn make(path: &Path) -> std::io::Result<()> {
    let seed = Zeroizing::new(rand::random::<[u8; 32]>());
    let text = Zeroizing::new(format!("0x{}\n", hex::encode(*seed)));
    let draft = path.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
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
