//! What a life consumed, in JSON.

use serde::{Deserialize, Serialize};
use tierchain_primitives::ledger::{self, ServerState};

use super::{Name, Named, U128};

/// Names of the events by wire index, as [`ledger::EventKind::name`] gives them.
const EVENT_NAMES: [&str; ledger::EVENT_KINDS] = [
    "Born",
    "StateChanged",
    "Rebooted",
    "Resized",
    "MovedOut",
    "MovedIn",
    "AttributeChanged",
    "Suspected",
    "GuestEvent",
    "Summary",
    "Ended",
];

/// Everything held and consumed in one life.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// By state, in wire order; all six, also those it never was in.
    pub states: Vec<StateUsage>,
    /// CPU time consumed in microseconds.
    pub cpu_us: U128,
    /// Bytes received.
    pub bytes_in: U128,
    /// Bytes sent.
    pub bytes_out: U128,
    /// How many events of each kind, in wire order; only those that happened.
    pub events: Vec<EventCount>,
    /// Resources were unknown for some of the time.
    pub incomplete: bool,
}

/// What was held while in one state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StateUsage {
    /// The state.
    pub state: Named<ServerState>,
    /// Time in microseconds.
    pub wall_us: U128,
    /// vCPUs x microseconds.
    pub vcpu_us: U128,
    /// MiB of memory x microseconds.
    pub mib_us: U128,
    /// GiB of disk x microseconds.
    pub gib_us: U128,
}

/// How many events of one kind there were.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EventCount {
    /// The event's name.
    pub kind: String,
    /// How many.
    pub count: u32,
}

impl From<&ledger::Usage> for Usage {
    fn from(usage: &ledger::Usage) -> Self {
        let state = |(state, sums): (&ServerState, &ledger::StateUsage)| StateUsage {
            state: Named(*state),
            wall_us: U128(sums.wall_us),
            vcpu_us: U128(sums.vcpu_us),
            mib_us: U128(sums.mib_us),
            gib_us: U128(sums.gib_us),
        };
        let happened = EVENT_NAMES.iter().zip(usage.events).filter(|(_, count)| *count > 0);
        Self {
            states: ServerState::ALL.iter().zip(&usage.states).map(state).collect(),
            cpu_us: U128(usage.cpu_us),
            bytes_in: U128(usage.bytes_in),
            bytes_out: U128(usage.bytes_out),
            events: happened.map(|(kind, count)| EventCount { kind: (*kind).into(), count }).collect(),
            incomplete: usage.incomplete,
        }
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ledger::{EndReason, EventKind};

    use super::*;

    #[test]
    fn event_names_stand_at_their_wire_index() {
        for kind in [EventKind::Rebooted, EventKind::GuestEvent { code: 0 }, EventKind::Suspected { since: 0 }] {
            assert_eq!(EVENT_NAMES[kind.index()], kind.name());
        }
        let last = EventKind::Ended { reason: EndReason::Terminated };
        assert_eq!(EVENT_NAMES[last.index()], last.name());
    }

    #[test]
    fn sums_are_text_and_only_what_happened_is_counted() {
        let mut usage = ledger::Usage::default();
        usage.states[1].wall_us = u128::MAX;
        usage.events[2] = 3;
        let value = serde_json::to_value(Usage::from(&usage)).expect("JSON");
        assert_eq!(value["states"][1]["state"], "PAUSED");
        assert_eq!(value["states"][1]["wallUs"], u128::MAX.to_string());
        assert_eq!(value["events"], serde_json::json!([{"kind": "Rebooted", "count": 3}]));
        assert_eq!(serde_json::from_value::<Usage>(value).expect("a usage"), Usage::from(&usage));
    }
}
