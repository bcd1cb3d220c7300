//! Why a call on chains fails. The call is on record, and nothing changed but its signer's nonce.

/// The errors of [`crate::chains`]; the number is the wire index, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The server has no such life.
    NotBorn = 0,
    /// The server wasn't announced before its birth.
    NotAnnounced = 1,
    /// Somebody else announced the server.
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
}

impl Error {
    /// All errors, in wire order.
    pub const ALL: [Self; 21] = [
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
                "Another account announced this server. Only that account may announce it anew: check the UUID, or \
                 sign with that account."
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
                "No writer may append an event of this kind: births come by chains.birth, and giving up an orphan is \
                 the foundry's."
            }
            Self::UsageDecreased => {
                "A meter shows less than at an earlier event of this life. Send counts since the birth, which never \
                 decrease."
            }
            Self::NotMoving => {
                "No move of the server from that host to this writer's host has been reported. Have the old host's \
                 agent append MovedOut first."
            }
        }
    }
}
