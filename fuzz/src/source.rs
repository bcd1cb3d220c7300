//! The agent's readers, taken from its sources: one native line in, what it says out.

#[path = "../../agent/src/source/libvirt.rs"]
mod libvirt;
#[path = "../../agent/src/source/nova.rs"]
mod nova;
#[allow(dead_code)]
#[path = "../../agent/src/source/process.rs"]
mod process;

pub(crate) use process::{Line, What};

use crate::sighting::{Garbage, Parsed};

/// A line of a libvirt recording.
pub(crate) fn parse_libvirt(line: &str) -> Result<Parsed, Garbage> {
    libvirt::parse(line)
}

/// A line of nova's logs.
pub(crate) fn parse_nova(line: &str) -> Result<Parsed, Garbage> {
    nova::parse(line)
}

/// A line of a host's own event log.
pub(crate) fn parse_process(line: &str) -> Result<Parsed, Garbage> {
    process::parse(line)
}
