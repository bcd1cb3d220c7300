//! The channel between a host's agent and its guests, taken from the agent's sources: a guest is a stranger's machine, and
//! its host serves others too.

#[allow(dead_code)]
#[path = "../../agent/src/host/guests.rs"]
mod guests;

use guests::Guests;
use parity_scale_codec::Encode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tierchain_primitives::ledger::{BirthRequest, GuestReport, Uuid};
use tierchain_primitives::limits::GUEST_REPORTS_MAX;
use tierchain_primitives::{AccountId, H256};

use crate::channel::{LINE_BYTES_MAX, ToAgent, ToGuest, bytes32, line, scale};

/// The guest that speaks.
const GUEST: Uuid = Uuid([6; 16]);

/// Lines of a connection, each read by either side. All that its tracker reports is carried, some at a time.
pub fn fuzz_channel(bytes: &[u8]) {
    let mut guests = Guests::default();
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| line.len() <= LINE_BYTES_MAX).collect();
    for line in &lines {
        read::<ToAgent>(line).into_iter().for_each(|message| heard(&mut guests, message));
        read::<ToGuest>(line).into_iter().for_each(told);
    }
    let mut rounds = 0;
    while let Some(reports) = guests.next(GUEST) {
        assert!(!reports.is_empty() && reports.len() <= GUEST_REPORTS_MAX);
        let below = guests.on_decided(GUEST).expect("some were on their way");
        assert!(reports.iter().all(|report| report.event.number < below), "what was decided is said again");
        rounds += 1;
        assert!(rounds <= lines.len(), "its reports never end");
    }
}

/// A line that is read is written with the same meaning.
fn read<T: Serialize + DeserializeOwned + PartialEq>(bytes: &[u8]) -> Option<T> {
    let message = serde_json::from_slice::<T>(bytes).ok()?;
    let again = serde_json::from_slice::<T>(&line(&message));
    assert!(again.is_ok_and(|again| again == message), "it says something else");
    Some(message)
}

fn heard(guests: &mut Guests, message: ToAgent) {
    match message {
        ToAgent::Hello { key: digits } => {
            let key = bytes32(&digits).map(AccountId);
            let again = key.map(|key| ToAgent::hello(&key));
            assert!(again.is_none_or(|again| again == ToAgent::Hello { key: digits.to_ascii_lowercase() }));
        }
        ToAgent::Report { report: digits } => {
            let Some(report) = scale::<GuestReport>(&digits) else { return };
            let again = ToAgent::report(&report);
            assert!(again == ToAgent::Report { report: digits.to_ascii_lowercase() }, "a second encoding of a report");
            let signed = report.event.guest_signed_bytes(&H256::ZERO);
            assert!(signed.len() <= LINE_BYTES_MAX, "a report is shorter than its line");
            guests.add(GUEST, report);
        }
        ToAgent::Waiting { .. } | ToAgent::Unborn { .. } => {}
    }
}

fn told(message: ToGuest) {
    let ToGuest::Announced { genesis, request: digits, foundries, born, report, reported } = message else { return };
    let (Some(hash), Some(request)) = (bytes32(&genesis).map(H256), scale::<BirthRequest>(&digits)) else { return };
    assert_eq!(hex::encode(request.encode()), digits.to_ascii_lowercase(), "a second encoding of a request");
    let again = ToGuest::announced(&hash, &request, &foundries, born, (report, reported));
    let (genesis, request) = (genesis.to_ascii_lowercase(), digits.to_ascii_lowercase());
    assert!(again == ToGuest::Announced { genesis, request, foundries, born, report, reported });
}
