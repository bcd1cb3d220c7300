//! OpenStack nova's logs: `[FILE ]DATE TIME PID LEVEL MODULE [CONTEXT] [instance: UUID] MESSAGE`.
//!
//! Times carry no zone and are UTC. The context is `req-ID USER PROJECT - - -`, with dashes for a user and project
//! that nova itself doesn't know; where it has them, the project is the tenant.

use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{Precision, Resources, ServerState, Uuid, party_id};
use tierchain_primitives::numbers::Micros;

use crate::sighting::{Garbage, Parsed, Sighting, Sign};

const INSTANCE: &str = " [instance: ";

/// Reads one line.
///
/// # Errors
/// [`Garbage`] when it has no time, or names an instance by what is no UUID.
pub(super) fn parse(line: &str) -> Result<Parsed, Garbage> {
    let time = time_of(line).ok_or_else(|| Garbage::new("it has no date and time"))?;
    let Some((context, rest)) = line.split_once(INSTANCE) else { return Ok(Parsed::Noise(time)) };
    let (uuid, message) = rest.split_once("] ").ok_or_else(|| Garbage::new("an instance without a message"))?;
    let uuid: Uuid = uuid.parse().map_err(|error| Garbage::new(format!("{error}")))?;
    let Some((sign, words)) = sign_of(message) else { return Ok(Parsed::Noise(time)) };
    Ok(Parsed::Sighting(Box::new(Sighting {
        uuid,
        time,
        precision: Precision::Replayed,
        evidence: sha256(&[line.as_bytes()]),
        words: format!("nova:{words}"),
        name: None,
        tenant: tenant_of(context),
        sign,
    })))
}

fn sign_of(message: &str) -> Option<(Sign, &'static str)> {
    if let Some(claim) = message.strip_prefix("Attempting claim: ") {
        return Some((Sign::Claimed(resources_of(claim)?), "claim"));
    }
    Some(match message {
        "VM Started (Lifecycle Event)" => (Sign::Started, "Started"),
        "VM Paused (Lifecycle Event)" => (Sign::Changed(ServerState::Paused), "Paused"),
        "VM Resumed (Lifecycle Event)" => (Sign::Resumed, "Resumed"),
        // Nova's suspend saves the memory to disk.
        "VM Suspended (Lifecycle Event)" => (Sign::Stopped(ServerState::SuspendedToDisk), "Suspended"),
        "VM Stopped (Lifecycle Event)" => (Sign::Stopped(ServerState::Stopped), "Stopped"),
        "Instance rebooted successfully." => (Sign::Rebooted, "rebooted"),
        "Instance destroyed successfully." => (Sign::Destroyed, "destroyed"),
        _ => return None,
    })
}

/// `memory 2048 MB, disk 20 GB, vcpus 1 CPU`; fractions, which nova writes for some flavours, are rounded up.
fn resources_of(claim: &str) -> Option<Resources> {
    let figure = |part: Option<&str>, name: &str, unit: &str| -> Option<u64> {
        let digits = part?.trim().strip_prefix(name)?.strip_suffix(unit)?.trim();
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let more = fraction.bytes().any(|digit| digit != b'0');
        whole.parse::<u64>().ok()?.checked_add(u64::from(more))
    };
    let mut parts = claim.split(',');
    let memory_mib = figure(parts.next(), "memory ", "MB")?;
    let disk_gib = figure(parts.next(), "disk ", "GB")?;
    let vcpus = u32::try_from(figure(parts.next(), "vcpus ", "CPU")?).ok()?;
    Some(Resources { vcpus, memory_mib, disk_gib })
}

/// The project of `[req-ID USER PROJECT - - -]`, as an id.
fn tenant_of(context: &str) -> Option<H256> {
    let (_, request) = context.rsplit_once("[req-")?;
    let project = request.strip_suffix(']')?.split(' ').nth(2)?;
    (project != "-").then(|| party_id(project))
}

/// The time of a line: its date stands first, or second after the name of the log's file.
fn time_of(line: &str) -> Option<Micros> {
    let mut words = line.splitn(4, ' ');
    let (first, second) = (words.next()?, words.next()?);
    match days_of(first) {
        Some(days) => micros(days, second),
        None => micros(days_of(second)?, words.next()?),
    }
}

fn micros(days: u64, time: &str) -> Option<Micros> {
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut fields = clock.split(':');
    let (hours, minutes, seconds) =
        (digits(fields.next()?, 2)?, digits(fields.next()?, 2)?, digits(fields.next()?, 2)?);
    if fields.next().is_some() || hours > 23 || minutes > 59 || seconds > 60 || fraction.len() > 6 {
        return None;
    }
    let mut us = if fraction.is_empty() { 0 } else { digits(fraction, fraction.len())? };
    for _ in fraction.len()..6 {
        us *= 10;
    }
    Some((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000 + us)
}

/// Days from 1970-01-01 to a date of the form `YYYY-MM-DD` (Howard Hinnant's days_from_civil).
fn days_of(date: &str) -> Option<u64> {
    let mut fields = date.split('-');
    let (year, month, day) = (digits(fields.next()?, 4)?, digits(fields.next()?, 2)?, digits(fields.next()?, 2)?);
    if fields.next().is_some() || year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // A year here begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_era = year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + (153 * month + 2) / 5 + day - 1;
    Some(year / 400 * 146_097 + of_era - 719_468)
}

fn digits(text: &str, length: usize) -> Option<u64> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "nova-compute.log.1 2017-05-16 00:00:04.500 2931 INFO nova.compute.manager";
    const UUID: &str = "[instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d]";

    fn sighting(line: &str) -> Sighting {
        match parse(line).expect("a line of nova's") {
            Parsed::Sighting(sighting) => *sighting,
            Parsed::Noise(_) => panic!("noise: {line}"),
        }
    }

    #[test]
    fn times_are_utc_with_or_without_a_file_name_before_them() {
        for (line, expected) in [
            ("2017-05-16 00:00:04.500 rest", Some(1_494_892_804_500_000)),
            ("nova.log 2017-05-16 00:00:04.500 rest", Some(1_494_892_804_500_000)),
            ("2000-02-29 23:59:59 rest", Some(951_868_799_000_000)),
            ("1970-01-01 00:00:00.000001", Some(1)),
            ("2017-13-16 00:00:04.500 rest", None),
            ("2017-05-16 24:00:04.500 rest", None),
            ("2017-05-16", None),
            ("", None),
        ] {
            assert_eq!(time_of(line), expected, "{line}");
        }
    }

    #[test]
    fn a_claim_says_what_the_server_gets_and_whose_it_is() {
        let line = format!(
            "{HEAD} [req-1 user project - - -] {UUID} Attempting claim: memory 2048 MB, disk 20.5 GB, vcpus 1 CPU"
        );
        let claim = sighting(&line);
        assert_eq!(claim.sign, Sign::Claimed(Resources { vcpus: 1, memory_mib: 2048, disk_gib: 21 }));
        assert_eq!(claim.tenant, Some(party_id("project")));
        let started = sighting(&format!("{HEAD} [req-1 - - - - -] {UUID} VM Started (Lifecycle Event)"));
        assert_eq!((started.sign, started.tenant), (Sign::Started, None));
        assert_eq!(sighting(&format!("{HEAD} [-] {UUID} Instance destroyed successfully.")).sign, Sign::Destroyed);
    }

    #[test]
    fn what_says_nothing_of_a_life_is_noise_and_what_has_no_time_is_garbage() {
        for message in ["Terminating instance", "Claim successful", "Attempting claim: everything"] {
            assert!(matches!(parse(&format!("{HEAD} [-] {UUID} {message}")), Ok(Parsed::Noise(_))), "{message}");
        }
        assert!(matches!(parse(&format!("{HEAD} [-] no server")), Ok(Parsed::Noise(_))));
        for line in ["Traceback (most recent call last):", "2017-05-16 00:00:04.5 [x] [instance: 7] VM Started"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
