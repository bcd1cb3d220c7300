//! Key files: one key a file, one line `0x` and 64 hexadecimal digits, readable by their owner alone.
//!
//! A node has up to three keys in three files, so that a stolen one does not bring the others: its libp2p identity
//! (`<base>/keys/network`), its consensus key (`<base>/keys/consensus`), and its operator's account, which belongs on
//! another machine. A file is never overwritten, and never read when others could have read it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::crypto::secret::phrase;
use zeroize::Zeroizing;

/// `0x`, 64 digits, and a line end of either kind.
const FILE_BYTES_MAX: u64 = 68;

/// Mode bits that let group or others do anything.
const FOREIGN_MODE_BITS: u32 = 0o077;

/// Why a key file can't be made or used. Each says which file and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeystoreError {
    /// It would overwrite a key.
    #[error("the key file {0} exists already: a key is never overwritten; move it away or choose another name")]
    Exists(PathBuf),
    /// There is none.
    #[error("there is no key file {0}: make one with `tierchain key generate {0}`")]
    Missing(PathBuf),
    /// Group or others have a right to it.
    #[error(
        "the key file {path} is open to others (mode {mode:04o}): run `chmod 600 {path}`, and make a new key if somebody may have read it"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Something else than one line with a seed.
    #[error(
        "the key file {path} holds no key ({problem}): expected one line of 0x and 64 hexadecimal digits; `tierchain key generate` makes such files"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The disk or the system said no.
    #[error("cannot {action} the key file {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
}

/// A new random key pair.
pub(crate) fn generate() -> KeyPair {
    let seed = Zeroizing::new(rand::random::<[u8; 32]>());
    KeyPair::from_seed(&seed)
}

/// A new random phrase of 12, 15, 18, 21 or 24 words; none of another number.
pub(crate) fn generate_phrase(words: usize) -> Option<Zeroizing<String>> {
    let entropy = Zeroizing::new(rand::random::<[u8; 32]>());
    // Three words stand for 32 bits and one of checksum.
    phrase::of_entropy(entropy.get(..words / 3 * 4)?).filter(|phrase| phrase.split(' ').count() == words)
}

/// Writes a key into a new file that its owner alone can read, durably.
///
/// # Errors
/// [`KeystoreError::Exists`] rather than overwrite anything.
pub(crate) fn create(path: &Path, key: &KeyPair) -> Result<(), KeystoreError> {
    let failed = |action| move |source| KeystoreError::Io { action, path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed("make the folder of"))?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => KeystoreError::Exists(path.to_owned()),
        _ => failed("create")(source),
    })?;
    let digits = Zeroizing::new(hex::encode(Zeroizing::new(key.seed())));
    file.write_all(Zeroizing::new(format!("0x{}\n", *digits)).as_bytes()).map_err(failed("write"))?;
    file.sync_all().map_err(failed("sync"))?;
    sync_folder(path).map_err(failed("sync the folder of"))
}

/// Reads a key that its owner alone can read.
///
/// # Errors
/// [`KeystoreError`] names the file, what is wrong and the remedy.
pub(crate) fn load(path: &Path) -> Result<KeyPair, KeystoreError> {
    let failed = |source| KeystoreError::Io { action: "read", path: path.to_owned(), source };
    let mut file = File::open(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => KeystoreError::Missing(path.to_owned()),
        _ => failed(source),
    })?;
    // Of the open file, not of the path: nobody can exchange it between the look and the read.
    let metadata = file.metadata().map_err(failed)?;
    let malformed = |problem| KeystoreError::Malformed { path: path.to_owned(), problem };
    if !metadata.is_file() {
        return Err(malformed("it is not a regular file"));
    }
    let mode = metadata.mode() & 0o7777;
    if mode & FOREIGN_MODE_BITS != 0 {
        return Err(KeystoreError::Exposed { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX as usize + 1));
    match (&mut file).take(FILE_BYTES_MAX + 1).read_to_string(&mut text) {
        Ok(_) => {}
        Err(source) if source.kind() == ErrorKind::InvalidData => return Err(malformed("it is not text")),
        Err(source) => return Err(failed(source)),
    }
    parse(&text).map_err(malformed)
}

/// The key of a file's text.
fn parse(text: &str) -> Result<KeyPair, &'static str> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let digits = line.strip_prefix("0x").ok_or("it does not start with 0x")?;
    if digits.len() != 64 {
        return Err("its length is wrong");
    }
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, &mut *seed).map_err(|_| "it has something else than hexadecimal digits")?;
    Ok(KeyPair::from_seed(&seed))
}

/// Makes the file's name durable.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn write(path: &Path, text: &str, mode: u32) {
        std::fs::write(path, text).expect("a file in a temporary folder");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("our own file");
    }

    #[test]
    fn a_key_reads_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("keys/consensus");
        let key = generate();
        create(&path, &key).expect("a new file");
        assert_eq!(std::fs::metadata(&path).expect("it exists").permissions().mode() & 0o777, 0o600);
        assert_eq!(load(&path).expect("our own file").public(), key.public());
        assert!(matches!(create(&path, &generate()), Err(KeystoreError::Exists(_))));
        assert_eq!(load(&path).expect("unchanged").public(), key.public());
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_its_remedy() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        for mode in [0o640, 0o604, 0o601, 0o660] {
            write(&path, &format!("0x{}\n", "ab".repeat(32)), mode);
            let error = load(&path).expect_err("others can read it").to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_by_its_fault() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        assert!(matches!(load(&path), Err(KeystoreError::Missing(_))));
        let good = format!("0x{}", "ab".repeat(32));
        let texts = [String::new(), "ab".repeat(32), good[..65].to_owned(), format!("{good}00"), "0x".repeat(33)];
        for text in texts {
            write(&path, &text, 0o600);
            assert!(matches!(load(&path), Err(KeystoreError::Malformed { .. })), "{text:?}");
        }
        for text in [format!("{good}\n"), format!("{good}\r\n"), good] {
            write(&path, &text, 0o600);
            assert!(load(&path).is_ok(), "{text:?}");
        }
    }
}
