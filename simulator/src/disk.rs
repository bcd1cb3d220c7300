//! The disk under a vote log. Written bytes stay; a write under way when the machine stops may have done any part of
//! its work, in any order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tierchain_primitives::ports::LogDisk;

use crate::random::Random;

/// Zeros that lie preallocated behind what was written.
const PREALLOCATED: usize = 64;

#[derive(Debug)]
struct Platter {
    segments: BTreeMap<u64, Vec<u8>>,
    random: Random,
    /// The next write is the machine's last.
    fails_next: bool,
    /// The machine stopped in a write: nothing reaches the platter until it starts again.
    stopped: bool,
    /// Length of the newest write.
    newest_write: usize,
    /// How many bytes still fit, when it is about to be full.
    room: Option<usize>,
}

/// A handle on a disk. The log holds one while its process lives, the machine another.
#[derive(Clone, Debug)]
pub struct Disk(Rc<RefCell<Platter>>);

impl Disk {
    /// An empty disk. `seed` decides how writes tear and which salts it gives.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let (segments, random) = (BTreeMap::new(), Random::new(seed));
        let platter = Platter { segments, random, fails_next: false, stopped: false, newest_write: 0, room: None };
        Self(Rc::new(RefCell::new(platter)))
    }

    /// Lets the machine stop in the middle of the next write.
    pub fn fail_next_write(&self) {
        self.0.borrow_mut().fails_next = true;
    }

    /// Loses the newest write though it was synced, as no honest disk does: for a run that must fail.
    pub fn lose_newest_write(&self) {
        let mut platter = self.0.borrow_mut();
        let lost = core::mem::take(&mut platter.newest_write);
        if let Some(mut newest) = platter.segments.last_entry() {
            let kept = newest.get().len().saturating_sub(lost);
            newest.get_mut().truncate(kept);
        }
    }

    /// After so many more bytes the disk is full: a write that doesn't fit fails, and with it the process.
    pub fn fill(&self, bytes: usize) {
        self.0.borrow_mut().room = Some(bytes);
    }

    /// There is room again.
    pub fn free(&self) {
        self.0.borrow_mut().room = None;
    }

    /// Everything on it is gone.
    pub fn erase(&self) {
        self.0.borrow_mut().segments.clear();
    }

    /// Whether a write failed: nothing may be said that rests on it.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.0.borrow().stopped
    }

    /// The machine starts again: the disk takes writes.
    pub fn power_on(&self) {
        let mut platter = self.0.borrow_mut();
        platter.fails_next = false;
        platter.stopped = false;
    }
}

impl Platter {
    /// Whether a write of so many bytes does its whole work.
    fn writes(&mut self, bytes: usize) -> bool {
        let fits = self.room.is_none_or(|room| bytes <= room);
        self.room = self.room.map(|room| room.saturating_sub(bytes));
        self.stopped |= self.fails_next || !fits;
        !self.stopped
    }

    /// What of a write is there after the machine stopped in it: some of its sectors, the others zero.
    fn torn(&mut self, bytes: &[u8]) -> Vec<u8> {
        let sector = self.random.pick(&[1, 16, 512, 4_096]);
        let written_per_mille = self.random.pick(&[0, 100, 500, 900, 1_000]);
        let mut torn = vec![0; bytes.len()];
        for (there, written) in torn.chunks_mut(sector).zip(bytes.chunks(sector)) {
            if self.random.chance(written_per_mille) {
                there.copy_from_slice(written);
            }
        }
        torn
    }
}

impl LogDisk for Disk {
    fn segments(&self) -> Vec<u64> {
        self.0.borrow().segments.keys().copied().collect()
    }

    fn read(&self, segment: u64) -> Vec<u8> {
        let mut bytes = self.0.borrow().segments.get(&segment).cloned().unwrap_or_default();
        bytes.resize(bytes.len() + PREALLOCATED, 0);
        bytes
    }

    fn start(&mut self, segment: u64, content: &[u8]) {
        let mut platter = self.0.borrow_mut();
        // A segment is there as a whole or not at all.
        let was_stopped = platter.stopped;
        if platter.writes(content.len()) || (!was_stopped && platter.random.chance(500)) {
            platter.segments.insert(segment, content.to_vec());
            platter.newest_write = 0;
        }
    }

    fn resume(&mut self, segment: u64, end: usize) {
        if let Some(bytes) = self.0.borrow_mut().segments.get_mut(&segment) {
            bytes.truncate(end);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let mut platter = self.0.borrow_mut();
        let was_stopped = platter.stopped;
        let written = if platter.writes(bytes.len()) { bytes.to_vec() } else { platter.torn(bytes) };
        if was_stopped {
            return;
        }
        platter.newest_write = written.len();
        if let Some(mut newest) = platter.segments.last_entry() {
            newest.get_mut().extend(written);
        }
    }

    fn remove(&mut self, segment: u64) {
        let mut platter = self.0.borrow_mut();
        if !platter.stopped {
            platter.segments.remove(&segment);
        }
    }

    fn salt(&mut self) -> u64 {
        self.0.borrow_mut().random.number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_was_cut_off_leaves_any_part_and_no_later_write_counts() {
        let mut disk = Disk::new(1);
        disk.start(0, b"head");
        disk.append(b"whole");
        disk.fail_next_write();
        disk.append(&[0xff; 64]);
        disk.append(b"never");
        let mut bytes = disk.read(0);
        bytes.truncate(bytes.len() - PREALLOCATED);
        assert_eq!(&bytes[..9], b"headwhole");
        assert_eq!(bytes.len(), 9 + 64, "the file grew, whatever of the write is in it");
        disk.power_on();
        disk.resume(0, 9);
        disk.append(b"again");
        assert_eq!(&disk.read(0)[..14], b"headwholeagain");
    }
}
