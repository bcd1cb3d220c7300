//! How people name what the ledger knows by 32 bytes: by the id itself, or by a name.

use tierchain_primitives::H256;
use tierchain_primitives::ledger::{ServerId, Uuid, party_id};

/// A 32-byte id as it is (0x and 64 digits), or the id of a name, as chain specifications and agents make it.
pub(crate) fn party(text: &str) -> Result<H256, String> {
    match text.strip_prefix("0x") {
        Some(_) => {
            text.parse().map_err(|_| "an id is 0x and 64 hexadecimal digits; anything else is a name".to_owned())
        }
        None if text.is_empty() => Err("a name has at least one letter".to_owned()),
        None => Ok(party_id(text)),
    }
}

/// A life of a server: its UUID alone for the newest, or UUID/GENERATION.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LifeRef {
    /// The server.
    pub(crate) uuid: Uuid,
    /// Which of its lives; none for the newest.
    pub(crate) generation: Option<u32>,
}

impl LifeRef {
    /// Reads UUID or UUID/GENERATION.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (uuid, generation) = match text.split_once('/') {
            None => (text, None),
            Some((uuid, generation)) => {
                (uuid, Some(generation.parse().map_err(|_| format!("{generation:?} is no number"))?))
            }
        };
        Ok(Self { uuid: uuid.parse().map_err(|error| format!("{error}"))?, generation })
    }
}

impl From<ServerId> for LifeRef {
    fn from(server: ServerId) -> Self {
        Self { uuid: server.uuid, generation: Some(server.generation) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_an_id_or_a_name() {
        assert_eq!(party("fra-1"), Ok(party_id("fra-1")));
        assert_eq!(party(&H256([7; 32]).to_string()), Ok(H256([7; 32])));
        assert!(party("0x12").is_err() && party("").is_err());
    }

    #[test]
    fn a_life_is_a_uuid_with_or_without_its_generation() {
        let uuid = "01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(LifeRef::read(uuid).map(|life| life.generation), Ok(None));
        assert_eq!(LifeRef::read(&format!("{uuid}/3")).map(|life| life.generation), Ok(Some(3)));
        assert!(LifeRef::read("3").is_err() && LifeRef::read(&format!("{uuid}/x")).is_err());
    }
}
