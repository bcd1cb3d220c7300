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

use crate::append_log::draft::{self, Draft};
use crate::append_log::{LogError, sync_folder};
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
        if !folder.exists() {
            let made = fs::create_dir_all(&folder).and_then(|()| sync_folder(&folder));
            made.map_err(|source| LogError { path: folder, source })?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// With their numbers.
    type Texts = Vec<(u64, String)>;

    fn found(path: &Path) -> (Texts, Texts) {
        let (mut lines, mut faults) = (Vec::new(), Vec::new());
        let on_line = |line, _, text: &str| lines.push((line, text.to_owned()));
        read(path, on_line, |line, reason| faults.push((line, reason))).expect("it can be read");
        (lines, faults)
    }

    #[test]
    fn what_is_bent_or_missing_is_named_by_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut segment = Segment::begin(folder.path(), 3, &AccountId([6; 32])).expect("it begins");
        ["one", "two", "three"].into_iter().for_each(|line| segment.add(line));
        assert_eq!(segment.publish().expect("it is whole"), 3);
        let path = segments(&folder.path().join(FOLDER)).expect("it can be read").remove(0);
        assert!(path.ends_with("archive/events-00000003.lines"));
        let whole = fs::read_to_string(&path).expect("it is there");
        let of =
            |lines: &[(u64, &str)]| lines.iter().map(|(line, text)| (*line, (*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(found(&path), (of(&[(2, "one"), (3, "two"), (4, "three")]), Vec::new()));

        let lines: Vec<&str> = whole.lines().collect();
        let without = |gone: usize| {
            let rest = lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| format!("{line}\n"));
            rest.collect::<String>()
        };
        for (line, words, bent) in [
            (3, "hash", whole.replace(" two", " tow")),
            (3, "hash", whole.replace(lines[2], "two")),
            (1, "head", whole.replace("head", "foot")),
            (1, "layout 2", whole.replace("\"layout\":1", "\"layout\":2")),
            (4, "there were 3 lines, and there are 2", without(2)),
            (5, "missing", without(4)),
            (6, "behind the end", format!("{whole}{}\n", lines[1])),
        ] {
            fs::write(&path, &bent).expect("written");
            let (_, faults) = found(&path);
            assert!(matches!(&faults[..], [(at, reason), ..] if *at == line && reason.contains(words)), "{faults:?}");
        }
        // Any byte: what is still given out is what it was.
        for at in 0..whole.len() {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            fs::write(&path, &bytes).expect("written");
            let (lines, faults) = found(&path);
            let known = ["one", "two", "three"];
            assert!(lines.iter().all(|(_, text)| known.contains(&text.as_str())), "byte {at}: {lines:?}");
            assert!(!faults.is_empty() || lines.len() == 3, "byte {at}");
        }
    }

    #[test]
    fn what_a_compaction_left_half_made_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        for epoch in [1, 2, 3] {
            Segment::begin(folder.path(), epoch, &AccountId([6; 32])).and_then(Segment::publish).expect("it is whole");
        }
        drop(Segment::begin(folder.path(), 3, &AccountId([6; 32])).expect("it begins"));
        drop_unfinished(folder.path(), 2).expect("it can be removed");
        let left = fs::read_dir(folder.path().join(FOLDER)).expect("a folder").count();
        assert_eq!((left, segments(&folder.path().join(FOLDER)).expect("it can be read").len()), (2, 2));
    }
}
