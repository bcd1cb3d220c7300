//! What a compacted event log says of itself, between the lines of what was seen: which epoch it is, and how lives are
//! counted whose servers had earlier ones that are gone. A log that was never compacted has none of it: it is epoch 0.

use serde::{Deserialize, Serialize};
use tierchain_primitives::ledger::Uuid;

/// A line of the log's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Note {
    /// The first line.
    Head {
        /// How often the log was compacted.
        epoch: u64,
        /// The ordinal of the first life of a server that the log says nothing else of.
        floor: u32,
    },
    /// The next life of this server has this ordinal.
    Ordinal {
        /// The server.
        uuid: Uuid,
        /// The ordinal.
        ordinal: u32,
    },
}

/// A note as a line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "log", rename_all = "lowercase", deny_unknown_fields)]
enum NoteLine {
    Head { epoch: u64, floor: u32 },
    Ordinal { uuid: String, ordinal: u32 },
}

/// How a note begins, and no other line.
const BEGINNING: &str = r#"{"log":"#;

impl Note {
    /// The note as a line.
    pub(crate) fn line(&self) -> String {
        let line = match *self {
            Self::Head { epoch, floor } => NoteLine::Head { epoch, floor },
            Self::Ordinal { uuid, ordinal } => NoteLine::Ordinal { uuid: uuid.to_string(), ordinal },
        };
        serde_json::to_string(&line).expect("a note has text for keys, and no floats")
    }

    /// Whether a line is the log's own.
    pub(crate) fn is_one(line: &str) -> bool {
        line.starts_with(BEGINNING)
    }

    /// The note that a line is; none if it is another line.
    ///
    /// # Errors
    /// Says why a line that begins like a note isn't one.
    pub(crate) fn read(line: &str) -> Result<Option<Self>, String> {
        if !Self::is_one(line) {
            return Ok(None);
        }
        let read = serde_json::from_str(line).map_err(|error| error.to_string())?;
        Ok(Some(match read {
            NoteLine::Head { epoch, floor } => Self::Head { epoch, floor },
            NoteLine::Ordinal { uuid, ordinal } => {
                Self::Ordinal { uuid: uuid.parse().map_err(|error| format!("{error}"))?, ordinal }
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_again_and_other_lines_are_none() {
        for note in [Note::Head { epoch: 4, floor: 9 }, Note::Ordinal { uuid: Uuid([7; 16]), ordinal: 3 }] {
            assert_eq!(Note::read(&note.line()), Ok(Some(note)));
            let bent = note.line().replace("or", "ro");
            assert!(Note::read(&bent).is_err() && Note::read(&note.line()[..20]).is_err());
        }
        assert_eq!(Note::read(r#"{"time_us":1,"uuid":"x","kind":"started"}"#), Ok(None));
    }
}
