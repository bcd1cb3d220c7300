//! Recorded libvirt domain events: one JSON object a line, of kind `lifecycle`, `reboot` or `info`.
//!
//! Event and detail numbers are those of `libvirt-domain.h` 9.0. Events and details that came later are noise.

use serde::Deserialize;
use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{Precision, Resources, ServerState, Uuid};
use tierchain_primitives::numbers::Micros;

use crate::sighting::{Garbage, Info, Parsed, Sighting, Sign};

#[derive(Deserialize)]
struct Native {
    kind: String,
    time_us: Micros,
    name: Option<String>,
    uuid: String,
    #[serde(default = "off")]
    id: i64,
    event: Option<u32>,
    detail: Option<u32>,
    info: Option<NativeInfo>,
}

/// The domain id of a domain that is off.
fn off() -> i64 {
    -1
}

#[derive(Deserialize)]
struct NativeInfo {
    mem_kib: u64,
    vcpus: u32,
    cpu_time_ns: u64,
}

/// Reads one line.
///
/// # Errors
/// [`Garbage`] when it isn't a JSON object with the fields of its kind.
pub(super) fn parse(line: &str) -> Result<Parsed, Garbage> {
    let native: Native = serde_json::from_str(line).map_err(|error| Garbage::new(error.to_string()))?;
    let uuid: Uuid = native.uuid.parse().map_err(|error| Garbage::new(format!("{error}")))?;
    let missing = |field: &str| Garbage::new(format!("a line of kind {} without {field:?}", native.kind));
    let known = match native.kind.as_str() {
        "lifecycle" => {
            let event = native.event.ok_or_else(|| missing("event"))?;
            lifecycle(event, native.detail.ok_or_else(|| missing("detail"))?)
        }
        "reboot" => Some((Sign::Rebooted, "REBOOT")),
        "info" => {
            let info = native.info.as_ref().ok_or_else(|| missing("info"))?;
            Some((Sign::Info(figures(native.id, info)), ""))
        }
        _ => None,
    };
    let Some((sign, words)) = known else { return Ok(Parsed::Noise(native.time_us)) };
    Ok(Parsed::Sighting(Box::new(Sighting {
        uuid,
        time: native.time_us,
        precision: Precision::Replayed,
        evidence: sha256(&[line.as_bytes()]),
        words: format!("libvirt:{words}"),
        name: native.name,
        tenant: None,
        sign,
    })))
}

fn figures(id: i64, info: &NativeInfo) -> Info {
    Info {
        start: (id >= 0).then_some(id),
        resources: Resources { vcpus: info.vcpus, memory_mib: info.mem_kib.div_ceil(1024), disk_gib: 0 },
        cpu_ns: info.cpu_time_ns,
    }
}

/// What a lifecycle event says, with its name; none for one that changes nothing here.
fn lifecycle(event: u32, detail: u32) -> Option<(Sign, &'static str)> {
    use ServerState::{Crashed, Paused, Stopped, SuspendedToDisk, SuspendedToRam};
    Some(match (event, detail) {
        (0, 0) => (Sign::Defined, "DEFINED/ADDED"),
        (1, 0) => (Sign::Undefined, "UNDEFINED/REMOVED"),
        (2, 0) => (Sign::Started, "STARTED/BOOTED"),
        (2, 1) => (Sign::Started, "STARTED/MIGRATED"),
        (2, 2) => (Sign::Started, "STARTED/RESTORED"),
        (2, 3) => (Sign::Started, "STARTED/FROM_SNAPSHOT"),
        (2, 4) => (Sign::Started, "STARTED/WAKEUP"),
        (3, 0) => (Sign::Changed(Paused), "SUSPENDED/PAUSED"),
        (3, 2) => (Sign::Changed(Paused), "SUSPENDED/IOERROR"),
        (3, 3) => (Sign::Changed(Paused), "SUSPENDED/WATCHDOG"),
        (3, 4) => (Sign::Changed(Paused), "SUSPENDED/RESTORED"),
        (3, 5) => (Sign::Changed(Paused), "SUSPENDED/FROM_SNAPSHOT"),
        (3, 6) => (Sign::Changed(Paused), "SUSPENDED/API_ERROR"),
        (3, 8) => (Sign::Changed(Paused), "SUSPENDED/POSTCOPY_FAILED"),
        (4, 0) => (Sign::Resumed, "RESUMED/UNPAUSED"),
        (4, 1) => (Sign::Resumed, "RESUMED/MIGRATED"),
        (4, 2) => (Sign::Resumed, "RESUMED/FROM_SNAPSHOT"),
        (4, 3 | 4) => (Sign::Resumed, "RESUMED/POSTCOPY"),
        (5, 0) => (Sign::Stopped(Stopped), "STOPPED/SHUTDOWN"),
        (5, 1) => (Sign::Stopped(Stopped), "STOPPED/DESTROYED"),
        (5, 2) => (Sign::Stopped(Crashed), "STOPPED/CRASHED"),
        (5, 3) => (Sign::MovedOut { to: H256::ZERO }, "STOPPED/MIGRATED"),
        (5, 4) => (Sign::Stopped(SuspendedToDisk), "STOPPED/SAVED"),
        (5, 5) => (Sign::Stopped(Crashed), "STOPPED/FAILED"),
        (5, 6) => (Sign::Stopped(Stopped), "STOPPED/FROM_SNAPSHOT"),
        (6, 1) => (Sign::Cause("guest"), "SHUTDOWN/GUEST"),
        (6, 2) => (Sign::Cause("host"), "SHUTDOWN/HOST"),
        (7, 0) => (Sign::Changed(SuspendedToRam), "PMSUSPENDED/MEMORY"),
        (7, 1) => (Sign::Changed(SuspendedToDisk), "PMSUSPENDED/DISK"),
        (8, 0) => (Sign::Changed(Crashed), "CRASHED/PANICKED"),
        (8, 1) => (Sign::Changed(Crashed), "CRASHED/CRASHLOADED"),
        // A migration's suspension isn't a pause (3/1, 3/7): what follows says whether it left or goes on. Updated
        // and renamed configurations (0/1.., 1/1) and a finished shutdown (6/0) leave the state.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(line: &str) -> Option<Sign> {
        match parse(line).expect("a line of libvirt's") {
            Parsed::Sighting(sighting) => Some(sighting.sign),
            Parsed::Noise(_) => None,
        }
    }

    #[test]
    fn lines_of_every_kind_are_read() {
        let head = r#""time_us": 7, "name": "n", "uuid": "5e0f2c3a-7d41-4a8e-9b10-000000000001", "id": -1"#;
        let lifecycle = |event: u32, detail: u32| {
            sign(&format!(r#"{{"kind": "lifecycle", {head}, "event": {event}, "detail": {detail}}}"#))
        };
        assert_eq!(lifecycle(0, 0), Some(Sign::Defined));
        assert_eq!(lifecycle(5, 5), Some(Sign::Stopped(ServerState::Crashed)));
        assert_eq!(lifecycle(6, 1), Some(Sign::Cause("guest")));
        assert_eq!((lifecycle(3, 1), lifecycle(0, 1), lifecycle(77, 0)), (None, None, None));
        assert_eq!(sign(&format!(r#"{{"kind": "reboot", {head}}}"#)), Some(Sign::Rebooted));
        assert_eq!(sign(&format!(r#"{{"kind": "balloon", {head}}}"#)), None);
        let info = r#""info": {"state": 5, "mem_kib": 49153, "vcpus": 2, "cpu_time_ns": 3}"#;
        let resources = Resources { vcpus: 2, memory_mib: 49, disk_gib: 0 };
        let expected = Sign::Info(Info { start: None, resources, cpu_ns: 3 });
        assert_eq!(sign(&format!(r#"{{"kind": "info", {head}, {info}}}"#)), Some(expected));
    }

    #[test]
    fn what_is_no_line_of_libvirts_is_garbage() {
        let cases = [
            "",
            "[]",
            "{\"kind\": \"lifecycle\"",
            r#"{"kind": "lifecycle", "time_us": -1, "uuid": "5e0f2c3a-7d41-4a8e-9b10-000000000001"}"#,
            r#"{"kind": "lifecycle", "time_us": 1, "uuid": "5e0f2c3a-7d41-4a8e-9b10-000000000001"}"#,
            r#"{"kind": "lifecycle", "time_us": 1, "uuid": "amf-0", "event": 0, "detail": 0}"#,
        ];
        for line in cases {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
