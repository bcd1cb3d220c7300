//! The calls of [`crate::chains`].

use parity_scale_codec::{Decode, Encode, Error, Input};
use scale_info::TypeInfo;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::ledger::{Announcement, BirthRequest, Event, EventKind};
use tierchain_primitives::limits::BATCH_EVENTS_MAX;

use crate::bounded;
use crate::weights::Weights;

/// What hypervisors and foundries ask of entity chains.
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
    /// A writer reports one event. An end is an append of `EventKind::Ended`.
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
            Self::AppendBatch { events } => weights.blocks(events.len()),
        }
    }
}

impl Decode for Call {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match input.read_byte()? {
            0 => Self::Announce { announcement: Announcement::decode(input)? },
            1 => Self::Birth { request: BirthRequest::decode(input)?, tracker_signature: Signature::decode(input)? },
            2 => Self::Append { event: Event::decode(input)? },
            3 => match bounded::list(input, BATCH_EVENTS_MAX)? {
                events if events.is_empty() => return Err("a batch without events".into()),
                events => Self::AppendBatch { events },
            },
            4 => Self::Late { event: Event::decode(input)? },
            _ => return Err("no such call of chains".into()),
        })
    }
}
