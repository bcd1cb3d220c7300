//! The chain specification: who votes, who is admitted, and what block 0 is made from.
//!
//! A [`Document`] is what the file says. [`ChainSpec::from_document`] believes it after every check and is the only way
//! to one; a node never starts from anything else. All problems are found at once, so that an operator mends a file in
//! one go.

mod builder;
mod development;
mod document;
mod problem;
mod resolve;
mod sites;
mod spec;

pub(crate) use builder::build;
pub(crate) use development::development;
pub(crate) use document::{ChainType, Document, read};
pub(crate) use problem::Problems;
pub(crate) use spec::{ChainSpec, Validator};

use std::path::{Path, PathBuf};

/// Why a specification can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChainSpecError {
    /// The file can't be read.
    #[error(transparent)]
    Document(#[from] document::DocumentError),
    /// Its contents contradict themselves.
    #[error("{}: {} (`tierchain chain-spec check {}` names all problems)", .path.display(), .first, .path.display())]
    Problems {
        /// The file.
        path: PathBuf,
        /// Its first error.
        first: String,
    },
}

impl ChainSpec {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ChainSpecError`] names the file and the first problem.
    pub(crate) fn load(path: &Path) -> Result<Self, ChainSpecError> {
        let document: Document = read(path)?;
        let (spec, problems) = Self::from_document(&document);
        spec.ok_or_else(|| ChainSpecError::Problems {
            path: path.to_owned(),
            first: problems.iter().find(|problem| problem.is_error()).map(ToString::to_string).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
