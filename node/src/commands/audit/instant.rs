//! Times for people: RFC 3339 in UTC, to the microsecond.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use tierchain_primitives::numbers::Micros;
use tierchain_rpc::types::U64;

const SECOND: u64 = 1_000_000;
const DAY: u64 = 86_400 * SECOND;

/// A time in microseconds since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Instant(pub(crate) Micros);

impl From<U64> for Instant {
    /// A time in milliseconds, as RPC gives those of blocks.
    fn from(millis: U64) -> Self {
        Self(millis.0.saturating_mul(1_000))
    }
}

impl Instant {
    /// The time by this machine's clock.
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX))
    }
}

impl FromStr for Instant {
    type Err = String;

    /// Digits are microseconds; else a date, or a date and a time in UTC.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(micros) = text.parse() {
            return Ok(Self(micros));
        }
        read(text).map(Self).ok_or_else(|| {
            format!("{text:?} is no time: write microseconds since 1970, 2026-11-21, or 2026-11-21T16:00:00Z")
        })
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.0 / DAY);
        let within = self.0 % DAY;
        let seconds = within / SECOND;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z", within % SECOND)
    }
}

fn read(text: &str) -> Option<Micros> {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let mut parts = date.split('-').map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let days = days_to(year, month, day).filter(|_| parts.next().is_none())?;
    let (whole, fraction) = time.strip_suffix('Z')?.split_once('.').unwrap_or((time.strip_suffix('Z')?, "0"));
    let mut parts = whole.split(':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if hour > 23 || minute > 59 || second > 59 || parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    let micros = number(&format!("{fraction:0<6}"))?;
    days.checked_mul(DAY)?.checked_add((hour * 3_600 + minute * 60 + second) * SECOND + micros)
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Days from 1970 to a date of the Gregorian calendar; years begin in March here, so that leap days end them.
fn days_to(year: u64, month: u64, day: u64) -> Option<u64> {
    let given = (1970..=9_999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let year_of_march = if month > 2 { year } else { year.checked_sub(1)? };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.checked_sub(1)?;
    let days = 365 * year_of_march + year_of_march / 4 - year_of_march / 100 + year_of_march / 400 + day_of_year;
    let days = days.checked_sub(719_468)?;
    (given && date_of(days) == (year, month, day)).then_some(days)
}

/// The date so many days after 1970 began.
fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carried) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year_of_era + carried, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown() {
        let check = |text: &str, micros: u64| assert_eq!(text.parse(), Ok(Instant(micros)), "{text}");
        check("1795227255000000", 1_795_227_255_000_000);
        check("1970-01-01", 0);
        check("1970-01-02T00:00:01Z", DAY + SECOND);
        check("2024-02-29T12:30:05.25Z", 1_709_209_805_250_000);
        check("2026-11-21T02:14:15Z", 1_795_227_255_000_000);
        assert_eq!(Instant(1_795_227_255_000_001).to_string(), "2026-11-21T02:14:15.000001Z");
        assert_eq!(Instant::from(U64(1_795_227_255_001)).to_string(), "2026-11-21T02:14:15.001000Z");
        assert!(Instant(u64::MAX).to_string().ends_with('Z'), "what nobody means is shown too");
        for day in (0..40_000).map(|day| day * DAY) {
            assert_eq!(Instant(day).to_string().parse(), Ok(Instant(day)));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for wrong in ["", "2026-02-30", "2026-13-01", "1969-12-31", "2026-11-21T24:00:00Z", "2026-11-21T10:00:00", "x"]
        {
            assert!(wrong.parse::<Instant>().is_err(), "{wrong}");
        }
    }
}
