//! What can be wrong with a specification: every problem says where it is, what it is and what to do.

use core::fmt;

/// A problem of a specification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Problem {
    /// Whether the chain can run in spite of it.
    pub(crate) severity: Severity,
    /// The field, as a path into the JSON.
    pub(crate) place: String,
    /// What is wrong, and the remedy.
    pub(crate) message: String,
}

/// How bad a problem is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Severity {
    /// Legal, and probably not what is wanted.
    Warning,
    /// No node starts with it.
    Error,
}

impl Problem {
    /// Whether no node may start.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}: {}", self.place, self.message)
    }
}

/// All problems found so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes an error.
    pub(crate) fn error(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { severity: Severity::Error, place: place.into(), message: message.into() });
    }

    /// Notes a warning.
    pub(crate) fn warning(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem { severity: Severity::Warning, place: place.into(), message: message.into() });
    }

    /// Notes an error, if there is one, and hands back the value otherwise.
    pub(crate) fn parsed<T, E: fmt::Display>(&mut self, place: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.error(place, error.to_string())).ok()
    }

    /// Whether no node may start.
    pub(crate) fn has_errors(&self) -> bool {
        self.0.iter().any(Problem::is_error)
    }

    /// The problems, in the order of the file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
