//! The calls of [`crate::chains`].

use parity_scale_codec::{Decode, Encode, Error, Input};
use scale_info::TypeInfo;
use tierchain_primitives::H256;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::ledger::{Announcement, BirthRequest, Event, EventKind, GuestReport, ServerId, ServerState};
use tierchain_primitives::limits::{BATCH_EVENTS_MAX, EXTRINSIC_BYTES_MAX, GUEST_REPORTS_MAX};
use tierchain_primitives::numbers::Micros;

use super::notes::{DiscrepancyKind, Verdict};
use crate::bounded;
use crate::weights::Weights;

/// Fewer bytes than any event has: server, number, time, precision, kind, meter, evidence and detail.
const EVENT_BYTES_MIN: usize = 20 + 8 + 8 + 1 + 1 + 1 + 32 + 1;

/// Most items of a list that is read at all. A batch with more than it may have is refused by the runtime, with an
/// error on record, not by the decoder with one that nobody can look up.
const ITEMS_READ_MAX: usize = EXTRINSIC_BYTES_MAX / EVENT_BYTES_MIN;

/// What hypervisors, foundries and witnesses ask of entity chains.
#[derive(Clone, PartialEq, Eq, Debug, Encode, TypeInfo)]
pub enum Call {
    /// The hypervisor announces a server before it is born.
    #[codec(index = 0)]
    Announce {
        /// What it is going to be.
        announcement: Announcement,
    },
    /// The foundry sends the tracker's request for a birth block.
    #[codec(index = 1)]
    Birth {
        /// What the tracker asks for.
        request: BirthRequest,
        /// Over [`BirthRequest::signed_bytes`], by the announced tracker's key.
        tracker_signature: Signature,
    },
    /// A writer reports one event. An end is an append of `EventKind::Ended`. A foundry appends `Suspected`, and the
    /// end of an orphan.
    #[codec(index = 2)]
    Append {
        /// What happened.
        event: Event,
    },
    /// A writer reports 1 to 256 events of any servers.
    #[codec(index = 3)]
    AppendBatch {
        /// What happened, in order.
        events: Vec<Event>,
    },
    /// A writer reports an event of a server whose chain has ended.
    #[codec(index = 4)]
    Late {
        /// What happened.
        event: Event,
    },
    /// A hypervisor carries 1 to 64 reports of its servers' trackers.
    #[codec(index = 5)]
    AppendGuest {
        /// What the trackers saw and signed, in order.
        reports: Vec<GuestReport>,
    },
    /// A hypervisor says that it watched its host without a break.
    #[codec(index = 6)]
    Attest {
        /// The host.
        host: H256,
        /// Since when.
        since: Micros,
        /// Up to when.
        until: Micros,
    },
    /// The orchestrator of a server's provider, or the provider, says what it sees.
    #[codec(index = 7)]
    Witness {
        /// The server.
        server: ServerId,
        /// The state that it is in now.
        state: ServerState,
        /// Since when.
        since: Micros,
        /// SHA-256 of what that is known by.
        evidence: H256,
    },
    /// Anybody with a role has a discrepancy noted that the state shows.
    #[codec(index = 8)]
    NoteDiscrepancy {
        /// The server.
        server: ServerId,
        /// Which.
        kind: DiscrepancyKind,
    },
    /// The server's provider settles a discrepancy.
    #[codec(index = 9)]
    Resolve {
        /// The server.
        server: ServerId,
        /// The discrepancy's number among the server's notes.
        note: u32,
        /// Who was right.
        verdict: Verdict,
        /// SHA-256 of what that is known by.
        evidence: H256,
    },
}

impl Call {
    /// Whether it begins or ends lives and does nothing else.
    pub(crate) fn is_milestone(&self) -> bool {
        let ends = |event: &Event| matches!(event.event, EventKind::Ended { .. });
        match self {
            Self::Birth { .. } => true,
            Self::Append { event } => ends(event),
            Self::AppendBatch { events } => events.iter().all(ends),
            _ => false,
        }
    }

    pub(crate) fn weight(&self, weights: &Weights) -> u64 {
        match self {
            Self::Announce { .. } | Self::Late { .. } => weights.plain(self.encoded_size()),
            Self::Birth { .. } => weights.signed_block(),
            Self::Append { .. } => weights.blocks(1),
            Self::AppendBatch { events } if events.len() > BATCH_EVENTS_MAX => weights.plain(self.encoded_size()),
            Self::AppendBatch { events } => weights.blocks(events.len()),
            Self::AppendGuest { reports } if reports.len() > GUEST_REPORTS_MAX => weights.plain(self.encoded_size()),
            Self::AppendGuest { reports } => weights.signed_blocks(reports.len()),
            Self::Attest { .. } | Self::Witness { .. } => weights.plain(self.encoded_size()),
            Self::NoteDiscrepancy { .. } => weights.notes(1),
            Self::Resolve { .. } => weights.notes(NOTES_READ_MAX),
        }
    }
}

/// Most notes that a resolution reads: all of a life's, to tell a repeat.
const NOTES_READ_MAX: usize = super::NOTES_MAX as usize;

impl Decode for Call {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match input.read_byte()? {
            0 => Self::Announce { announcement: Announcement::decode(input)? },
            1 => Self::Birth { request: BirthRequest::decode(input)?, tracker_signature: Signature::decode(input)? },
            2 => Self::Append { event: Event::decode(input)? },
            3 => Self::AppendBatch { events: items(input)? },
            4 => Self::Late { event: Event::decode(input)? },
            5 => Self::AppendGuest { reports: items(input)? },
            6 => Self::Attest {
                host: H256::decode(input)?,
                since: Micros::decode(input)?,
                until: Micros::decode(input)?,
            },
            7 => Self::Witness {
                server: ServerId::decode(input)?,
                state: ServerState::decode(input)?,
                since: Micros::decode(input)?,
                evidence: H256::decode(input)?,
            },
            8 => Self::NoteDiscrepancy { server: ServerId::decode(input)?, kind: DiscrepancyKind::decode(input)? },
            9 => Self::Resolve {
                server: ServerId::decode(input)?,
                note: u32::decode(input)?,
                verdict: Verdict::decode(input)?,
                evidence: H256::decode(input)?,
            },
            _ => return Err("no such call of chains".into()),
        })
    }
}

/// A batch's items: at least one.
fn items<T: Decode, I: Input>(input: &mut I) -> Result<Vec<T>, Error> {
    match bounded::list(input, ITEMS_READ_MAX)? {
        items if items.is_empty() => Err("a batch without items".into()),
        items => Ok(items),
    }
}
