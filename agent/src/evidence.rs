//! `tierchain-agent evidence`: finds the line that a block's evidence hash is of, or all lines of a server, in a host's
//! folder and in archives that were carried away. Reads only, so an agent may run on the folder meanwhile.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::Uuid;
use tierchain_stdio::complain;

use crate::cli::EvidenceArgs;
use crate::host::archive;
use crate::host::intake::EVENTS;
use crate::host::log_head::Note;
use crate::source::process::{Line, What};

/// It isn't there, and all that was looked through is whole.
const NOT_THERE: u8 = 1;

/// What was looked through isn't whole, so nobody knows.
const UNREADABLE: u8 = 2;

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// The line with this SHA-256.
    Hash(H256),
    /// Everything about a server.
    Server(Uuid),
}

/// A line that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Found {
    /// Its SHA-256.
    hash: String,
    /// The file.
    file: PathBuf,
    /// Which line of it, from 1.
    line: u64,
    /// When it was written, in microseconds on the host's clock.
    time_us: u64,
    /// Of which server.
    server: String,
    /// What happened.
    what: &'static str,
    /// The line, byte for byte.
    text: String,
}

/// Something that can't be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    file: PathBuf,
    line: u64,
    reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, reason } = self;
        write!(f, "{}, line {line}: {reason}; put the file back from a copy", file.display())
    }
}

/// What a search came to.
#[derive(Debug, Default)]
pub(crate) struct Search {
    found: Vec<Found>,
    faults: Vec<Fault>,
}

/// Finds and prints; the exit code says whether it is there.
///
/// # Errors
/// When what was found can't be printed.
pub(crate) fn run(args: &EvidenceArgs) -> io::Result<ExitCode> {
    let wanted = match (args.hash, args.server) {
        (Some(hash), _) => Wanted::Hash(hash),
        (None, Some(server)) => Wanted::Server(server),
        (None, None) => return Ok(ExitCode::from(UNREADABLE)),
    };
    let search = match search(args.state.as_deref(), &args.archive, wanted) {
        Ok(search) => search,
        Err(error) => {
            complain(format_args!("tierchain-agent: {error}"));
            return Ok(ExitCode::from(UNREADABLE));
        }
    };
    for fault in &search.faults {
        complain(format_args!("tierchain-agent: {fault}"));
    }
    let text = match args.json {
        true => serde_json::to_string(&search.found).expect("text for keys, and no floats") + "\n",
        false => search.found.iter().map(|found| format!("{found}\n")).collect(),
    };
    tierchain_stdio::print(&text)?;
    Ok(match (search.found.is_empty(), search.faults.is_empty()) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => {
            complain("tierchain-agent: it isn't there; archives that were carried away are given by --archive");
            ExitCode::from(NOT_THERE)
        }
        (true, false) => ExitCode::from(UNREADABLE),
    })
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hash, file, line, time_us, server, what, text } = self;
        writeln!(f, "{:<8} {hash}\n{:<8} {}, line {line}", "hash", "in", file.display())?;
        writeln!(f, "{:<8} {server}\n{:<8} {what} at {time_us} us", "server", "says")?;
        write!(f, "{text}")
    }
}

/// Looks through a host's log, then its archive, then other archives. In this order: lines go from the log to the archive
/// while an agent runs, never back.
///
/// # Errors
/// When a folder or a file can't be read.
pub(crate) fn search(state: Option<&Path>, archives: &[PathBuf], wanted: Wanted) -> io::Result<Search> {
    let mut search = Search::default();
    if let Some(state) = state {
        let log = state.join(EVENTS);
        if !log.exists() && !state.join(archive::FOLDER).exists() {
            return Err(named(&log, io::Error::new(io::ErrorKind::NotFound, "this is no host's folder")));
        }
        if log.exists() {
            search.read_log(&log, wanted).map_err(|error| named(&log, error))?;
        }
        search.read_archive(&state.join(archive::FOLDER), wanted)?;
    }
    for folder in archives {
        if !folder.is_dir() {
            return Err(named(folder, io::Error::new(io::ErrorKind::NotFound, "there is no such folder")));
        }
        search.read_archive(folder, wanted)?;
    }
    // A line may be in log and archive, when an agent was killed in between, and in a copy.
    let mut seen = BTreeSet::new();
    search.found.retain(|found| seen.insert(found.hash.clone()));
    search.found.sort_by_key(|found| found.time_us);
    Ok(search)
}

fn named(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{} can't be read: {error}", path.display()))
}

impl Search {
    /// Whether all that was looked through is whole.
    #[cfg(test)]
    pub(crate) fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// The lines that were found.
    #[cfg(test)]
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.found.iter().map(|found| found.text.as_str())
    }

    fn read_log(&mut self, path: &Path, wanted: Wanted) -> io::Result<()> {
        let bytes = fs::read(path)?;
        // What has no end yet is being written.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        for (number, line) in (1u64..).zip(bytes[..whole].split(|byte| *byte == b'\n')) {
            match core::str::from_utf8(line) {
                Ok(text) if Note::is_one(text) => {}
                Ok(text) => self.consider(path, number, sha256(&[line]), text, wanted),
                Err(_) => self.on_fault(path, number, "it isn't text".into()),
            }
        }
        Ok(())
    }

    fn read_archive(&mut self, folder: &Path, wanted: Wanted) -> io::Result<()> {
        for path in archive::segments(folder).map_err(|error| named(folder, error))? {
            let mut faults = Vec::new();
            let on_line = |line, hash, text: &str| self.consider(&path, line, hash, text, wanted);
            archive::read(&path, on_line, |line, reason| faults.push((line, reason)))
                .map_err(|error| named(&path, error))?;
            faults.into_iter().for_each(|(line, reason)| self.on_fault(&path, line, reason));
        }
        Ok(())
    }

    fn on_fault(&mut self, path: &Path, line: u64, reason: String) {
        self.faults.push(Fault { file: path.into(), line, reason });
    }

    fn consider(&mut self, path: &Path, number: u64, hash: H256, text: &str, wanted: Wanted) {
        let line: Line = match serde_json::from_str(text) {
            Ok(line) => line,
            Err(error) => return self.on_fault(path, number, error.to_string()),
        };
        let is_wanted = match wanted {
            Wanted::Hash(wanted) => wanted == hash,
            Wanted::Server(server) => server == line.uuid,
        };
        if !is_wanted {
            return;
        }
        self.found.push(Found {
            hash: hex::encode(hash.0),
            file: path.into(),
            line: number,
            time_us: line.time_us,
            server: line.uuid.to_string(),
            what: name(&line.what),
            text: text.to_owned(),
        });
    }
}

fn name(what: &What) -> &'static str {
    match what {
        What::Ordered { .. } => "ordered",
        What::Started => "started",
        What::Paused => "paused",
        What::Resumed => "resumed",
        What::Crashed { .. } => "crashed",
        What::Destroyed { .. } => "destroyed",
        What::MovedOut { .. } => "moved out",
        What::CalledOff { .. } => "move called off",
        What::Left { .. } => "left",
        What::Arriving { .. } => "arriving",
        What::Arrived { .. } => "arrived",
        What::Withdrawn { .. } => "withdrawn",
        What::Info { .. } => "figures",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_by_its_hash_or_its_server_and_what_is_bent_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let line = |uuid: u8, time_us| {
            let line = Line { time_us, uuid: Uuid([uuid; 16]), reconciled: false, what: What::Started };
            serde_json::to_string(&line).expect("text for keys")
        };
        let log = folder.path().join(EVENTS);
        let head = Note::Head { epoch: 1, floor: 1 }.line();
        let lines = [line(1, 5), line(2, 6), line(1, 7)];
        fs::write(&log, format!("{head}\n{}\n{}", lines.join("\n"), &lines[0][..9])).expect("written");
        let of = |wanted| search(Some(folder.path()), &[], wanted).expect("it can be read");
        let hash = sha256(&[lines[1].as_bytes()]);
        let search = of(Wanted::Hash(hash));
        assert!(search.is_sound(), "what is being written is no fault");
        assert!(
            matches!(&search.found[..], [found] if found.line == 3 && found.text == lines[1] && found.time_us == 6)
        );
        assert!(search.found[0].to_string().contains("events.jsonl, line 3"));
        assert_eq!(of(Wanted::Server(Uuid([1; 16]))).texts().collect::<Vec<_>>(), [&lines[0], &lines[2]]);
        assert!(of(Wanted::Hash(H256::ZERO)).found.is_empty());

        fs::write(&log, format!("{}\nbent\n{}\n", lines[0], lines[1])).expect("written");
        let search = of(Wanted::Hash(hash));
        assert_eq!(search.found.len(), 1, "what is whole is found");
        assert!(matches!(&search.faults[..], [fault] if fault.line == 2 && fault.to_string().contains("copy")));
        assert!(super::search(Some(&folder.path().join("none")), &[], Wanted::Hash(hash)).is_err());
        assert!(super::search(None, &[folder.path().join("none")], Wanted::Hash(hash)).is_err());
    }
}
