//! CPU time over one life, from figures that start again with each start of the server.

use tierchain_primitives::ledger::Meter;

use crate::sighting::Info;

/// Adds up CPU time. What a server consumed between its last figures and its stop isn't known, and not guessed.
#[derive(Clone, Debug, Default)]
pub(super) struct CpuTime {
    /// Of all starts before the current one.
    before_ns: u64,
    /// Of the current one.
    current_ns: u64,
    start: Option<i64>,
    reported: bool,
}

impl CpuTime {
    /// Takes figures. Those of another start, or smaller ones, begin a new count.
    pub(super) fn report(&mut self, info: &Info) {
        if info.start != self.start || info.cpu_ns < self.current_ns {
            self.before_ns = self.before_ns.saturating_add(self.current_ns);
        }
        self.start = info.start;
        self.current_ns = info.cpu_ns;
        self.reported = true;
    }

    /// The meter as of the last figures; none before the first.
    pub(super) fn meter(&self) -> Option<Meter> {
        let cpu_us = self.before_ns.saturating_add(self.current_ns) / 1_000;
        self.reported.then_some(Meter { cpu_us, bytes_in: 0, bytes_out: 0 })
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::ledger::Resources;

    use super::*;

    #[test]
    fn cpu_time_counts_on_over_restarts() {
        let mut cpu = CpuTime::default();
        assert_eq!(cpu.meter(), None);
        let resources = Resources { vcpus: 1, memory_mib: 1, disk_gib: 0 };
        for (start, cpu_ns, total_us) in [
            (None, 0, 0),
            (Some(1), 150_000, 150),
            (Some(1), 200_000, 200),
            // Its process is gone while libvirt still shows the old id; then it is off.
            (Some(1), 0, 200),
            (None, 0, 200),
            // A new start may have consumed more by its first figures than the one before by its last.
            (Some(2), 300_000, 500),
            (Some(3), 400_000, 900),
        ] {
            cpu.report(&Info { start, resources, cpu_ns });
            assert_eq!(cpu.meter().map(|meter| meter.cpu_us), Some(total_us), "{start:?} {cpu_ns}");
        }
    }
}
