//! What happens to a server, as its writers sign it.

use super::*;
use crate::crypto::Signature;

/// The state of a virtual server. SUSPENDED_TO_DISK is libvirt's managed save.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum ServerState {
    /// Its vCPUs run.
    #[codec(index = 0)]
    Running,
    /// Its vCPUs are stopped, its memory is held.
    #[codec(index = 1)]
    Paused,
    /// Suspended by the guest, its memory is held.
    #[codec(index = 2)]
    SuspendedToRam,
    /// Its memory is saved on disk.
    #[codec(index = 3)]
    SuspendedToDisk,
    /// It is defined and off.
    #[codec(index = 4)]
    Stopped,
    /// It ended against its will: a guest panic, a killed or failed hypervisor process.
    #[codec(index = 5)]
    Crashed,
}

impl ServerState {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::SuspendedToRam => "SUSPENDED_TO_RAM",
            Self::SuspendedToDisk => "SUSPENDED_TO_DISK",
            Self::Stopped => "STOPPED",
            Self::Crashed => "CRASHED",
        }
    }
}

/// What a server is given: whole vCPUs, MiB of memory, GiB of disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Resources {
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Disk in GiB.
    pub disk_gib: u64,
}

/// What a server has consumed since it was born, as its hypervisor counts it. Never decreases.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Meter {
    /// CPU time in microseconds.
    pub cpu_us: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
}

/// How the writer knows the time of an event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Precision {
    /// It saw the event happen.
    #[codec(index = 0)]
    Event,
    /// It found the state changed: the event lies between its last look and this one.
    #[codec(index = 1)]
    Reconciled,
    /// Another system declared it.
    #[codec(index = 2)]
    Declared,
    /// From a recording: admitted only where genesis allows replays.
    #[codec(index = 3)]
    Replayed,
}

/// Why a chain ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum EndReason {
    /// The server was terminated.
    #[codec(index = 0)]
    Terminated,
    /// The period ended: a successor names this chain as its predecessor.
    #[codec(index = 1)]
    Rollover,
    /// Its host fell silent and a foundry gave it up.
    #[codec(index = 2)]
    Orphaned,
}

/// Where the tracker's key is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum TrackerCustody {
    /// In the guest, as it should be: three keys in three hands.
    #[codec(index = 0)]
    Guest,
    /// With the agent: a demo, or a guest without a tracking application.
    #[codec(index = 1)]
    Agent,
}

/// Single Network Slice Selection Assistance Information (3GPP TS 23.003, 28.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct SNssai {
    /// Slice/Service Type.
    pub sst: u8,
    /// Slice Differentiator, 24 bits.
    pub sd: Option<[u8; 3]>,
}

/// The identifiers that ETSI NFV gives to what the server is part of (GS NFV-SOL 003).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Encode, Decode, TypeInfo)]
pub struct Etsi {
    /// `vnfInstanceId`.
    pub vnf_instance_id: Option<Identifier>,
    /// `vnfdId`.
    pub vnfd_id: Option<Identifier>,
    /// `vduId`.
    pub vdu_id: Option<Identifier>,
    /// `nsInstanceId`.
    pub ns_instance_id: Option<Identifier>,
    /// `singleNSSAI` (3GPP).
    pub snssai: Option<SNssai>,
}

/// What a hypervisor announces about a server before it is born.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct Announcement {
    /// The server and which of its lives.
    pub server: ServerId,
    /// The host that will run it, by its 32-byte id.
    pub host: H256,
    /// SHA-256 of the image it starts from; zero where the source doesn't know.
    pub image: H256,
    /// What it is given, where known: unknown resources bill time only and mark the usage `incomplete`.
    pub resources: Option<Resources>,
    /// The public key of its tracking application.
    pub tracker: AccountId,
    /// Who holds that key.
    pub custody: TrackerCustody,
    /// Whose it is.
    pub ownership: Ownership,
    /// The identifiers of the orchestration it is part of.
    pub etsi: Etsi,
    /// The lives it comes from, beside its own earlier ones.
    pub relations: Relations,
}

/// What a tracking application asks of a foundry: a birth block for its server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct BirthRequest {
    /// The server and which of its lives.
    pub server: ServerId,
    /// When it was born.
    pub occurred_at: Micros,
    /// How that is known.
    pub precision: Precision,
    /// SHA-256 of what the source said.
    pub evidence: H256,
    /// None for generation 0, else the end hash of the newest generation.
    pub previous: Option<H256>,
}

impl BirthRequest {
    /// What the tracker signs: `"tierchain/birth/1" ‖ genesis hash ‖ SCALE(request)`.
    #[must_use]
    pub fn signed_bytes(&self, genesis: &H256) -> Vec<u8> {
        let mut bytes = b"tierchain/birth/1".to_vec();
        genesis.encode_to(&mut bytes);
        self.encode_to(&mut bytes);
        bytes
    }
}

/// What happened to a server.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
#[expect(
    clippy::large_enum_variant,
    reason = "a birth is large and rare, and no list of events is long enough to mind"
)]
pub enum EventKind {
    /// It was born, off. Made by the ledger from a birth request; no writer appends it.
    #[codec(index = 0)]
    Born {
        /// What its hypervisor announced.
        announcement: Announcement,
        /// End hash of its previous life.
        previous: Option<H256>,
    },
    /// It is in another state.
    #[codec(index = 1)]
    StateChanged {
        /// The state it is in from now on.
        state: ServerState,
    },
    /// It was reset; a marker that leaves its state.
    #[codec(index = 2)]
    Rebooted,
    /// It was given other resources.
    #[codec(index = 3)]
    Resized {
        /// What it has from now on.
        resources: Resources,
    },
    /// It leaves its host; the state stays what it was.
    #[codec(index = 4)]
    MovedOut {
        /// Where it goes.
        to: H256,
    },
    /// It arrives at a host; the state stays what it was.
    #[codec(index = 5)]
    MovedIn {
        /// Where it comes from.
        from: H256,
    },
    /// A declared attribute has another value.
    #[codec(index = 6)]
    AttributeChanged {
        /// Which.
        name: Identifier,
        /// SHA-256 of its new value.
        value: H256,
    },
    /// Its host is silent: nothing is known since.
    #[codec(index = 7)]
    Suspected {
        /// The last sign of life.
        since: Micros,
    },
    /// The tracking application saw something within the guest.
    #[codec(index = 8)]
    GuestEvent {
        /// What, in the tracker's own numbering.
        code: u32,
    },
    /// Too many changes to write one by one: their count and bounds.
    #[codec(index = 9)]
    Summary {
        /// How many changes it stands for.
        transitions: u32,
        /// When the first happened.
        first: Micros,
        /// The state after the last.
        state: ServerState,
    },
    /// Its chain ends here.
    #[codec(index = 10)]
    Ended {
        /// Why.
        reason: EndReason,
    },
}

impl EventKind {
    /// The wire index, by which usage counts events.
    #[must_use]
    pub fn index(&self) -> usize {
        match self {
            Self::Born { .. } => 0,
            Self::StateChanged { .. } => 1,
            Self::Rebooted => 2,
            Self::Resized { .. } => 3,
            Self::MovedOut { .. } => 4,
            Self::MovedIn { .. } => 5,
            Self::AttributeChanged { .. } => 6,
            Self::Suspected { .. } => 7,
            Self::GuestEvent { .. } => 8,
            Self::Summary { .. } => 9,
            Self::Ended { .. } => 10,
        }
    }

    /// Whether usage is summed up to its time. What a tracker or a foundry sees is no fact of the hypervisor's: it ends no
    /// piece of constant state, except that a foundry's end is the end.
    #[must_use]
    pub fn ends_a_piece(&self) -> bool {
        !matches!(self, Self::GuestEvent { .. } | Self::Suspected { .. })
    }

    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Born { .. } => "Born",
            Self::StateChanged { .. } => "StateChanged",
            Self::Rebooted => "Rebooted",
            Self::Resized { .. } => "Resized",
            Self::MovedOut { .. } => "MovedOut",
            Self::MovedIn { .. } => "MovedIn",
            Self::AttributeChanged { .. } => "AttributeChanged",
            Self::Suspected { .. } => "Suspected",
            Self::GuestEvent { .. } => "GuestEvent",
            Self::Summary { .. } => "Summary",
            Self::Ended { .. } => "Ended",
        }
    }
}

/// Something that the tracking application saw within the guest, as its server's hypervisor carries it to the ledger.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct GuestReport {
    /// What happened: a [`EventKind::GuestEvent`]. Its number is the tracker's.
    pub event: Event,
    /// Over [`Event::guest_signed_bytes`], by the tracker's key.
    pub signature: Signature,
}

/// An event as its writer signs it, alone or in a batch.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode, TypeInfo)]
pub struct Event {
    /// The server and which of its lives; never a chain.
    pub server: ServerId,
    /// The writer's number for it, per server, from 0 without gaps.
    pub number: u64,
    /// When it happened, as the writer saw it.
    pub occurred_at: Micros,
    /// How that is known.
    pub precision: Precision,
    /// What happened.
    pub event: EventKind,
    /// What the server has consumed, where the source counts it.
    pub meter: Option<Meter>,
    /// SHA-256 of what the source said.
    pub evidence: H256,
    /// More about it, at most 1,024 bytes.
    pub detail: Detail,
}

impl Event {
    /// Its content hash, by which a repeat is told from a conflict: `SHA-256("tierchain/event/1" ‖ SCALE(event))`.
    #[must_use]
    pub fn content_hash(&self) -> H256 {
        sha256(&[b"tierchain/event/1", &self.encode()])
    }

    /// What a tracker signs: `"tierchain/guest-event/1" ‖ genesis hash ‖ SCALE(event)`.
    #[must_use]
    pub fn guest_signed_bytes(&self, genesis: &H256) -> Vec<u8> {
        let mut bytes = b"tierchain/guest-event/1".to_vec();
        genesis.encode_to(&mut bytes);
        self.encode_to(&mut bytes);
        bytes
    }
}
