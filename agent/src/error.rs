//! What ends the agent: each says what is wrong and what to do about it, and is printed once.

use std::io;
use std::path::PathBuf;

use tierchain_client::UrlError;

use crate::host::HostError;
use crate::keyfile::KeyFileError;
use crate::outbox::OutboxError;
use crate::submitter::Rejected;

/// Why the agent ends before its work is done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentError {
    /// A key file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The source can't be read.
    #[error("the recording {path} can't be read: {source}; check the path after --source and its rights")]
    Source {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The outbox holds records that this source doesn't give.
    #[error(
        "the outbox was filled from another recording: its record {record} isn't what {path} gives; use the recording \
         it was filled from, or another --outbox"
    )]
    OtherRecording {
        /// The recording.
        path: PathBuf,
        /// The first record that differs.
        record: u64,
    },
    /// An address that isn't one.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The network will never take what the agent says.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// A host.
    #[error(transparent)]
    Host(#[from] Box<HostError>),
    /// The ledger refused lives; the rest is final.
    #[error("the ledger refused {count} of the servers' lives, first {first}")]
    Refused {
        /// How many.
        count: usize,
        /// The first and its reason.
        first: String,
    },
}
