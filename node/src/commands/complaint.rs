//! What an error says to the person who ran a command: one line, each fact once.

use std::fmt;

use anyhow::Error;
use tierchain_client::AskError;
use tierchain_rpc::client::{Error as ClientError, message};

/// Which node was asked: the context of every call, worth saying only where the node is the trouble.
#[derive(Debug)]
pub(super) struct Asked {
    /// Its address.
    pub(super) url: String,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the node at {} does not answer as it should (does it run? is --rpc right?)", self.url)
    }
}

/// The causes on one line: what, where, and the remedy.
///
/// A node that refuses has answered: its own words are the whole cause, and so are ours about what it said. A cause
/// that the one above it already tells is left out.
pub(crate) fn complaint(error: &Error) -> String {
    let asked = error.downcast_ref::<Asked>().map(ToString::to_string);
    let mut facts: Vec<String> = Vec::new();
    let mut is_silent = false;
    for cause in error.chain() {
        let call = cause.downcast_ref::<ClientError>();
        let fact = call.map_or_else(|| cause.to_string(), message);
        if !facts.last().is_some_and(|above| above.contains(&fact)) {
            facts.push(fact);
        }
        match call {
            Some(ClientError::Call(_)) => break,
            Some(_) => is_silent = true,
            None => is_silent |= cause.is::<AskError>(),
        }
    }
    if !is_silent && facts.len() > 1 {
        facts.retain(|fact| Some(fact) != asked.as_ref());
    }
    facts.join(": ")
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::{Context, anyhow};
    use jsonrpsee::types::ErrorObject;

    use super::*;

    fn asked() -> Asked {
        Asked { url: "http://127.0.0.1:1".into() }
    }

    #[test]
    fn a_node_that_refuses_is_not_blamed_for_silence() {
        let refusal = ErrorObject::owned(5001, "there is no chain X: chains_list lists those there are", None::<()>);
        let error = Err::<(), _>(ClientError::Call(refusal)).with_context(asked).expect_err("refused");
        assert_eq!(complaint(&error), "there is no chain X: chains_list lists those there are");
        let error = Err::<(), _>(anyhow!("the ledger knows no server X")).with_context(asked).expect_err("ours");
        assert_eq!(complaint(&error), "the ledger knows no server X");
        let error = error.context("cannot fetch");
        assert_eq!(complaint(&error), "cannot fetch: the ledger knows no server X");
    }

    #[test]
    fn a_node_that_is_silent_is_named() {
        let error = Err::<(), _>(ClientError::RequestTimeout).with_context(asked).expect_err("silent");
        let said = complaint(&error);
        assert!(said.starts_with("the node at http://127.0.0.1:1 does not answer as it should"), "{said}");
        assert!(said.ends_with("Request timeout"), "{said}");
    }

    #[test]
    fn a_fact_is_said_once() {
        let source = io::Error::from(io::ErrorKind::NotFound);
        let error = Error::new(source).context("cannot read x: entity not found");
        assert_eq!(complaint(&error), "cannot read x: entity not found");
        let error = Error::new(io::Error::from(io::ErrorKind::NotFound)).context("x: entity not found: look for it");
        assert_eq!(complaint(&error), "x: entity not found: look for it", "with the remedy behind it");
        let error = Error::new(io::Error::from(io::ErrorKind::NotFound)).context("cannot read x");
        assert_eq!(complaint(&error), "cannot read x: entity not found");
    }
}
