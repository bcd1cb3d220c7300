//! What a host saw of its own servers: the lines of its event log, one JSON object each.
//!
//! The host writes them ([`Line`]) and reads them again after a restart, so that this log is a source like any other:
//! the same rule makes records of it, and a line's SHA-256 is the evidence of the block it leads to.

use parity_scale_codec::{DecodeAll, Encode};
use serde::{Deserialize, Serialize};
use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{Precision, Resources, ServerState, Uuid};
use tierchain_primitives::numbers::Micros;

use crate::sighting::{Arrival, Declared, Garbage, Info, Parsed, Sighting, Sign};

/// What all of this source's words begin with.
pub(crate) const WORDS: &str = "process:";

/// What a block of a departure says before the sealed key.
pub(crate) const MOVED_OUT: &str = "MOVED OUT, cold: stopped here, starts anew from its image; its disk and memory stay behind; its tracker's key, sealed: ";

/// One line of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    /// When, on the host's clock.
    pub(crate) time_us: Micros,
    /// Of which server.
    #[serde(with = "text")]
    pub(crate) uuid: Uuid,
    /// Whether it was found out afterwards: the time is then that of the look that found it.
    #[serde(default)]
    pub(crate) reconciled: bool,
    /// What.
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What a line says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum What {
    /// A directive ordered it, and its tracker has shown its key.
    Ordered {
        /// Which directive.
        directive: u64,
        /// SCALE of [`Declared`] in hexadecimal digits.
        declared: String,
    },
    /// Its processes were started.
    Started,
    /// They are stopped and keep their memory.
    Paused,
    /// They go on.
    Resumed,
    /// They are gone, and nobody ordered that.
    Crashed {
        /// How the first of them ended, where that is known.
        how: String,
    },
    /// They were ended for good.
    Destroyed {
        /// Which directive ordered it.
        directive: u64,
    },
    /// They were stopped, and the server goes to another host: it starts anew there, from its image.
    MovedOut {
        /// How.
        #[serde(flatten)]
        course: Course,
        /// Until when the other host may take it; then it is called back.
        until_us: Micros,
        /// Its tracker's key, sealed for the other host ([`crate::seal`]), in hexadecimal digits.
        key: String,
    },
    /// The other host didn't take it: it goes on here.
    CalledOff {
        /// The move.
        #[serde(flatten)]
        course: Course,
    },
    /// It is at the other host.
    Left {
        /// Which directive moved it.
        directive: u64,
    },
    /// It is on its way here, and can run here: its arrival is going to be said.
    Arriving {
        /// SCALE of [`Arrival`] in hexadecimal digits.
        arrival: String,
    },
    /// The ledger has taken its arrival.
    Arrived {
        /// As it was in the line that said that it is on its way.
        arrival: String,
    },
    /// It was called back before it arrived.
    Withdrawn {
        /// Which directive would have moved it.
        directive: u64,
    },
    /// Figures.
    Info {
        /// What it is given.
        vcpus: u32,
        /// What it is given, in MiB.
        memory_mib: u64,
        /// What it is given, in GiB.
        disk_gib: u64,
        /// CPU time of all its processes, in microseconds.
        cpu_us: u64,
        /// Resident memory of all its processes, in KiB.
        rss_kib: u64,
    },
}

/// A move as its source sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Course {
    /// Which directive asked for it.
    pub(crate) directive: u64,
    /// Which of the server's lives.
    pub(crate) generation: u32,
    /// Where to; back to its own host in a line that calls it off.
    #[serde(with = "hash")]
    pub(crate) to: H256,
    /// Blocks of its chain that were seen before: this line's block is a later one.
    pub(crate) length: u32,
}

impl What {
    /// A line about a server on its way here.
    pub(crate) fn arriving(arrival: &Arrival) -> Self {
        Self::Arriving { arrival: hex::encode(arrival.encode()) }
    }

    /// A line about its arrival.
    pub(crate) fn arrived(arrival: &Arrival) -> Self {
        Self::Arrived { arrival: hex::encode(arrival.encode()) }
    }

    /// Who comes or came here, where the line says it.
    pub(crate) fn arrival(&self) -> Option<Arrival> {
        match self {
            Self::Arriving { arrival } | Self::Arrived { arrival } => {
                Arrival::decode_all(&mut hex::decode(arrival).ok()?.as_slice()).ok()
            }
            _ => None,
        }
    }

    /// A line about an order.
    pub(crate) fn ordered(directive: u64, declared: &Declared) -> Self {
        Self::Ordered { directive, declared: hex::encode(declared.encode()) }
    }

    /// What was ordered, where the line says it.
    pub(crate) fn declared(&self) -> Option<Declared> {
        match self {
            Self::Ordered { declared, .. } => Declared::decode_all(&mut hex::decode(declared).ok()?.as_slice()).ok(),
            _ => None,
        }
    }
}

/// Reads one line.
///
/// # Errors
/// [`Garbage`] when no host writes such a line.
pub(super) fn parse(text: &str) -> Result<Parsed, Garbage> {
    let line: Line = serde_json::from_str(text).map_err(|error| Garbage::new(error.to_string()))?;
    let (sign, words) = match &line.what {
        What::Ordered { .. } => {
            let declared = line.what.declared().ok_or_else(|| Garbage::new("its order can't be decoded"))?;
            (Sign::Ordered(Box::new(declared)), "ORDERED".to_owned())
        }
        What::Started => (Sign::Started, "STARTED".to_owned()),
        What::Paused => (Sign::Changed(ServerState::Paused), "STOPPED BY SIGNAL".to_owned()),
        What::Resumed => (Sign::Resumed, "CONTINUED".to_owned()),
        What::Crashed { how } => (Sign::Changed(ServerState::Crashed), format!("GONE: {how}")),
        What::Destroyed { directive } => (Sign::Destroyed, format!("DESTROYED by directive {directive}")),
        What::MovedOut { course, key, .. } => (Sign::MovedOut { to: course.to }, format!("{MOVED_OUT}{key}")),
        What::CalledOff { course } => (
            Sign::MovedOut { to: course.to },
            "MOVE CALLED OFF: it wasn't taken over in time; starts again here, from its own disk".to_owned(),
        ),
        What::Left { directive } => (Sign::Left, format!("LEFT by directive {directive}")),
        What::Arrived { .. } => {
            let arrival = line.what.arrival().ok_or_else(|| Garbage::new("its arrival can't be decoded"))?;
            (Sign::Arrived(Box::new(arrival)), "ARRIVED".to_owned())
        }
        // Nothing of it is the server's life: its arrival is said when the ledger has taken it.
        What::Arriving { .. } | What::Withdrawn { .. } => return Ok(Parsed::Noise(line.time_us)),
        What::Info { vcpus, memory_mib, disk_gib, cpu_us, .. } => {
            let resources = Resources { vcpus: *vcpus, memory_mib: *memory_mib, disk_gib: *disk_gib };
            // There is one start a life: its processes are never started again.
            (Sign::Info(Info { start: Some(0), resources, cpu_ns: cpu_us.saturating_mul(1_000) }), String::new())
        }
    };
    Ok(Parsed::Sighting(Box::new(Sighting {
        uuid: line.uuid,
        time: line.time_us,
        precision: if line.reconciled { Precision::Reconciled } else { Precision::Event },
        evidence: sha256(&[text.as_bytes()]),
        words: format!("{WORDS}{words}"),
        name: None,
        tenant: None,
        sign,
    })))
}

/// Hashes as text.
mod hash {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use tierchain_primitives::H256;

    use crate::channel::bytes32;

    pub(super) fn serialize<S: Serializer>(hash: &H256, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(hash.0))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<H256, D::Error> {
        let text = String::deserialize(deserializer)?;
        bytes32(&text).map(H256).ok_or_else(|| D::Error::custom("a hash has 64 hexadecimal digits"))
    }
}

/// UUIDs as text.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use tierchain_primitives::ledger::Uuid;

    pub(super) fn serialize<S: Serializer>(uuid: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(uuid)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::AccountId;
    use tierchain_primitives::ledger::{Etsi, Ownership, Relations, ServerId};

    use super::*;

    fn declared() -> Declared {
        let resources = Resources { vcpus: 2, memory_mib: 64, disk_gib: 0 };
        let ownership = Ownership { provider: H256([1; 32]), tenant: H256([2; 32]), service: H256([3; 32]) };
        let (etsi, relations) = (Etsi::default(), Relations::default());
        Declared { image: H256([4; 32]), resources, tracker: AccountId([5; 32]), ownership, etsi, relations }
    }

    fn course() -> Course {
        Course { directive: 5, generation: 1, to: H256([7; 32]), length: 4 }
    }

    fn arrival() -> Arrival {
        Arrival {
            server: ServerId { uuid: Uuid([6; 16]), generation: 1 },
            directive: 5,
            from: H256([7; 32]),
            length: 4,
            number: 0,
            born: 1,
            evidence: H256([8; 32]),
            cpu_us: 2,
            report: 3,
            reported: 4,
            declared: declared(),
        }
    }

    #[test]
    fn what_the_host_writes_is_read_again() {
        let info = What::Info { vcpus: 2, memory_mib: 64, disk_gib: 0, cpu_us: 7, rss_kib: 9 };
        let whats = [
            What::ordered(3, &declared()),
            What::Started,
            What::Paused,
            What::Resumed,
            What::Crashed { how: "signal 9".into() },
            What::Destroyed { directive: 4 },
            info,
            What::MovedOut { course: course(), until_us: 9, key: "ab".into() },
            What::CalledOff { course: course() },
            What::Left { directive: 5 },
            What::arrived(&arrival()),
        ];
        let (mut told, mut kinds) = (Vec::new(), Vec::new());
        for what in whats {
            let line = Line { time_us: 7, uuid: Uuid([6; 16]), reconciled: what == What::Paused, what };
            let text = serde_json::to_string(&line).expect("JSON");
            assert_eq!(serde_json::from_str::<Line>(&text).expect("a line"), line);
            let Parsed::Sighting(sighting) = parse(&text).expect("a line") else { panic!("noise: {text}") };
            assert_eq!((sighting.time, sighting.uuid), (7, Uuid([6; 16])));
            assert_eq!(sighting.precision == Precision::Reconciled, line.reconciled);
            told.push(sighting.words);
            kinds.push(sighting.sign);
        }
        assert_eq!(kinds[0], Sign::Ordered(Box::new(declared())));
        assert_eq!(kinds[7..9], [Sign::MovedOut { to: H256([7; 32]) }, Sign::MovedOut { to: H256([7; 32]) }]);
        assert_eq!(kinds[9..], [Sign::Left, Sign::Arrived(Box::new(arrival()))]);
        assert!(told[7].starts_with(&format!("{WORDS}{MOVED_OUT}")) && told[7].ends_with("ab"));
        for what in [What::arriving(&arrival()), What::Withdrawn { directive: 5 }] {
            let line = Line { time_us: 7, uuid: Uuid([6; 16]), reconciled: false, what };
            let text = serde_json::to_string(&line).expect("JSON");
            assert_eq!(serde_json::from_str::<Line>(&text).expect("a line"), line);
            assert_eq!(parse(&text), Ok(Parsed::Noise(7)));
        }
        assert_eq!(kinds[4], Sign::Changed(ServerState::Crashed));
        assert_eq!(told[4..6], ["process:GONE: signal 9", "process:DESTROYED by directive 4"]);
    }

    #[test]
    fn what_no_host_writes_is_garbage() {
        let uuid = "5e0f2c3a-7d41-4a8e-9b10-000000000001";
        for text in [
            String::new(),
            format!(r#"{{"time_us":1,"uuid":"{uuid}"}}"#),
            format!(r#"{{"time_us":1,"uuid":"{uuid}","kind":"ordered","directive":1,"declared":"00"}}"#),
            r#"{"time_us":1,"uuid":"x","kind":"started"}"#.into(),
            format!(r#"{{"time_us":-1,"uuid":"{uuid}","kind":"started"}}"#),
        ] {
            assert!(parse(&text).is_err(), "{text}");
        }
    }
}
