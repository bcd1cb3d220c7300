//! What a process has used, from Linux's `/proc`.

use anyhow::{Context, ensure};

/// Clock ticks per second in `/proc/PID/stat`: fixed at 100 for user space on every Linux architecture we build for.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used so far.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Usage {
    pub(super) cpu_seconds: f64,
    pub(super) resident_kib: u64,
    pub(super) resident_max_kib: u64,
}

/// What each process has used so far.
pub(super) fn usages(pids: &[u32]) -> anyhow::Result<Vec<Usage>> {
    pids.iter().map(|pid| usage(*pid)).collect()
}

fn usage(pid: u32) -> anyhow::Result<Usage> {
    let read = |file: &str| {
        let path = format!("/proc/{pid}/{file}");
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}: does process {pid} still run?"))
    };
    let (stat, status) = (read("stat")?, read("status")?);
    Ok(Usage {
        cpu_seconds: cpu_seconds(&stat).with_context(|| format!("/proc/{pid}/stat has another form"))?,
        resident_kib: kib(&status, "VmRSS:").unwrap_or(0),
        resident_max_kib: kib(&status, "VmHWM:").unwrap_or(0),
    })
}

/// User and system time: the 14th and 15th field. The 2nd is the program's name and may hold spaces, so it is counted
/// from behind its bracket.
fn cpu_seconds(stat: &str) -> anyhow::Result<f64> {
    let (_, rest) = stat.rsplit_once(')').context("no name")?;
    let ticks: Vec<u64> =
        rest.split_ascii_whitespace().skip(11).take(2).map_while(|field| field.parse().ok()).collect();
    ensure!(ticks.len() == 2, "no times");
    Ok((ticks[0] + ticks[1]) as f64 / TICKS_PER_SECOND)
}

fn kib(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_a_name_with_spaces() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 100 1000 10";
        assert_eq!(cpu_seconds(stat).expect("its form"), 2.0);
        assert!(cpu_seconds("7 (a) S").is_err());
        assert_eq!(kib("VmHWM:\t  20 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12));
    }

    #[test]
    fn our_own_process_is_measured() {
        let usage = usage(std::process::id()).expect("it runs");
        assert!(usage.resident_kib > 0 && usage.resident_max_kib >= usage.resident_kib);
    }
}
