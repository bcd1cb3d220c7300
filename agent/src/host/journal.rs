//! The directive journal: that a directive was begun, on disk before the act; how it went, on disk before the answer. So
//! an agent that was killed knows what it may have done, looks whether it took effect, and gives the same answer again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_runtime::directives::{Call, DirectiveId, FailReason};

use crate::append_log::{AppendLog, LogError};
use crate::channel::bytes32;

/// The journal.
pub(crate) struct Journal {
    log: AppendLog,
    begun: BTreeSet<DirectiveId>,
    answers: BTreeMap<DirectiveId, Answer>,
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
    Begun { id: DirectiveId },
    Done { id: DirectiveId, uuid: String, generation: u32, evidence: String },
    Failed { id: DirectiveId, reason: String, evidence: String, words: String },
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
        let (log, lines) = AppendLog::open(&state.join("directives.jsonl"))?;
        let (mut begun, mut answers) = (BTreeSet::new(), BTreeMap::new());
        for line in &lines {
            match serde_json::from_str(line).ok().and_then(read) {
                Some((id, None)) => drop(begun.insert(id)),
                Some((id, Some(answer))) => drop(answers.insert(id, answer)),
                None => tracing::warn!(line, "skipped a line of the directive journal"),
            }
        }
        Ok(Self { log, begun, answers })
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
        self.write(&Entry::Begun { id })?;
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
        self.log.append(&serde_json::to_string(entry).expect("an entry has text for keys, and no floats"))
    }
}

fn read(entry: Entry) -> Option<(DirectiveId, Option<Answer>)> {
    let hash = |text: &str| bytes32(text).map(H256);
    Some(match entry {
        Entry::Begun { id } => (id, None),
        Entry::Done { id, uuid, generation, evidence } => {
            let uuid: Uuid = uuid.parse().ok()?;
            (id, Some(Answer::Done { server: ServerId { uuid, generation }, evidence: hash(&evidence)? }))
        }
        Entry::Failed { id, reason, evidence, .. } => {
            let reason = FailReason::ALL.into_iter().find(|known| known.name() == reason)?;
            (id, Some(Answer::Failed { reason, evidence: hash(&evidence)? }))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
