//! Reads from the transport's errors what became of a peer.
//!
//! The transports wrap one another's errors, so the system's own error lies some layers deep.

use std::error::Error;
use std::io;

use libp2p::swarm::{ConnectionError, DialError};
use libp2p::{TransportError, noise};

use crate::event::Cause;

/// What a failed dial says of the peer; `None` when it says nothing, because the failure was ours.
pub(crate) fn of_dial(error: &DialError) -> Option<Cause> {
    match error {
        DialError::Transport(attempts) => {
            let refused = attempts.iter().any(|(_, attempt)| is_refusal(attempt));
            Some(if refused { Cause::Refused } else { Cause::Unreachable })
        }
        DialError::WrongPeerId { .. } | DialError::NoAddresses | DialError::LocalPeerId { .. } => {
            Some(Cause::Unreachable)
        }
        DialError::DialPeerConditionFalse(_) | DialError::Aborted | DialError::Denied { .. } => None,
    }
}

/// A handshake cut short comes from a process that is just going.
fn is_refusal(error: &TransportError<io::Error>) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, UnexpectedEof};
    match error {
        TransportError::Other(error) => {
            matches!(system_kind(error), Some(ConnectionRefused | ConnectionReset | UnexpectedEof | BrokenPipe))
        }
        TransportError::MultiaddrNotSupported(_) => false,
    }
}

/// What the error of a broken connection says.
pub(crate) fn of_close(error: &ConnectionError) -> Cause {
    match error {
        ConnectionError::IO(error) if system_kind(error) == Some(io::ErrorKind::ConnectionReset) => Cause::Reset,
        ConnectionError::IO(_) | ConnectionError::KeepAliveTimeout => Cause::Closed,
    }
}

/// The first kind that says more than "other", from the outside in.
pub(crate) fn system_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        next = match error.downcast_ref::<io::Error>() {
            Some(io) if io.kind() != io::ErrorKind::Other => return Some(io.kind()),
            // `io::Error::source` skips the very error it wraps.
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => hidden(error).or_else(|| error.source()),
        };
    }
    None
}

/// The system's error in one of noise, whose own `source` is already what lies below that.
fn hidden<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<noise::Error>() {
        Some(noise::Error::Io(io)) => Some(io),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_error_is_found_under_its_wrappers() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let wrapped = io::Error::other(io::Error::other(reset));
        assert_eq!(system_kind(&wrapped), Some(io::ErrorKind::ConnectionReset));
        assert_eq!(of_close(&ConnectionError::IO(wrapped)), Cause::Reset);
        assert_eq!(system_kind(&io::Error::other("something else")), None);
    }

    #[test]
    fn a_handshake_that_a_dying_process_cut_short_is_a_refusal() {
        let reset = noise::Error::Io(io::ErrorKind::ConnectionReset.into());
        assert!(is_refusal(&TransportError::Other(io::Error::other(reset))));
        assert!(!is_refusal(&TransportError::Other(io::Error::other(noise::Error::AuthenticationFailed))));
    }

    #[test]
    fn what_we_refused_ourselves_says_nothing_of_the_peer() {
        assert_eq!(of_dial(&DialError::Aborted), None);
        assert_eq!(of_dial(&DialError::NoAddresses), Some(Cause::Unreachable));
    }
}
