//! The archive: where the lines of settled lives go. A line's SHA-256 is the evidence of its block, so it must be there as
//! long as anybody may ask; the agent itself never reads it again, and an operator may carry it away.
//!
//! A segment is made whole by one compaction and never changes: `archive/events-EPOCH.lines`, a head, then `HASH LINE` a
//! line, then how many there are. So `grep HASH archive/*` finds the line of a block, `grep UUID archive/*` those of a
//! server, and a line that was bent is known by its hash.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::{AccountId, H256};

use crate::append_log::LogError;
use crate::append_log::draft::{self, Draft};
use crate::channel::bytes32;
use crate::source::{Line, Lines};

/// The folder within a host's.
pub(crate) const FOLDER: &str = "archive";

/// The ending of a segment's name.
const EXTENSION: &str = "lines";

/// The version of the segments' form.
const LAYOUT: u32 = 1;

/// What a segment says of itself.
#[derive(Serialize, Deserialize)]
#[serde(tag = "archive", rename_all = "lowercase")]
enum Frame {
    /// The first line.
    Head { layout: u32, epoch: u64, account: String },
    /// The last line.
    End { lines: u64 },
}

/// A segment in the making.
pub(super) struct Segment {
    draft: Draft,
    lines: u64,
}

impl Segment {
    /// Begins the segment of the compaction that makes this epoch of the log. What an earlier try left is replaced: its
    /// lines are in the log still.
    pub(super) fn begin(state: &Path, epoch: u64, account: &AccountId) -> Result<Self, LogError> {
        let folder = state.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|source| LogError { path: folder, source })?;
        let mut draft = Draft::begin(&path(state, epoch))?;
        draft.add(&frame(&Frame::Head { layout: LAYOUT, epoch, account: hex::encode(account.0) }));
        Ok(Self { draft, lines: 0 })
    }

    /// Takes a line.
    pub(super) fn add(&mut self, text: &str) {
        let hash = sha256(&[text.as_bytes()]);
        self.draft.add(&format!("{} {text}", hex::encode(hash.0)));
        self.lines += 1;
    }

    /// Puts on disk what it took.
    pub(super) fn sync(&mut self) -> Result<(), LogError> {
        self.draft.sync()
    }

    /// Makes it part of the archive, and gives the number of its lines.
    pub(super) fn publish(mut self) -> Result<u64, LogError> {
        self.draft.add(&frame(&Frame::End { lines: self.lines }));
        self.draft.publish()?;
        Ok(self.lines)
    }
}

/// Drops what a compaction left that didn't come to the log's `epoch` + 1: its lines are in the log still.
pub(super) fn drop_unfinished(state: &Path, epoch: u64) -> Result<(), LogError> {
    let path = path(state, epoch + 1);
    draft::drop_unfinished(&path)?;
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(LogError { path, source }),
        _ => Ok(()),
    }
}

fn path(state: &Path, epoch: u64) -> PathBuf {
    state.join(FOLDER).join(format!("events-{epoch:08}.{EXTENSION}"))
}

fn frame(frame: &Frame) -> String {
    serde_json::to_string(frame).expect("a frame has text for keys, and no floats")
}

/// The segments in a folder, in the order in which they were made; none where there is no such folder.
///
/// # Errors
/// Whatever the system says.
pub(crate) fn segments(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads a segment: each line with its number in the file and its hash, and what is wrong where.
///
/// # Errors
/// Whatever the system says.
pub(crate) fn read(
    path: &Path,
    mut on_line: impl FnMut(u64, H256, &str),
    mut on_fault: impl FnMut(u64, String),
) -> io::Result<()> {
    let mut lines = Lines::new(BufReader::new(File::open(path)?));
    let (mut number, mut taken, mut ended) = (0, 0, false);
    while let Some(line) = lines.next_line()? {
        number += 1;
        let text = match &line {
            Line::Whole(bytes) => core::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()),
            Line::TooLong => Err("it is too long".to_owned()),
        };
        let read = text.and_then(|text| match (number, ended) {
            (1, _) => read_head(text).map(|()| None),
            (_, true) => Err("it stands behind the end".to_owned()),
            _ if text.starts_with('{') => read_end(text, taken).map(|()| None),
            _ => read_line(text).map(Some),
        });
        match read {
            Ok(Some((hash, text))) => {
                taken += 1;
                on_line(number, hash, text);
            }
            Ok(None) => ended = number > 1,
            Err(reason) => {
                // A bent line counts: the end is right in that it says how many there were.
                taken += 1;
                on_fault(number, reason);
            }
        }
    }
    if !ended {
        on_fault(number + 1, "the end of the file is missing".to_owned());
    }
    Ok(())
}

fn read_head(text: &str) -> Result<(), String> {
    match serde_json::from_str(text) {
        Ok(Frame::Head { layout: LAYOUT, .. }) => Ok(()),
        Ok(Frame::Head { layout, .. }) => {
            Err(format!("it has layout {layout}, this program reads {LAYOUT}: use the agent that wrote it"))
        }
        Ok(Frame::End { .. }) | Err(_) => Err("it isn't the head of a segment".to_owned()),
    }
}

fn read_end(text: &str, taken: u64) -> Result<(), String> {
    match serde_json::from_str(text) {
        Ok(Frame::End { lines }) if lines == taken => Ok(()),
        Ok(Frame::End { lines }) => Err(format!("there were {lines} lines, and there are {taken}")),
        Ok(Frame::Head { .. }) | Err(_) => Err("it is neither a line nor the end".to_owned()),
    }
}

fn read_line(text: &str) -> Result<(H256, &str), String> {
    let (hash, text) = text.split_once(' ').ok_or("it has no hash")?;
    let hash = bytes32(hash).map(H256).ok_or("it has no hash")?;
    if sha256(&[text.as_bytes()]) == hash { Ok((hash, text)) } else { Err("it isn't what its hash says".to_owned()) }
}
