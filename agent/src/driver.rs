//! Drivers: how a host runs servers. A driver acts and looks; it decides nothing, says nothing to the ledger, and knows
//! no directive but by its number. The process driver ([`process`]) runs servers as groups of processes; one for a
//! hypervisor is another implementation of [`Driver`], and nothing else changes.
//!
//! Every act may be repeated: the agent may have been killed after the act and before it wrote that down.

use std::path::PathBuf;

use tierchain_primitives::H256;
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::ledger::{GuestReport, Resources, Uuid};
use tierchain_primitives::numbers::Micros;
use tierchain_runtime::directives::{DirectiveId, FailReason};
use zeroize::Zeroizing;

use crate::manifest::ManifestError;

pub(crate) mod process;

/// What makes and runs servers.
pub(crate) trait Driver {
    /// Makes a server and starts it, with its tracker inside. A repeat for the same directive goes on where the first
    /// was left off, and never starts a second one.
    fn create(&mut self, request: &Request) -> Result<(), DriverError>;

    /// Ends a server for good and gives its last figures. One that is gone already is fine.
    fn destroy(&mut self, uuid: Uuid) -> Result<Option<Figures>, DriverError>;

    /// Drops what is kept of a server that was destroyed.
    fn forget(&mut self, uuid: Uuid) -> Result<(), DriverError>;

    /// Stops a server; it keeps its memory.
    fn pause(&mut self, uuid: Uuid) -> Result<(), DriverError>;

    /// Lets a paused server go on.
    fn resume(&mut self, uuid: Uuid) -> Result<(), DriverError>;

    /// Ends what runs of a server, so that it can go on elsewhere, and gives what goes along. Its disk stays: a
    /// [`Driver::create`] for the directive that made it starts it again, from there.
    fn halt(&mut self, uuid: Uuid) -> Result<Halted, DriverError>;

    /// Makes all ready for a server that comes from another host, with its tracker's key; nothing of it runs before
    /// [`Driver::create`].
    fn prepare(&mut self, request: &Request, tracker: &Seed) -> Result<(), DriverError>;

    /// Every server that it keeps anything of, as it is now.
    fn observe(&mut self) -> Vec<Observation>;
}

/// A key's secret seed, wiped when it is dropped.
pub(crate) type Seed = Zeroizing<[u8; 32]>;

/// What goes along with a server that leaves.
#[derive(Debug, Default)]
pub(crate) struct Halted {
    /// What it has consumed.
    pub(crate) figures: Figures,
    /// Its tracker's key, where it has one that can be read.
    pub(crate) tracker: Option<KeyPair>,
    /// The newest of what its tracker has signed, decided or not.
    pub(crate) reports: Vec<GuestReport>,
}

/// What is to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    /// The server.
    pub(crate) uuid: Uuid,
    /// By which directive.
    pub(crate) directive: DirectiveId,
    /// SHA-256 of what it runs.
    pub(crate) image: H256,
    /// What it is given.
    pub(crate) resources: Resources,
}

/// A server as a look found it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Observation {
    /// Which.
    pub(crate) uuid: Uuid,
    /// By which directive it was made.
    pub(crate) directive: DirectiveId,
    /// Its state.
    pub(crate) seen: Seen,
    /// When it was started, on the host's clock.
    pub(crate) started: Micros,
    /// The process by which its tracker is known; none where there is none any more.
    pub(crate) leader: Option<u32>,
    /// What it has consumed.
    pub(crate) figures: Option<Figures>,
}

/// What a server is doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// It runs.
    Running,
    /// It is stopped and keeps its memory.
    Paused,
    /// Nothing of it runs, and it may be started: it was ended to go on elsewhere, or was never let through its gate.
    Halted,
    /// It ended by itself.
    Gone {
        /// How, where that is known.
        how: String,
    },
}

/// What a server has consumed since it was started.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Figures {
    /// CPU time of all its processes, in microseconds; of those that ended too. Never decreases.
    pub(crate) cpu_us: u64,
    /// Resident memory of all its processes, in KiB.
    pub(crate) rss_kib: u64,
}

/// Why a driver can't do what is asked of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriverError {
    /// It keeps no such server.
    #[error("no server {0} runs here")]
    NoSuchServer(Uuid),
    /// It keeps another server of that name.
    #[error("directive {by} has made a server {uuid} here: destroy that one first")]
    Taken {
        /// Which.
        uuid: Uuid,
        /// By which directive it was made.
        by: DirectiveId,
    },
    /// The server isn't in a state for it.
    #[error("server {0} has ended by itself: destroy it")]
    HasEnded(Uuid),
    /// The image isn't there.
    #[error("there is no image {image} in {folder}: put the file there, named by its SHA-256 in 64 digits")]
    NoImage {
        /// Its digest.
        image: H256,
        /// Where images lie.
        folder: PathBuf,
    },
    /// The image isn't what its name says.
    #[error("the file {path} has the SHA-256 {found}: it isn't the image it is named by; replace it")]
    OtherImage {
        /// The file.
        path: PathBuf,
        /// Its digest.
        found: H256,
    },
    /// What stands beside the image can't be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The system refused.
    #[error("{what} of server {uuid}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Which server.
        uuid: Uuid,
        /// What the system says.
        source: std::io::Error,
    },
}

impl DriverError {
    /// The reason as directives have it.
    pub(crate) fn reason(&self) -> FailReason {
        match self {
            Self::NoSuchServer(_) => FailReason::NoSuchServer,
            Self::Taken { .. } | Self::HasEnded(_) | Self::Manifest(_) => FailReason::Refused,
            Self::NoImage { .. } | Self::OtherImage { .. } => FailReason::NoImage,
            Self::Io { .. } => FailReason::Broken,
        }
    }
}
