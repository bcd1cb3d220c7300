//! A host's folder: one agent at a time, of one account on one network, in a form that it knows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tierchain_primitives::{AccountId, H256};

use super::intake::EVENTS;
use crate::append_log::LogError;
use crate::append_log::draft::Draft;
use crate::lock::{Lock, Refused};

/// The form that this agent writes. 1 had no such file, and no archive.
const LAYOUT: u32 = 2;

/// The file that says what the folder is.
const FOLDER: &str = "folder.json";

/// What the file says. The layout is read first: another one may have other fields.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
struct Label {
    layout: u32,
    account: String,
    genesis: String,
}

/// The one field that every layout has.
#[derive(Deserialize)]
struct AnyLabel {
    layout: u32,
}

/// A folder that can't be this agent's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// Another agent runs on it.
    #[error("the folder {path} is in use by another agent: stop that one, or give this one a --state of its own")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// Another version wrote it.
    #[error(
        "the folder {path} has layout {found}, this agent knows {LAYOUT}: use the agent that wrote it, or give this one \
         an empty --state when no server of the old one runs any more"
    )]
    Layout {
        /// The folder.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// It belongs to another account or network.
    #[error("the folder {path} is of {what} {found}, not of {wanted}: give this agent a --state of its own")]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        wanted: String,
    },
    /// Its file can't be read as what it should be.
    #[error("{path} isn't what an agent wrote there: {reason}; put it back from a copy")]
    Bent {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The system refuses.
    #[error("{path} can't be used: {source}; check the disk and the folder's rights")]
    Io {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It can't be labelled.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Keeps other agents out of a folder for as long as the result lives.
///
/// # Errors
/// [`FolderError::InUse`].
pub(crate) fn lock(state: &Path) -> Result<Lock, FolderError> {
    let path = state.join("lock");
    Lock::take(&path).map_err(|refused| match refused {
        Refused::Held => FolderError::InUse { path: state.into() },
        Refused::Io(source) => FolderError::Io { path, source },
    })
}

/// Passes a folder of this account on this network, and labels one that is new. One without a label is new, or was
/// written by the agent that knew of no layouts: its logs are as they are now, and its outbox is made anew from them.
///
/// # Errors
/// [`FolderError`] says whose it is, and what to do.
pub(crate) fn claim(state: &Path, account: &AccountId, genesis: &H256) -> Result<(), FolderError> {
    let label = Label { layout: LAYOUT, account: hex::encode(account.0), genesis: hex::encode(genesis.0) };
    let path = state.join(FOLDER);
    match fs::read_to_string(&path) {
        Ok(text) => return check(state, &text, &label),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(FolderError::Io { path, source }),
    }
    if state.join(EVENTS).exists() {
        tracing::info!(folder = %state.display(), "taking over a folder of layout 1");
        let outbox = state.join("outbox");
        match fs::remove_dir_all(&outbox) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(FolderError::Io { path: outbox, source });
            }
            _ => {}
        }
    }
    let mut draft = Draft::begin(&path)?;
    draft.add(&serde_json::to_string(&label).expect("a label has text for keys, and no floats"));
    Ok(draft.publish()?)
}

fn check(state: &Path, text: &str, wanted: &Label) -> Result<(), FolderError> {
    let bent = |error: serde_json::Error| FolderError::Bent { path: state.join(FOLDER), reason: error.to_string() };
    let AnyLabel { layout } = serde_json::from_str(text).map_err(bent)?;
    if layout != LAYOUT {
        return Err(FolderError::Layout { path: state.into(), found: layout });
    }
    let found: Label = serde_json::from_str(text).map_err(bent)?;
    for (what, found, wanted) in [
        ("account", &found.account, &wanted.account),
        ("the network with the genesis", &found.genesis, &wanted.genesis),
    ] {
        if found != wanted {
            let (found, wanted) = (found.clone(), wanted.clone());
            return Err(FolderError::Foreign { path: state.into(), what, found, wanted });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId([6; 32]);
    const GENESIS: H256 = H256([9; 32]);

    #[test]
    fn a_folder_has_one_agent_of_one_account_on_one_network() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = lock(folder.path()).expect("nobody is here");
        assert!(matches!(lock(folder.path()), Err(FolderError::InUse { .. })));
        drop(held);
        lock(folder.path()).expect("nobody is here any more");
        for _ in 0..2 {
            claim(folder.path(), &ACCOUNT, &GENESIS).expect("it is ours");
        }
        let other = claim(folder.path(), &AccountId([7; 32]), &GENESIS).expect_err("another account").to_string();
        assert!(other.contains("account 0606") && other.contains("--state"), "{other}");
        let other = claim(folder.path(), &ACCOUNT, &H256([8; 32])).expect_err("another network").to_string();
        assert!(other.contains("genesis 0909"), "{other}");
    }

    #[test]
    fn another_layout_is_refused_and_the_one_before_layouts_is_taken_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FOLDER);
        for (text, words) in [(r#"{"layout":3,"more":{}}"#, "layout 3"), (r#"{"layout":0}"#, "layout 0"), ("{", "copy")]
        {
            fs::write(&path, text).expect("written");
            let error = claim(folder.path(), &ACCOUNT, &GENESIS).expect_err("refused").to_string();
            assert!(error.contains(words), "{error}");
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text, "nothing was changed");
        }
        fs::remove_file(&path).expect("it was there");
        fs::write(folder.path().join(EVENTS), "").expect("written");
        fs::create_dir(folder.path().join("outbox")).expect("made");
        fs::write(folder.path().join("outbox/0000000000000000.seg"), "old").expect("written");
        claim(folder.path(), &ACCOUNT, &GENESIS).expect("taken over");
        assert!(!folder.path().join("outbox").exists(), "it is made anew");
    }
}
