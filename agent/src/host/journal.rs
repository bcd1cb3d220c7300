//! The directive journal: that a directive was begun, on disk before the act; how it went, on disk before the answer. So
//! an agent that was killed knows what it may have done, looks whether it took effect, and gives the same answer again.
//!
//! What the ledger has closed leaves the journal by and by; a first line then says below which number everything else is
//! closed. It says, too, how far directives had come on the ledger by then: a validator that is behind that still shows
//! as open what was done, and isn't listened to.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_runtime::directives::{Call, DirectiveId, FailReason};

use crate::append_log::draft::{self, Draft};
use crate::append_log::{AppendLog, LogError};
use crate::channel::bytes32;

/// The journal's name in a host's folder.
const JOURNAL: &str = "directives.jsonl";

/// So many closed directives are too many.
const CLOSED_MAX: usize = 256;

/// The journal.
pub(crate) struct Journal {
    log: AppendLog,
    begun: BTreeSet<DirectiveId>,
    answers: BTreeMap<DirectiveId, Answer>,
    /// All below are closed but those in `open` and those that stand here.
    floor: DirectiveId,
    open: BTreeSet<DirectiveId>,
    /// How many steps all directives had made on the ledger when it was last read.
    read_at: u64,
    /// When to compact.
    pub(crate) closed_max: usize,
}

/// How a directive went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// It is done.
    Done {
        /// To which server.
        server: ServerId,
        /// SHA-256 of what there is to say about it.
        evidence: H256,
    },
    /// It can't be done.
    Failed {
        /// Why.
        reason: FailReason,
        /// SHA-256 of what there is to say about it.
        evidence: H256,
    },
}

/// A line of the journal.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Entry {
    Floor {
        next: DirectiveId,
        open: BTreeSet<DirectiveId>,
        read_at: u64,
    },
    Begun {
        id: DirectiveId,
        #[serde(default)]
        read_at: u64,
    },
    Done {
        id: DirectiveId,
        uuid: String,
        generation: u32,
        evidence: String,
    },
    Failed {
        id: DirectiveId,
        reason: String,
        evidence: String,
        words: String,
    },
}

impl Answer {
    /// A success, in these words.
    pub(crate) fn done(server: ServerId, words: &str) -> Self {
        Self::Done { server, evidence: sha256(&[words.as_bytes()]) }
    }

    /// A failure, in these words.
    pub(crate) fn failed(reason: FailReason, words: &str) -> Self {
        Self::Failed { reason, evidence: sha256(&[words.as_bytes()]) }
    }

    /// The call that says it.
    pub(crate) fn call(&self, id: DirectiveId) -> Call {
        match *self {
            Self::Done { server, evidence } => Call::Done { id, server: Some(server), evidence },
            Self::Failed { reason, evidence } => Call::Fail { id, reason, evidence },
        }
    }
}

impl Journal {
    /// Opens the journal in a folder.
    ///
    /// # Errors
    /// [`LogError`].
    pub(crate) fn open(state: &Path) -> Result<Self, LogError> {
        let path = state.join(JOURNAL);
        draft::drop_unfinished(&path)?;
        let (log, lines) = AppendLog::open(&path)?;
        let (begun, answers) = (BTreeSet::new(), BTreeMap::new());
        let (floor, open, read_at, closed_max) = (0, BTreeSet::new(), 0, CLOSED_MAX);
        let mut journal = Self { log, begun, answers, floor, open, read_at, closed_max };
        for (number, line) in (1u64..).zip(&lines) {
            let entry = serde_json::from_str(line).ok().and_then(|entry| journal.take(entry));
            entry.ok_or_else(|| bad_line(&path, number))?;
        }
        Ok(journal)
    }

    fn take(&mut self, entry: Entry) -> Option<()> {
        let hash = |text: &str| bytes32(text).map(H256);
        match entry {
            Entry::Floor { next, open, read_at } => (self.floor, self.open, self.read_at) = (next, open, read_at),
            Entry::Begun { id, read_at } => {
                self.begun.insert(id);
                self.read_at = self.read_at.max(read_at);
            }
            Entry::Done { id, uuid, generation, evidence } => {
                let uuid: Uuid = uuid.parse().ok()?;
                let answer = Answer::Done { server: ServerId { uuid, generation }, evidence: hash(&evidence)? };
                self.answers.insert(id, answer);
            }
            Entry::Failed { id, reason, evidence, .. } => {
                let reason = FailReason::ALL.into_iter().find(|known| known.name() == reason)?;
                self.answers.insert(id, Answer::Failed { reason, evidence: hash(&evidence)? });
            }
        }
        Some(())
    }

    /// How far directives had come on the ledger, in steps of all of them, when it was last read for this journal. Who
    /// shows less of them is behind, and may show as open what was done long ago.
    pub(crate) fn read_at(&self) -> u64 {
        self.read_at
    }

    /// The ledger is being read where directives have come so far.
    pub(crate) fn on_read(&mut self, steps: u64) {
        self.read_at = self.read_at.max(steps);
    }

    /// Whether a directive was closed, and nothing else is known of it any more.
    pub(crate) fn is_past(&self, id: DirectiveId) -> bool {
        id < self.floor && !self.open.contains(&id) && !self.begun.contains(&id) && !self.answers.contains_key(&id)
    }

    /// Whether a directive was begun and isn't answered, so that what it was about is still of use.
    pub(crate) fn is_undecided(&self, id: DirectiveId) -> bool {
        self.begun.contains(&id) && !self.answers.contains_key(&id)
    }

    /// The ledger shows that these directives are open, and no others of this host: lets the others go where they are
    /// many. The journal is small, so this is one step.
    ///
    /// # Errors
    /// [`LogError`]; the journal is the old one or the new one then.
    pub(crate) fn compact(&mut self, open: &BTreeSet<DirectiveId>) -> Result<(), LogError> {
        let known = || self.begun.iter().chain(self.answers.keys()).copied();
        let closed: BTreeSet<DirectiveId> = known().filter(|id| !open.contains(id)).collect();
        if closed.len() < self.closed_max {
            return Ok(());
        }
        let newest = known().chain(open.iter().copied()).max();
        let floor = newest.map_or(0, |newest| newest.saturating_add(1)).max(self.floor);
        let path = self.log.path().to_owned();
        let (_, lines) = AppendLog::open(&path)?;
        let mut draft = Draft::begin(&path)?;
        draft.add(&text(&Entry::Floor { next: floor, open: open.clone(), read_at: self.read_at }));
        let stays = |line: &&String| id_of(line).is_some_and(|id| open.contains(&id));
        lines.iter().filter(stays).for_each(|line| draft.add(line));
        self.log = draft.into_log()?;
        self.begun.retain(|id| open.contains(id));
        self.answers.retain(|id, _| open.contains(id));
        (self.floor, self.open) = (floor, open.clone());
        tracing::info!(closed = closed.len(), open = open.len(), "dropped closed directives from the journal");
        Ok(())
    }

    /// Whether a directive was begun.
    pub(crate) fn has_begun(&self, id: DirectiveId) -> bool {
        self.begun.contains(&id)
    }

    /// How a directive went, if that is known.
    pub(crate) fn answer(&self, id: DirectiveId) -> Option<&Answer> {
        self.answers.get(&id)
    }

    /// Notes that a directive is going to be done.
    ///
    /// # Errors
    /// [`LogError`]: it must not be done then.
    pub(crate) fn begin(&mut self, id: DirectiveId) -> Result<(), LogError> {
        self.write(&Entry::Begun { id, read_at: self.read_at })?;
        self.begun.insert(id);
        Ok(())
    }

    /// Notes how a directive went.
    ///
    /// # Errors
    /// [`LogError`]: it must not be said then.
    pub(crate) fn close(&mut self, id: DirectiveId, answer: Answer, words: &str) -> Result<(), LogError> {
        let entry = match answer {
            Answer::Done { server, evidence } => Entry::Done {
                id,
                uuid: server.uuid.to_string(),
                generation: server.generation,
                evidence: hex::encode(evidence.0),
            },
            Answer::Failed { reason, evidence } => Entry::Failed {
                id,
                reason: reason.name().to_owned(),
                evidence: hex::encode(evidence.0),
                words: words.to_owned(),
            },
        };
        self.write(&entry)?;
        self.answers.insert(id, answer);
        Ok(())
    }

    fn write(&mut self, entry: &Entry) -> Result<(), LogError> {
        self.log.append(&text(entry))
    }
}

fn text(entry: &Entry) -> String {
    serde_json::to_string(entry).expect("an entry has text for keys, and no floats")
}

/// The directive that a line is about.
fn id_of(line: &str) -> Option<DirectiveId> {
    match serde_json::from_str(line).ok()? {
        Entry::Floor { .. } => None,
        Entry::Begun { id, .. } | Entry::Done { id, .. } | Entry::Failed { id, .. } => Some(id),
    }
}

fn bad_line(path: &Path, line: u64) -> LogError {
    let words = format!("its line {line} is none of this agent's: put the file back from a copy");
    LogError { path: path.into(), source: io::Error::new(io::ErrorKind::InvalidData, words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::append_log::fuse;

    #[test]
    fn what_was_noted_is_known_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let done = Answer::done(ServerId { uuid: Uuid([7; 16]), generation: 2 }, "done");
        let failed = FailReason::ALL.map(|reason| Answer::failed(reason, "failed"));
        let mut journal = Journal::open(folder.path()).expect("a new journal");
        journal.begin(3).expect("written");
        journal.close(3, done.clone(), "done").expect("written");
        for (id, answer) in (10..).zip(failed.clone()) {
            journal.close(id, answer, "fai\nled").expect("written");
        }
        journal.begin(4).expect("written");
        drop(journal);
        let journal = Journal::open(folder.path()).expect("it opens");
        assert!(journal.has_begun(3) && journal.has_begun(4) && !journal.has_begun(5));
        assert_eq!((journal.answer(3), journal.answer(4)), (Some(&done), None));
        for (id, answer) in (10..).zip(&failed) {
            assert_eq!(journal.answer(id), Some(answer));
        }
    }
    #[test]
    fn what_is_closed_leaves_and_is_known_to_be_past_whenever_the_agent_ends() {
        for point in 1.. {
            let folder = tempfile::tempdir().expect("a folder");
            let answer = |id: DirectiveId| Answer::failed(FailReason::ALL[0], &format!("failed {id}"));
            let mut journal = Journal::open(folder.path()).expect("a new journal");
            for id in 0..20 {
                journal.on_read(100 + id);
                journal.begin(id).expect("written");
                if id != 7 {
                    journal.close(id, answer(id), &format!("failed {id}")).expect("written");
                }
            }
            journal.on_read(200);
            journal.closed_max = 17;
            let open = BTreeSet::from([7, 19, 21]);
            fuse::set(Some(point));
            let compacted = journal.compact(&open);
            fuse::set(None);
            drop(journal);
            let mut journal = Journal::open(folder.path()).expect("it opens");
            let is_compact = journal.is_past(3);
            let past: Vec<DirectiveId> = (0..30).filter(|id| journal.is_past(*id)).collect();
            let all: Vec<DirectiveId> = (0..21).filter(|id| !open.contains(id)).collect();
            assert_eq!(past, if is_compact { all } else { Vec::new() }, "point {point}");
            assert_eq!(journal.read_at(), if is_compact { 200 } else { 119 });
            assert!(journal.is_undecided(7) && !journal.is_undecided(19) && !journal.has_begun(21));
            assert_eq!(journal.answer(19), Some(&answer(19)));
            journal.begin(21).expect("written");
            if compacted.is_ok() {
                assert!(is_compact && point > 4, "so many points are worth being killed at: {point}");
                let lines = std::fs::read_to_string(folder.path().join(JOURNAL)).expect("it is there");
                assert_eq!(lines.lines().count(), 1 + 1 + 2 + 1, "{lines}");
                return;
            }
        }
    }

    #[test]
    fn a_line_that_no_agent_wrote_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(folder.path()).expect("a new journal");
        journal.begin(3).expect("written");
        drop(journal);
        let path = folder.path().join(JOURNAL);
        let lines = std::fs::read_to_string(&path).expect("it is there");
        std::fs::write(&path, format!("{lines}{{\"kind\":\"dome\",\"id\":3}}\n{lines}")).expect("written");
        let error = Journal::open(folder.path()).err().expect("it is bent").to_string();
        assert!(error.contains("directives.jsonl") && error.contains("line 2") && error.contains("copy"), "{error}");
    }
}
