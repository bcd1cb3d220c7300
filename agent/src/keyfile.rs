//! Key files: one line, `0x` and the 64 hexadecimal digits of an ed25519 seed, readable by their owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tierchain_primitives::crypto::KeyPair;
use zeroize::Zeroizing;

/// A key file that can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// It can't be read.
    #[error("the key file {path} can't be read: {source}; `tierchain key generate` makes one")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others may read it.
    #[error("the key file {path} has mode {mode:04o}, so that others can use the key: run `chmod 600 {path}`")]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It isn't a key.
    #[error("the key file {path} is not one line of 0x and 64 hexadecimal digits; `tierchain key generate` makes one")]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
}

/// Reads a key file.
///
/// # Errors
/// [`KeyFileError`] says what is wrong with it; its content is never shown.
pub(crate) fn read(path: &Path) -> Result<KeyPair, KeyFileError> {
    let io_error = |source| KeyFileError::Io { path: path.into(), source };
    let mode = fs::metadata(path).map_err(io_error)?.permissions().mode() & 0o7777;
    if mode & 0o177 != 0 {
        return Err(KeyFileError::Exposed { path: path.into(), mode });
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(io_error)?);
    let seed = seed_of(&bytes).ok_or_else(|| KeyFileError::Malformed { path: path.into() })?;
    Ok(KeyPair::from_seed(&seed))
}

/// Writes a key file, in the place of one that may be there; it survives a crash once this returns.
///
/// # Errors
/// When the folder can't be written.
pub(crate) fn write(path: &Path, seed: &[u8; 32]) -> io::Result<()> {
    let text = Zeroizing::new(format!("0x{}\n", *Zeroizing::new(hex::encode(seed))));
    let draft = path.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn seed_of(bytes: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let digits = bytes.trim_ascii().strip_prefix(b"0x")?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, &mut *seed).ok()?;
    Some(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &Path, content: &str, mode: u32) -> PathBuf {
        let path = folder.join("key");
        let _ = fs::remove_file(&path);
        fs::write(&path, content).expect("it can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path
    }

    #[test]
    fn a_key_file_is_private_and_of_one_form() {
        let folder = tempfile::tempdir().expect("a folder");
        let seed = format!("0x{}\n", "07".repeat(32));
        let key = read(&file(folder.path(), &seed, 0o600)).expect("a key");
        assert_eq!(key.public(), KeyPair::from_seed(&[7; 32]).public());
        for mode in [0o644, 0o640, 0o604, 0o700] {
            let error = read(&file(folder.path(), &seed, mode)).expect_err("too open").to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
        for content in ["", "07", "0x07", &seed[2..], &format!("{seed}{seed}")] {
            let error = read(&file(folder.path(), content, 0o600)).expect_err("no key").to_string();
            assert!(error.contains("64 hexadecimal digits") && !error.contains("0707"), "{error}");
        }
        assert!(matches!(read(&folder.path().join("none")), Err(KeyFileError::Io { .. })));
    }
}
