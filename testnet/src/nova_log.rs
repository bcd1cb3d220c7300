//! A nova log made from a seed, with what a reader of it must find.
//!
//! The real log of an OpenStack cluster stays outside the repository; this one has its grammar and its surprises: a
//! second Resumed right after the first, servers whose claim lies before the log, a Stopped that comes some 15 s after
//! the server was destroyed or never, lines that stand there twice, servers of which only the end is seen, tracebacks,
//! noise, CR LF line ends with an LF among them. Pure: one seed, one text.

use std::fmt::Write;

/// Most servers of one log: they begin four seconds apart, within one day.
pub const SERVERS_MAX: u32 = 10_000;

/// A log and what stands in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NovaLog {
    /// The log.
    pub text: String,
    /// What a reader must find.
    pub expected: Expected,
}

/// What a reader of a log must find.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Expected {
    /// Lines in all.
    pub lines: u64,
    /// Servers that are born.
    pub births: u64,
    /// Changes of state.
    pub changes: u64,
    /// Servers that end: all of them.
    pub ends: u64,
    /// Lifecycle lines that change nothing.
    pub repeated: u64,
    /// Lifecycle lines of servers that have ended.
    pub late: u64,
    /// Lifecycle lines of servers that began before the log.
    pub unborn: u64,
    /// Lines that have no time.
    pub garbage: u64,
    /// Milliseconds between births and first starts, over all servers.
    pub stopped_ms: u64,
    /// Milliseconds that servers ran.
    pub running_ms: u64,
    /// Milliseconds that servers were paused.
    pub paused_ms: u64,
}

impl Expected {
    /// Entity blocks that follow from the log.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.births + self.changes + self.ends
    }
}

/// Makes the log of `servers` servers, at most [`SERVERS_MAX`].
#[must_use]
pub fn generate(seed: u64, servers: u32) -> NovaLog {
    let mut writer = Writer { dice: Dice(seed), lines: Vec::new(), expected: Expected::default() };
    for number in 0..servers.min(SERVERS_MAX) {
        writer.server(number);
        writer.noise(number);
    }
    writer.finish()
}

/// SplitMix64: the same numbers everywhere and for ever.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.next().is_multiple_of(count)
    }
}

struct Writer {
    dice: Dice,
    /// With the millisecond of the day by which they are sorted.
    lines: Vec<(u64, String)>,
    expected: Expected,
}

impl Writer {
    /// The whole life of a server.
    fn server(&mut self, number: u32) {
        let uuid = self.uuid(number);
        let request = self.request();
        let mut now = u64::from(number) * 4_000 + self.dice.between(0, 3_000);
        self.expected.births += 1;
        self.expected.ends += 1;
        // The first server's claim always lies before the log.
        if number > 0 && !self.dice.one_in(8) {
            let memory = 512 << self.dice.between(0, 4);
            let (disk, vcpus) = (self.dice.between(1, 40), self.dice.between(1, 8));
            let claim = format!("Attempting claim: memory {memory} MB, disk {disk} GB, vcpus {vcpus} CPU");
            self.about(now, &request, &uuid, &claim);
            self.about(now + 9, &request, &uuid, "Claim successful");
            let spawning = self.dice.between(9_000, 16_000);
            self.expected.stopped_ms += spawning;
            now += spawning;
        }
        self.lifecycle(now, &uuid, "Started");
        self.expected.changes += 1;
        now = self.run_for(now, 40, 90);
        let pauses = 1 + self.dice.between(0, 5) / 4;
        for _ in 0..pauses {
            now = self.pause(now, &uuid);
            now = self.run_for(now, 4_000, 9_000);
        }
        self.end(now, &uuid, &request);
    }

    fn run_for(&mut self, now: u64, low: u64, high: u64) -> u64 {
        let running = self.dice.between(low, high);
        self.expected.running_ms += running;
        now + running
    }

    /// Paused, Resumed, and Resumed once more.
    fn pause(&mut self, now: u64, uuid: &str) -> u64 {
        let paused = self.dice.between(5_000, 8_000);
        self.lifecycle(now, uuid, "Paused");
        self.lifecycle(now + paused, uuid, "Resumed");
        let again = self.dice.between(100, 200);
        self.lifecycle(now + paused + again, uuid, "Resumed");
        self.expected.paused_ms += paused;
        self.expected.changes += 2;
        self.expected.repeated += 1;
        now + paused
    }

    fn end(&mut self, now: u64, uuid: &str, request: &str) {
        self.about(now - 200, request, uuid, "Terminating instance");
        self.about(now, "[-]", uuid, "Instance destroyed successfully.");
        if self.dice.one_in(10) {
            return;
        }
        let stopped = now + self.dice.between(14_500, 15_500);
        self.lifecycle(stopped, uuid, "Stopped");
        self.expected.late += 1;
        if self.dice.one_in(6) {
            self.lifecycle(stopped, uuid, "Stopped");
            self.expected.repeated += 1;
        }
    }

    /// What says nothing of these servers.
    fn noise(&mut self, number: u32) {
        let now = u64::from(number) * 4_000 + self.dice.between(0, 3_999);
        for _ in 0..self.dice.between(0, 6) {
            let request = self.request();
            let line =
                format!("{request} 10.11.10.1 \"GET /v2/servers/detail HTTP/1.1\" status: 200 len: 1893 time: 0.25");
            self.line(now, "nova-api.log.1", "nova.osapi_compute.wsgi.server", &line);
        }
        if self.dice.one_in(12) {
            let uuid = self.uuid(SERVERS_MAX + number);
            self.lifecycle(now, &uuid, "Stopped");
            self.expected.unborn += 1;
        }
        if self.dice.one_in(15) {
            self.lines.push((now, "Traceback (most recent call last):".to_owned()));
            self.expected.garbage += 1;
        }
    }

    fn lifecycle(&mut self, now: u64, uuid: &str, what: &str) {
        let context = "[req-3ea4052c-0000-4b64-9e2d-04d64c4d94ab - - - - -]";
        self.about(now, context, uuid, &format!("VM {what} (Lifecycle Event)"));
    }

    fn about(&mut self, now: u64, context: &str, uuid: &str, message: &str) {
        let line = format!("{context} [instance: {uuid}] {message}");
        self.line(now, "nova-compute.log.1", "nova.compute.manager", &line);
    }

    fn line(&mut self, now: u64, file: &str, module: &str, rest: &str) {
        let (hours, minutes, seconds) = (now / 3_600_000, now / 60_000 % 60, now / 1_000 % 60);
        let time = format!("2026-04-02 {hours:02}:{minutes:02}:{seconds:02}.{:03}", now % 1_000);
        self.lines.push((now, format!("{file} {time} 2931 INFO {module} {rest}")));
    }

    fn uuid(&mut self, number: u32) -> String {
        let random = self.dice.next();
        let (high, middle, low) = (random >> 32, random >> 16 & 0xffff, random & 0xfff);
        format!("{high:08x}-{middle:04x}-4{low:03x}-8000-{number:012x}")
    }

    /// The context of a request by one of three projects.
    fn request(&mut self) -> String {
        let (id, project) = (self.dice.next(), self.dice.between(1, 3));
        let (high, low) = (id >> 32, id & 0xffff_ffff);
        format!("[req-{high:08x}-0000-4000-8000-0000{low:08x} {project:032x} {:032x} - - -]", project + 16)
    }

    /// Puts the lines in order; one in twenty ends in LF alone, and the last has no line end.
    fn finish(mut self) -> NovaLog {
        self.lines.sort_by_key(|(time, _)| *time);
        self.expected.lines = self.lines.len() as u64;
        let mut text = String::new();
        for (_, line) in &self.lines {
            let end = if self.dice.one_in(20) { "\n" } else { "\r\n" };
            write!(text, "{line}{end}").expect("a string takes all");
        }
        text.truncate(text.trim_end().len());
        NovaLog { text, expected: self.expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_text() {
        let log = generate(7, 30);
        assert_eq!(generate(7, 30), log);
        assert_ne!(generate(8, 30).text, log.text);
        assert_eq!(generate(7, 0).expected, Expected::default());
    }

    #[test]
    fn what_is_expected_stands_in_the_text() {
        let NovaLog { text, expected } = generate(1, 200);
        let count = |what: &str| text.matches(what).count() as u64;
        assert_eq!(text.lines().count() as u64, expected.lines);
        assert_eq!((count("VM Started"), count("destroyed successfully")), (expected.births, expected.ends));
        assert_eq!(count("VM Resumed"), 2 * count("VM Paused"));
        assert_eq!(expected.changes, expected.births + 2 * count("VM Paused"));
        let stopped = count("VM Stopped");
        assert_eq!(stopped + count("VM Paused"), expected.late + expected.unborn + expected.repeated);
        assert_eq!(count("Traceback"), expected.garbage);
        assert_eq!(expected.blocks(), 400 + expected.changes);
    }

    #[test]
    fn every_surprise_is_there() {
        let NovaLog { text, expected } = generate(1, 200);
        let Expected { births, repeated, late, unborn, garbage, .. } = expected;
        let claims = text.matches("Attempting claim").count() as u64;
        assert!(claims < births - 1, "some claims are missing");
        assert!(late < births && late > 0 && unborn > 0 && garbage > 0 && repeated > births);
        assert!(text.contains("\r\n") && text.lines().count() > text.matches("\r\n").count() + 1);
        assert!(!text.ends_with('\n'));
    }
}
