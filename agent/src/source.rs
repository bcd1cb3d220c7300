//! Sources: where the agent learns what happens on its host, and how one native line is read.
//!
//! Reading a line is pure (bytes in, [`Parsed`] or [`Garbage`] out), so that sources can be fuzzed and replayed; what
//! a sighting means is the normaliser's, by one rule for all sources.

use std::path::PathBuf;
use std::str::FromStr;

use tierchain_primitives::numbers::Micros;

use crate::normaliser::GRACE_US;
use crate::sighting::{Garbage, Parsed};

mod libvirt;
mod lines;
mod nova;
pub(crate) mod process;

pub(crate) use lines::{LINE_BYTES_MAX, Line, Lines};

/// The grammar of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grammar {
    /// Domain events of libvirt, one JSON object a line.
    Libvirt,
    /// OpenStack nova's logs.
    Nova,
    /// What a host of this agent saw of its own servers, one JSON object a line.
    Process,
}

impl Grammar {
    /// Reads one line, given without its line end.
    ///
    /// # Errors
    /// [`Garbage`] when the line isn't of this grammar.
    pub(crate) fn parse(self, line: &[u8]) -> Result<Parsed, Garbage> {
        let text = core::str::from_utf8(line).map_err(|_| Garbage::new("it is not UTF-8"))?;
        match self {
            Self::Libvirt => libvirt::parse(text),
            Self::Nova => nova::parse(text),
            Self::Process => process::parse(text),
        }
    }

    /// Whether the source itself says when a server's configuration is gone, so that the stop of a server that was
    /// never configured is its end.
    pub(crate) fn tells_transient_servers(self) -> bool {
        self == Self::Libvirt
    }

    /// How long after the cause of an end the server may come back. A directive's end is one at once.
    pub(crate) fn end_grace_us(self) -> Micros {
        match self {
            Self::Libvirt | Self::Nova => GRACE_US,
            Self::Process => 0,
        }
    }

    /// Whether a server's resources follow its first event in a line of their own.
    pub(crate) fn reports_resources_afterwards(self) -> bool {
        self == Self::Libvirt
    }
}

/// A source as the command line names it: its kind and its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SourceSpec {
    /// How its lines are read.
    pub(crate) grammar: Grammar,
    /// The recording.
    pub(crate) path: PathBuf,
}

/// A `--source` that names no source.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown source {0:?}: expected libvirt-recording:FILE or nova-log:FILE")]
pub(crate) struct ParseSourceError(String);

impl FromStr for SourceSpec {
    type Err = ParseSourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || ParseSourceError(text.chars().take(80).collect());
        let (kind, path) = text.split_once(':').ok_or_else(unknown)?;
        let grammar = match kind {
            "libvirt-recording" => Grammar::Libvirt,
            "nova-log" => Grammar::Nova,
            _ => return Err(unknown()),
        };
        if path.is_empty() {
            return Err(unknown());
        }
        Ok(Self { grammar, path: path.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_known_kind_and_a_file() {
        let spec: SourceSpec = "nova-log:/var/log/a:b.log".parse().expect("a source");
        assert_eq!((spec.grammar, spec.path), (Grammar::Nova, "/var/log/a:b.log".into()));
        for text in ["amqp:host", "nova-log", "libvirt-recording:"] {
            let error = text.parse::<SourceSpec>().expect_err("no source").to_string();
            assert!(error.contains("libvirt-recording:FILE"), "{error}");
        }
    }
}
