//! A file in the making: it lies beside its place and takes it when it is whole and on disk. So whoever reads the place
//! finds the old file or the new one, whenever the agent was killed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{AppendLog, LogError, sync_folder};

/// What is added to a file's name while it is made.
const SUFFIX: &str = "draft";

/// A file in the making.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    target: PathBuf,
    file: File,
    length: u64,
    /// What isn't with the system yet.
    buffer: Vec<u8>,
}

impl Draft {
    /// Begins a file that is to take the place of `target`; an earlier draft of it is dropped.
    ///
    /// # Errors
    /// [`LogError`].
    pub(crate) fn begin(target: &Path) -> Result<Self, LogError> {
        let path = draft_of(target);
        let file = File::create(&path).map_err(|source| LogError { path: path.clone(), source })?;
        Ok(Self { path, target: target.into(), file, length: 0, buffer: Vec::new() })
    }

    /// Bytes in it so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Adds a line, which must have no line end in it.
    pub(crate) fn add(&mut self, line: &str) {
        self.buffer.extend_from_slice(line.as_bytes());
        self.buffer.push(b'\n');
        self.length += line.len() as u64 + 1;
    }

    /// Puts on disk what was added, so that no step has much of that to do.
    ///
    /// # Errors
    /// [`LogError`]: it must be begun anew then.
    pub(crate) fn sync(&mut self) -> Result<(), LogError> {
        let bytes = core::mem::take(&mut self.buffer);
        self.write(&bytes).map_err(|source| LogError { path: self.path.clone(), source })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        super::fuse::before_write(&mut self.file, bytes)?;
        self.file.write_all(bytes)?;
        self.file.sync_all()
    }

    /// Puts it in its place, for good.
    ///
    /// # Errors
    /// [`LogError`]: nobody knows then whether the place has the old file or this one; both are whole.
    pub(crate) fn publish(mut self) -> Result<(), LogError> {
        self.sync()?;
        self.rename().map_err(|source| LogError { path: self.target.clone(), source })
    }

    /// Puts it in its place, and goes on with it as a log.
    ///
    /// # Errors
    /// [`LogError`], as [`Self::publish`].
    pub(crate) fn into_log(self) -> Result<AppendLog, LogError> {
        let (path, length) = (self.target.clone(), self.length);
        self.publish()?;
        AppendLog::at_end(path, length)
    }

    fn rename(&self) -> io::Result<()> {
        #[cfg(test)]
        super::fuse::burn()?;
        fs::rename(&self.path, &self.target)?;
        #[cfg(test)]
        super::fuse::burn()?;
        sync_folder(&self.target)
    }
}

/// Drops what a crash left of a draft.
///
/// # Errors
/// [`LogError`].
pub(crate) fn drop_unfinished(target: &Path) -> Result<(), LogError> {
    let path = draft_of(target);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(LogError { path, source }),
        _ => Ok(()),
    }
}

fn draft_of(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(SUFFIX);
    target.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::append_log::fuse;

    #[test]
    fn a_place_has_the_old_file_or_the_new_one_whenever_it_ends() {
        for point in 1.. {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("log");
            fs::write(&path, "old\n").expect("written");
            fuse::set(Some(point));
            let made = Draft::begin(&path).and_then(|mut draft| {
                draft.add("new");
                draft.sync()?;
                draft.add("lines");
                draft.into_log()
            });
            fuse::set(None);
            let found = fs::read_to_string(&path).expect("it is there");
            match made {
                Ok(mut log) => {
                    log.append("and more").expect("written");
                    let found = fs::read_to_string(&path).expect("it is there");
                    assert_eq!((found.as_str(), log.length()), ("new\nlines\nand more\n", found.len() as u64));
                    assert!(point > 5, "so many points are worth being killed at: {point}");
                    return;
                }
                Err(_) => assert!(["old\n", "new\nlines\n"].contains(&found.as_str()), "point {point}: {found}"),
            }
            drop_unfinished(&path).expect("it can be removed");
            assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        }
    }
}
