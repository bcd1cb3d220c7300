//! The files of the vote log: one per segment, preallocated, named by number.
//!
//! A segment is filled with zeros before it gets its name, so that an append changes neither its length nor its extents
//! and fdatasync writes nothing but the appended pages. Plain preallocation wouldn't do: the first write into an
//! unwritten extent changes metadata, and the sync pays for it. The next segment is filled on a thread of its own while
//! the current one is in use.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use tierchain_primitives::ports::LogDisk;

use crate::fatal::fatal;

/// How many zeros are written at once.
const ZEROS: &[u8] = &[0; 64 * 1024];

/// The directory of a write-ahead log. All that fails here after opening ends the process.
#[derive(Debug)]
pub struct LogDirectory {
    directory: PathBuf,
    segment_bytes: usize,
    segments: BTreeSet<u64>,
    current: Option<Current>,
    spare: Option<JoinHandle<io::Result<File>>>,
}

/// The segment that is appended to.
#[derive(Debug)]
struct Current {
    file: File,
    end: u64,
}

impl LogDirectory {
    /// Looks which segments there are. Creates nothing: a directory that doesn't exist has none.
    ///
    /// # Errors
    /// When the directory exists and can't be listed.
    pub fn open(directory: &Path, segment_bytes: usize) -> io::Result<Self> {
        let segments = match fs::read_dir(directory) {
            Ok(entries) => entries.map(|entry| Ok(segment_of(&entry?.path()))).collect::<io::Result<Vec<_>>>()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let segments = segments.into_iter().flatten().collect();
        Ok(Self { directory: directory.to_owned(), segment_bytes, segments, current: None, spare: None })
    }

    /// How many bytes the log takes on disk.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        let bytes = |segment| fs::metadata(self.path(segment)).map_or(0, |metadata| metadata.len());
        self.segments.iter().map(|segment| bytes(*segment)).sum()
    }

    fn path(&self, segment: u64) -> PathBuf {
        self.directory.join(format!("{segment:020}.log"))
    }

    fn spare_path(&self) -> PathBuf {
        self.directory.join("spare")
    }

    /// Begins to fill the next segment in the background.
    fn prepare_spare(&mut self) {
        let (path, bytes) = (self.spare_path(), self.segment_bytes);
        self.spare = Some(std::thread::spawn(move || zeroed_file(&path, bytes)));
    }

    fn take_spare(&mut self) -> io::Result<File> {
        match self.spare.take() {
            Some(thread) => {
                thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that fills it panicked")))
            }
            None => zeroed_file(&self.spare_path(), self.segment_bytes),
        }
    }

    /// A whole segment appears under its name at once, or not at all.
    fn try_start(&mut self, segment: u64, content: &[u8]) -> io::Result<File> {
        if self.segments.is_empty() {
            create_durable_directory(&self.directory)?;
        }
        let file = self.take_spare()?;
        file.write_all_at(content, 0)?;
        file.sync_all()?;
        fs::rename(self.spare_path(), self.path(segment))?;
        sync_directory(&self.directory)?;
        Ok(file)
    }

    fn try_resume(&self, segment: u64, end: u64) -> io::Result<File> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(segment))?;
        let length = file.metadata()?.len();
        let capacity = length.max(self.segment_bytes as u64);
        if length < capacity || !is_zero_from(&file, end)? {
            fill_with_zeros(&file, end, capacity)?;
            file.sync_all()?;
        }
        Ok(file)
    }
}

impl LogDisk for LogDirectory {
    fn segments(&self) -> Vec<u64> {
        self.segments.iter().copied().collect()
    }

    fn read(&self, segment: u64) -> Vec<u8> {
        fs::read(self.path(segment)).unwrap_or_else(|error| fatal("reading the vote log", error))
    }

    fn start(&mut self, segment: u64, content: &[u8]) {
        let started = self.try_start(segment, content);
        let file = started.unwrap_or_else(|error| fatal("starting a segment of the vote log", error));
        self.current = Some(Current { file, end: content.len() as u64 });
        self.segments.insert(segment);
        self.prepare_spare();
    }

    fn resume(&mut self, segment: u64, end: usize) {
        let resumed = self.try_resume(segment, end as u64);
        let file = resumed.unwrap_or_else(|error| fatal("healing the vote log", error));
        self.current = Some(Current { file, end: end as u64 });
        self.prepare_spare();
    }

    fn append(&mut self, bytes: &[u8]) {
        let current = self.current.as_mut().expect("a log is started or resumed before it is appended to");
        let written = current.file.write_all_at(bytes, current.end).and_then(|()| current.file.sync_data());
        written.unwrap_or_else(|error| fatal("writing the vote log", error));
        current.end += bytes.len() as u64;
    }

    fn remove(&mut self, segment: u64) {
        let removed = fs::remove_file(self.path(segment)).and_then(|()| sync_directory(&self.directory));
        removed.unwrap_or_else(|error| fatal("removing a segment of the vote log", error));
        self.segments.remove(&segment);
    }

    fn salt(&mut self) -> u64 {
        let mut bytes = [0; 8];
        let read = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
        read.unwrap_or_else(|error| fatal("reading /dev/urandom", error));
        u64::from_le_bytes(bytes)
    }
}

impl Drop for LogDirectory {
    /// Waits for the thread that fills the next segment, so that nothing writes here after the log is closed.
    fn drop(&mut self) {
        if let Some(Err(error)) = self.spare.take().map(|thread| thread.join().map(drop)) {
            tracing::warn!(?error, "the thread that fills the next segment of the vote log panicked");
        }
    }
}

/// The number in a segment's name; none for whatever else lies there.
fn segment_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".log")?.parse().ok()
}

fn zeroed_file(path: &Path, bytes: usize) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    fill_with_zeros(&file, 0, bytes as u64)?;
    file.sync_all()?;
    Ok(file)
}

fn fill_with_zeros(file: &File, from: u64, to: u64) -> io::Result<()> {
    let mut offset = from;
    while offset < to {
        let bytes = usize::try_from(to - offset).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
        file.write_all_at(&ZEROS[..bytes], offset)?;
        offset += bytes as u64;
    }
    Ok(())
}

fn is_zero_from(file: &File, from: u64) -> io::Result<bool> {
    let mut buffer = vec![0; ZEROS.len()];
    let mut offset = from;
    loop {
        match file.read_at(&mut buffer, offset)? {
            0 => return Ok(true),
            read if buffer[..read].iter().any(|byte| *byte != 0) => return Ok(false),
            read => offset += read as u64,
        }
    }
}

/// Makes a directory whose name is on stable storage too.
fn create_durable_directory(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    directory.parent().map_or(Ok(()), sync_directory)
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
