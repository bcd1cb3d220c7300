//! Processes as `/proc` shows them: who belongs to a server, in which state it is, what it has consumed.
//!
//! A process belongs to a server when it is in the group of the server's leader or descends from it. The leader is the
//! reaper of all that descends from it, so that a process that leaves the group, or loses its parent, still belongs,
//! and the time of those that ended is counted by whoever waited for them.

use std::collections::BTreeSet;
use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};

use crate::driver::Figures;

/// A process for as long as it lives: its number, and the time of its start, since numbers are given again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Identity {
    /// Its number.
    pub(super) pid: u32,
    /// When it was started, in clock ticks since the system was.
    pub(super) start: u64,
}

/// One process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Process {
    /// Which.
    pub(super) identity: Identity,
    /// `R`, `S`, `D`, `T`, `Z`…
    pub(super) state: char,
    parent: u32,
    group: u32,
    /// Of it and of the children that it has waited for.
    cpu_ticks: u64,
    rss_pages: u64,
}

impl Process {
    /// The process with a number, if there is one that hasn't ended.
    pub(super) fn find(pid: u32) -> Option<Self> {
        parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?).filter(Self::is_alive)
    }

    /// Whether it still runs: one that ended stays visible until somebody waits for it.
    fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }

    /// Whether it is stopped by a signal.
    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.state, 'T' | 't')
    }
}

/// Every process that hasn't ended.
pub(super) fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter_map(Process::find).collect()
}

/// Those of `all` that belong to the server whose leader is, or was, `leader`. `marked` says whether a process bears the
/// server's mark: without the leader the group's number alone proves nothing, for it may be another group's by now.
pub(super) fn members(all: &[Process], leader: Identity, marked: impl Fn(u32) -> bool) -> Vec<Process> {
    let is_led = all.iter().any(|process| process.identity == leader);
    let in_group = |process: &&Process| {
        process.identity.start >= leader.start
            && (process.identity == leader || process.group == leader.pid && (is_led || marked(process.identity.pid)))
    };
    let mut found: BTreeSet<u32> = all.iter().filter(in_group).map(|process| process.identity.pid).collect();
    loop {
        let before = found.len();
        let children = all.iter().filter(|process| found.contains(&process.parent));
        found.extend(children.map(|process| process.identity.pid).collect::<Vec<_>>());
        if found.len() == before {
            break;
        }
    }
    all.iter().filter(|process| found.contains(&process.identity.pid)).cloned().collect()
}

/// Whether a process was started with this variable in its environment.
pub(super) fn has_variable(pid: u32, variable: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
}

/// The most memory that a process has had resident, in KiB; none of one that is gone.
pub(super) fn peak_rss_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    peak.unwrap_or(0)
}

/// What these processes have consumed, with the children that they have waited for.
pub(super) fn figures(members: &[Process]) -> Figures {
    let ticks: u64 = members.iter().map(|process| process.cpu_ticks).sum();
    let pages: u64 = members.iter().map(|process| process.rss_pages).sum();
    let page_kib = page_size() as u64 / 1024;
    Figures {
        cpu_us: ticks.saturating_mul(1_000_000) / clock_ticks_per_second(),
        rss_kib: pages.saturating_mul(page_kib),
    }
}

/// Which start of the system this is: numbers and ticks of another one mean nothing.
pub(super) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Reads a line of `/proc/PID/stat` (proc(5)). The name in parentheses may hold anything, so fields are counted from the
/// last one that closes.
fn parse(line: &str) -> Option<Process> {
    let pid = line.split(' ').next()?.parse().ok()?;
    let fields: Vec<&str> = line.get(line.rfind(')')? + 1..)?.split_ascii_whitespace().collect();
    // The state is field 3.
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let signed = |field: usize| fields.get(field - 3)?.parse::<i64>().ok();
    let cpu_ticks = number(14)? + number(15)? + u64::try_from(signed(16)? + signed(17)?).unwrap_or(0);
    Some(Process {
        identity: Identity { pid, start: number(22)? },
        state: fields.first()?.chars().next()?,
        parent: u32::try_from(number(4)?).ok()?,
        group: u32::try_from(number(5)?).ok()?,
        cpu_ticks,
        rss_pages: u64::try_from(signed(24)?).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, group: u32, start: u64) -> Process {
        Process { identity: Identity { pid, start }, state: 'S', parent, group, cpu_ticks: 1, rss_pages: 1 }
    }

    #[test]
    fn a_line_is_read_whatever_the_program_is_called() {
        let line =
            "71 (a) Z (b c) T 1 71 70 0 -1 4194304 9 9 9 9 100 20 3 4 20 0 1 0 5000 1000 12 18446744073709551615";
        let process = parse(line).expect("a line");
        assert_eq!((process.identity, process.state), (Identity { pid: 71, start: 5_000 }, 'T'));
        assert_eq!((process.parent, process.group, process.cpu_ticks, process.rss_pages), (1, 71, 127, 12));
        assert!(process.is_stopped() && process.is_alive());
        for wrong in ["", "71", "71 (a", "71 (a) S 1", "x (a) S 1 71 70 0 -1 1 9 9 9 9 1 2 3 4 20 0 1 0 5 1 1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_group_and_all_descendants_belong() {
        let leader = Identity { pid: 10, start: 100 };
        // 12 left the group, 13 is its child; 20 is a stranger; 9 is older than the leader, with a number given again.
        let all =
            [process(10, 1, 10, 100), process(11, 10, 10, 101), process(12, 10, 12, 102), process(13, 12, 12, 103)];
        let strangers = [process(20, 1, 20, 104), process(9, 1, 10, 50)];
        let pids = |all: &[Process], marked| {
            members(all, leader, |_| marked).iter().map(|process| process.identity.pid).collect::<Vec<_>>()
        };
        assert_eq!(pids(&[&all[..], &strangers[..]].concat(), false), [10, 11, 12, 13]);
        assert_eq!(pids(&all[1..], true), [11]);
        assert_eq!(pids(&all[1..], false), [0; 0], "a group without its leader is known by its mark");
    }

    #[test]
    fn this_very_process_is_found() {
        let me = Process::find(std::process::id()).expect("it runs");
        assert!(all().iter().any(|process| process.identity == me.identity));
        let resident = figures(std::slice::from_ref(&me)).rss_kib;
        assert!(resident > 0 && peak_rss_kib(me.identity.pid) > 0);
        assert_eq!(peak_rss_kib(u32::MAX), 0);
        assert_eq!(Process::find(u32::MAX), None);
    }
}
