//! The vote log's folder: where it is, what is in it, and how a lost one is set aside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use parity_scale_codec::{DecodeAll, Encode};
use tierchain_primitives::H256;
use tierchain_replica::Record;
use tierchain_replica::log::{LogError, SEGMENT_BYTES, WriteAheadLog};
use tierchain_storage::LogDirectory;

/// A log that is open, and what it holds.
pub(crate) type Opened = (WriteAheadLog<LogDirectory>, Vec<Record>);

/// Whether a base path has a vote log, whole or not.
pub(crate) fn exists(base_path: &Path) -> bool {
    base_path.join("votes").exists()
}

/// The files of a log.
pub(crate) fn directory(votes: &Path) -> anyhow::Result<LogDirectory> {
    LogDirectory::open(votes, SEGMENT_BYTES).with_context(|| format!("cannot read {}", votes.display()))
}

/// Opens a log that must be whole.
pub(crate) fn open(votes: &Path, genesis: H256) -> anyhow::Result<Opened> {
    let (log, recovered) = WriteAheadLog::open(directory(votes)?, genesis).with_context(|| in_log(votes))?;
    if recovered.cut > 0 {
        tracing::info!(bytes = recovered.cut, "cut a torn tail off the vote log: written, never synced, never said");
    }
    let decoded: Result<Vec<Record>, _> =
        recovered.records.iter().map(|bytes| Record::decode_all(&mut bytes.as_slice())).collect();
    match decoded {
        Ok(records) => Ok((log, records)),
        Err(_) => {
            bail!("{} holds a record of another version: run the version that wrote it", in_log(votes))
        }
    }
}

/// Opens the log of a validator that goes on after a loss: the one that it began to go on with before, or a new one in
/// place of one that isn't whole, which begins with a challenge that nobody can foresee.
///
/// # Errors
/// When the log is another chain's, or whole: then nothing has to be rejoined.
pub(crate) fn open_to_rejoin(votes: &Path, genesis: H256, database_was_lost: bool) -> anyhow::Result<Opened> {
    match WriteAheadLog::open(directory(votes)?, genesis) {
        Err(error) if error.is_loss() => {
            if let Some(aside) = set_aside(votes)? {
                tracing::warn!(%error, kept_as = %aside.display(), "the vote log isn't whole and was set aside");
            }
            let first = Record::Rejoin { challenge: H256(rand::random()) };
            drop(create(votes, genesis, &[first])?);
            open(votes, genesis)
        }
        Err(error) => Err(error).with_context(|| in_log(votes)),
        Ok((log, _)) => {
            drop(log);
            let opened = open(votes, genesis)?;
            let began = opened.1.iter().any(|record| matches!(record, Record::Rejoin { .. }));
            if !began && !database_was_lost {
                bail!(
                    "{} is whole, and so is the database: there is nothing to rejoin for; run without --rejoin",
                    in_log(votes)
                );
            }
            Ok(opened)
        }
    }
}

/// Makes a log that begins with these records.
///
/// # Errors
/// When there is one.
pub(crate) fn create(votes: &Path, genesis: H256, first: &[Record]) -> anyhow::Result<WriteAheadLog<LogDirectory>> {
    let first: Vec<Vec<u8>> = first.iter().map(Encode::encode).collect();
    WriteAheadLog::create_with(directory(votes)?, genesis, &first).with_context(|| in_log(votes))
}

/// Whether a log can be used, and if not, why.
pub(crate) fn look(votes: &Path, genesis: H256) -> anyhow::Result<Result<(), LogError>> {
    Ok(WriteAheadLog::open(directory(votes)?, genesis).map(|_| ()))
}

/// Renames a folder to one that nothing reads; says what it is called now, if there was one.
pub(crate) fn set_aside(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free =
        (1u32..).map(|number| folder.with_file_name(format!("{name}.lost-{number}"))).find(|path| !path.exists());
    let aside = free.context("every number is taken")?;
    match fs::rename(folder, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot rename {} to {}", folder.display(), aside.display())),
    }
}

fn in_log(votes: &Path) -> String {
    format!("the vote log in {}", votes.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENESIS: H256 = H256([1; 32]);

    fn challenge(opened: &Opened) -> Option<H256> {
        opened.1.iter().find_map(|record| match record {
            Record::Rejoin { challenge } => Some(*challenge),
            _ => None,
        })
    }

    fn refused(votes: &Path, genesis: H256) -> String {
        format!("{:#}", open_to_rejoin(votes, genesis, false).map(|_| ()).expect_err("it must not be replaced"))
    }

    #[test]
    fn a_lost_log_is_replaced_once_and_goes_on_with_its_challenge() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let votes = folder.path().join("votes");
        let first = open_to_rejoin(&votes, GENESIS, false).expect("a new one");
        let made = challenge(&first).expect("it begins with a challenge");
        drop(first);
        let again = open_to_rejoin(&votes, GENESIS, false).expect("the same");
        assert_eq!(challenge(&again), Some(made));
        drop(again);
        assert_eq!(challenge(&open(&votes, GENESIS).expect("whole")), Some(made));
        assert!(refused(&votes, H256([2; 32])).contains("--base-path"));
    }

    #[test]
    fn a_whole_log_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let votes = folder.path().join("votes");
        drop(create(&votes, GENESIS, &[]).expect("the first"));
        assert!(refused(&votes, GENESIS).contains("run without --rejoin"));
        let kept = open_to_rejoin(&votes, GENESIS, true).expect("its database is lost, and it isn't");
        assert_eq!(challenge(&kept), None);
    }

    #[test]
    fn a_corrupt_log_is_named_with_its_remedy_and_kept_aside() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let votes = folder.path().join("votes");
        drop(create(&votes, GENESIS, &[Record::Rejoin { challenge: H256([7; 32]) }]).expect("the first"));
        let segment = fs::read_dir(&votes).expect("a folder").next().expect("a segment").expect("a file").path();
        let mut bytes = fs::read(&segment).expect("readable");
        bytes[80] ^= 1;
        fs::write(&segment, bytes).expect("writable");
        let error = format!("{:#}", open(&votes, GENESIS).map(|_| ()).expect_err("it is corrupt"));
        assert!(error.contains("tierchain run --rejoin"), "{error}");
        let opened = open_to_rejoin(&votes, GENESIS, false).expect("a new one");
        assert!(challenge(&opened).is_some_and(|challenge| challenge != H256([7; 32])));
        assert!(folder.path().join("votes.lost-1").exists());
    }
}
