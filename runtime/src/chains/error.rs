//! Why a call on chains fails. The call is on record, and nothing changed but its signer's nonce.

/// The errors of [`crate::chains`]; the number is the wire index, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The server has no such life.
    NotBorn = 0,
    /// The server wasn't announced before its birth.
    NotAnnounced = 1,
    /// Another account announced the server with the same tracker's key.
    AlreadyAnnounced = 2,
    /// The life has begun, with other contents.
    AlreadyBorn = 3,
    /// The birth names another predecessor than the newest life's end.
    UnknownPrevious = 4,
    /// The newest life hasn't ended.
    PreviousAlive = 5,
    /// The generation isn't the next one of the server.
    WrongGeneration = 6,
    /// The tracker's signature doesn't hold.
    BadTrackerSignature = 7,
    /// The writer used that number for another event.
    SequenceConflict = 8,
    /// The writer left numbers out.
    SequenceGap = 9,
    /// The chain has ended.
    ChainEnded = 10,
    /// The chain hasn't ended.
    ChainAlive = 11,
    /// The chain has no block number left.
    ChainFull = 12,
    /// The event is too far ahead of the block's time.
    TimeInFuture = 13,
    /// The event is older than the server, or a birth older than the end it follows.
    TimeBeforeBirth = 14,
    /// The event is older than the same writer's previous one.
    TimeWentBack = 15,
    /// The detail is too long.
    DetailTooLong = 16,
    /// The chain takes no events of recordings.
    ReplayNotAllowed = 17,
    /// No writer may append an event of that kind.
    EventNotAllowed = 18,
    /// A meter shows less than before.
    UsageDecreased = 19,
    /// The server isn't moving from that host to the writer's.
    NotMoving = 20,
    /// The batch has more items than one may have.
    BatchTooLong = 21,
    /// A guest event came without its tracker's signature.
    NotTheTracker = 22,
    /// What a tracker reports is no guest event.
    NotAGuestEvent = 23,
    /// A tracker or a foundry meters nothing.
    MeterNotAllowed = 24,
    /// A meter shows more CPU time than the server's vCPUs had.
    UsageExceedsWall = 25,
    /// A declared relation names a server that isn't on the ledger.
    UnknownRelative = 26,
    /// The relation isn't one that an announcement declares.
    RelationNotAllowed = 27,
    /// The server is on its way to the writer's host and hasn't arrived.
    ArrivalMissing = 28,
    /// The server's host has given a sign of life within the bound.
    HostNotSilent = 29,
    /// The server is suspected already.
    AlreadySuspected = 30,
    /// The server isn't suspected, or its host has given a sign of life since.
    NotSuspected = 31,
    /// The suspicion hasn't stood for as long as it must.
    NotSuspectedLongEnough = 32,
    /// The interval ends before it begins.
    IntervalBackwards = 33,
    /// The host has as many gaps as can be numbered.
    TooManyGaps = 34,
    /// The account has no role.
    NoRole = 35,
    /// The state shows no such discrepancy.
    NoDiscrepancy = 36,
    /// A discrepancy of the kind is open.
    AlreadyNoted = 37,
    /// The life has as many notes as it may have.
    TooManyNotes = 38,
    /// There is no such note beside the chain.
    UnknownNote = 39,
    /// The note is no discrepancy.
    NotADiscrepancy = 40,
    /// The discrepancy is settled.
    AlreadyResolved = 41,
    /// The server's earlier lives are another provider's.
    OtherProvider = 42,
    /// As many accounts have announced the server as may, or as many of its data center.
    TooManyAnnouncements = 43,
}

impl Error {
    /// All errors, in wire order.
    pub const ALL: [Self; 44] = [
        Self::NotBorn,
        Self::NotAnnounced,
        Self::AlreadyAnnounced,
        Self::AlreadyBorn,
        Self::UnknownPrevious,
        Self::PreviousAlive,
        Self::WrongGeneration,
        Self::BadTrackerSignature,
        Self::SequenceConflict,
        Self::SequenceGap,
        Self::ChainEnded,
        Self::ChainAlive,
        Self::ChainFull,
        Self::TimeInFuture,
        Self::TimeBeforeBirth,
        Self::TimeWentBack,
        Self::DetailTooLong,
        Self::ReplayNotAllowed,
        Self::EventNotAllowed,
        Self::UsageDecreased,
        Self::NotMoving,
        Self::BatchTooLong,
        Self::NotTheTracker,
        Self::NotAGuestEvent,
        Self::MeterNotAllowed,
        Self::UsageExceedsWall,
        Self::UnknownRelative,
        Self::RelationNotAllowed,
        Self::ArrivalMissing,
        Self::HostNotSilent,
        Self::AlreadySuspected,
        Self::NotSuspected,
        Self::NotSuspectedLongEnough,
        Self::IntervalBackwards,
        Self::TooManyGaps,
        Self::NoRole,
        Self::NoDiscrepancy,
        Self::AlreadyNoted,
        Self::TooManyNotes,
        Self::UnknownNote,
        Self::NotADiscrepancy,
        Self::AlreadyResolved,
        Self::OtherProvider,
        Self::TooManyAnnouncements,
    ];

    /// The name in the metadata.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotBorn => "NotBorn",
            Self::NotAnnounced => "NotAnnounced",
            Self::AlreadyAnnounced => "AlreadyAnnounced",
            Self::AlreadyBorn => "AlreadyBorn",
            Self::UnknownPrevious => "UnknownPrevious",
            Self::PreviousAlive => "PreviousAlive",
            Self::WrongGeneration => "WrongGeneration",
            Self::BadTrackerSignature => "BadTrackerSignature",
            Self::SequenceConflict => "SequenceConflict",
            Self::SequenceGap => "SequenceGap",
            Self::ChainEnded => "ChainEnded",
            Self::ChainAlive => "ChainAlive",
            Self::ChainFull => "ChainFull",
            Self::TimeInFuture => "TimeInFuture",
            Self::TimeBeforeBirth => "TimeBeforeBirth",
            Self::TimeWentBack => "TimeWentBack",
            Self::DetailTooLong => "DetailTooLong",
            Self::ReplayNotAllowed => "ReplayNotAllowed",
            Self::EventNotAllowed => "EventNotAllowed",
            Self::UsageDecreased => "UsageDecreased",
            Self::NotMoving => "NotMoving",
            Self::BatchTooLong => "BatchTooLong",
            Self::NotTheTracker => "NotTheTracker",
            Self::NotAGuestEvent => "NotAGuestEvent",
            Self::MeterNotAllowed => "MeterNotAllowed",
            Self::UsageExceedsWall => "UsageExceedsWall",
            Self::UnknownRelative => "UnknownRelative",
            Self::RelationNotAllowed => "RelationNotAllowed",
            Self::ArrivalMissing => "ArrivalMissing",
            Self::HostNotSilent => "HostNotSilent",
            Self::AlreadySuspected => "AlreadySuspected",
            Self::NotSuspected => "NotSuspected",
            Self::NotSuspectedLongEnough => "NotSuspectedLongEnough",
            Self::IntervalBackwards => "IntervalBackwards",
            Self::TooManyGaps => "TooManyGaps",
            Self::NoRole => "NoRole",
            Self::NoDiscrepancy => "NoDiscrepancy",
            Self::AlreadyNoted => "AlreadyNoted",
            Self::TooManyNotes => "TooManyNotes",
            Self::UnknownNote => "UnknownNote",
            Self::NotADiscrepancy => "NotADiscrepancy",
            Self::AlreadyResolved => "AlreadyResolved",
            Self::OtherProvider => "OtherProvider",
            Self::TooManyAnnouncements => "TooManyAnnouncements",
        }
    }

    /// What it means and what to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NotBorn => {
                "The server has no such life on this ledger. Send its birth first; check UUID and generation."
            }
            Self::NotAnnounced => {
                "The server wasn't announced. Have the hypervisor announce it, then send the birth again."
            }
            Self::AlreadyAnnounced => {
                "Another account announced this server with the same tracker's key, by which its birth is known. Check the \
                 UUID, sign with that account, or give the tracker a key of its own."
            }
            Self::AlreadyBorn => {
                "This life has begun with other contents. Go on with its chain; for a new life, name the end hash of \
                 the newest one as previous."
            }
            Self::UnknownPrevious => {
                "The birth doesn't name the end hash of the server's newest life (none for its first). Read it with \
                 chains_get and send the birth again."
            }
            Self::PreviousAlive => {
                "The server's newest life hasn't ended. Append its end first, then send the birth again."
            }
            Self::WrongGeneration => {
                "The generation isn't the server's next one: they count from 0 without gaps. Read the newest with \
                 chains_get."
            }
            Self::BadTrackerSignature => {
                "The announced tracker's key didn't sign this birth request for this network. Check the genesis hash, \
                 the key, and that the request is unchanged."
            }
            Self::SequenceConflict => {
                "The writer used this number for another event of this server, which stands. Never reuse a number: go \
                 on with the writer's next number (chains_get)."
            }
            Self::SequenceGap => {
                "The event's number isn't the writer's next one for this server (chains_get gives it). Send the events \
                 in between first."
            }
            Self::ChainEnded => "The chain has ended and takes no block. Send what comes late with chains.late.",
            Self::ChainAlive => "The chain hasn't ended. Send its events with chains.append; anchor it after its end.",
            Self::ChainFull => {
                "The chain has no block number left. End it with reason Rollover and go on in a successor."
            }
            Self::TimeInFuture => {
                "The event is further ahead of the block's time than the drift bound allows. Set the writer's clock \
                 (NTP), then send it again."
            }
            Self::TimeBeforeBirth => {
                "The event is older than the server's birth, or the birth is older than the end it follows. Check the \
                 times at their source."
            }
            Self::TimeWentBack => {
                "The event is older than the same writer's previous one for this server. Send events in the order in \
                 which they happened."
            }
            Self::DetailTooLong => {
                "The detail has more than 1,024 bytes. Shorten it; its evidence hash stands for the rest."
            }
            Self::ReplayNotAllowed => {
                "This network takes no events of recordings. Replay them on a network whose genesis says allow_replay."
            }
            Self::EventNotAllowed => {
                "No writer may append an event of this kind here: births come by chains.birth, and a foundry's events \
                 by chains.append on a living chain."
            }
            Self::UsageDecreased => {
                "A meter shows less than at an earlier event of this life. Send counts since the birth, which never \
                 decrease."
            }
            Self::NotMoving => {
                "No move of the server from that host to this writer's host has been reported. Have the old host's \
                 agent append MovedOut first."
            }
            Self::BatchTooLong => {
                "The batch has more items than one may have: 256 events, 64 guest reports. Send it in parts."
            }
            Self::NotTheTracker => {
                "A guest event is its tracker's to sign: have the server's tracker sign it, and carry it with chains.append_guest."
            }
            Self::NotAGuestEvent => {
                "A tracker reports guest events only. What happens to the server itself is the hypervisor's to append."
            }
            Self::MeterNotAllowed => "Only the hypervisor meters a server. Send the event without a meter.",
            Self::UsageExceedsWall => {
                "The meter shows more CPU time than the server's vCPUs had since its birth. Check what the source counts, and that \
                 every resize was sent before."
            }
            Self::UnknownRelative => {
                "The announcement declares a relation to a life that isn't on this ledger. Check its UUID and generation, or announce \
                 the server without it."
            }
            Self::RelationNotAllowed => {
                "A predecessor isn't declared: the ledger knows a server's earlier lives itself. Declare Parent, ScaledFrom or \
                 MovedFrom only."
            }
            Self::ArrivalMissing => {
                "The server is moving to this writer's host. Append MovedIn first; from then on the host writes its events."
            }
            Self::HostNotSilent => {
                "The server's host gave a sign of life less than the silence bound ago (chains.parameters). Wait, and look again \
                 whether it is silent."
            }
            Self::AlreadySuspected => {
                "A suspicion of this server stands. Wait for a sign of life, or give the server up when the silence bound is over \
                 again."
            }
            Self::NotSuspected => {
                "No suspicion of this server stands. Append Suspected first, and give the host the silence bound to answer."
            }
            Self::NotSuspectedLongEnough => {
                "The suspicion must stand for the silence bound before the server is given up. Wait, then send the end again."
            }
            Self::IntervalBackwards => {
                "The attested interval ends before it begins. Send since and until in this order."
            }
            Self::TooManyGaps => {
                "The host has as many gaps in its attestations as can be numbered. Register it anew under another id."
            }
            Self::NoRole => {
                "Only an account with a role may have a discrepancy noted. Have a quorum of operators grant it one: auditor is enough."
            }
            Self::NoDiscrepancy => {
                "The state shows no discrepancy of that kind, or none that has stood long enough (chains.parameters). Nothing is \
                 noted that the ledger can't see."
            }
            Self::AlreadyNoted => {
                "Another account had a discrepancy of this kind noted, which is open. Read it with chains_notes."
            }
            Self::TooManyNotes => {
                "There is no room for another discrepancy beside this chain: 1,024 notes, and one is kept for each resolution. \
                 Roll the chain over."
            }
            Self::UnknownNote => "The life has no note of that number. Read its notes with chains_notes.",
            Self::NotADiscrepancy => {
                "The note is a resolution, and only discrepancies are resolved. Read the life's notes with chains_notes."
            }
            Self::AlreadyResolved => {
                "The discrepancy was settled otherwise, and that stands. Read the resolution with chains_notes."
            }
            Self::OtherProvider => {
                "The server's earlier lives are another provider's, and a UUID stays with its provider. Give the server a \
                 UUID of its own, or name that provider (chains_get)."
            }
            Self::TooManyAnnouncements => {
                "As many accounts have announced this server as may: 24, and 4 of one data center. None of them has had it \
                 born. Give the server a UUID of its own, and ask those of the data center what they are about."
            }
        }
    }
}
