//! A file of lines that is only appended to: each line is on disk before anybody acts on it.
//!
//! A line that a crash cut short can only be the last one and has no line end: it is removed on opening. Nobody acted
//! on it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) mod draft;
#[cfg(test)]
pub(crate) mod fuse;

/// An open log.
#[derive(Debug)]
pub(crate) struct AppendLog {
    path: PathBuf,
    file: File,
    length: u64,
}

/// A log that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the file {path} can't be used: {source}; check the disk and the folder's rights")]
pub(crate) struct LogError {
    /// Which file.
    pub(crate) path: PathBuf,
    /// What the system says.
    pub(crate) source: io::Error,
}

impl AppendLog {
    /// Opens a log, made if it doesn't exist, and gives its lines.
    ///
    /// # Errors
    /// [`LogError`].
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<String>), LogError> {
        let failed = |source| LogError { path: path.into(), source };
        let is_new = !path.exists();
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        if is_new {
            sync_folder(path).map_err(failed)?;
        }
        let mut bytes = fs::read(path).map_err(failed)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            tracing::warn!(path = %path.display(), bytes = bytes.len() - whole, "cut a torn line off a log");
            file.set_len(whole as u64).and_then(|()| file.sync_data()).map_err(failed)?;
            bytes.truncate(whole);
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
            failed(io::Error::new(io::ErrorKind::InvalidData, format!("its line {line} isn't text")))
        })?;
        let lines = text.lines().map(ToOwned::to_owned).collect();
        Ok((Self { path: path.into(), file, length: whole as u64 }, lines))
    }

    /// A log of so many bytes, of which nobody needs to read any.
    fn at_end(path: PathBuf, length: u64) -> Result<Self, LogError> {
        let opened = OpenOptions::new().append(true).open(&path);
        let file = opened.map_err(|source| LogError { path: path.clone(), source })?;
        Ok(Self { path, file, length })
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes in it.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Appends a line, which must have no line end in it; it survives a crash once this returns.
    ///
    /// # Errors
    /// [`LogError`]; the log must be opened anew then.
    pub(crate) fn append(&mut self, line: &str) -> Result<(), LogError> {
        let bytes = format!("{line}\n").into_bytes();
        self.write(&bytes).map_err(|source| LogError { path: self.path.clone(), source })?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        fuse::before_write(&mut self.file, bytes)?;
        self.file.write_all(bytes)?;
        self.file.sync_data()?;
        #[cfg(test)]
        fuse::burn()?;
        Ok(())
    }
}

/// Makes a new name of a file or folder survive a crash.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_are_there_again_and_a_torn_one_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let (mut log, lines) = AppendLog::open(&path).expect("a new log");
        assert!(lines.is_empty());
        log.append("one").expect("written");
        log.append("two").expect("written");
        drop(log);
        let whole = fs::read(&path).expect("it is there");
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).expect("written");
            let (mut log, lines) = AppendLog::open(&path).expect("it opens");
            assert_eq!(lines, ["one", "two"][..usize::from(cut >= 4) + usize::from(cut >= 8)], "cut at {cut}");
            log.append("three").expect("written");
            assert_eq!(log.length(), fs::metadata(&path).expect("it is there").len());
        }
    }
}
