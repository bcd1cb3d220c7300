//! What a file says of the state: values in the order in which they are asked for, and one proof of all of them.
//!
//! Which values a file has is said once, by the code that asks for them ([`super::facts`]): whoever makes a file runs it
//! over the state and records the answers, whoever checks one runs it over the answers and learns the keys. So no file
//! has a value too few or too many. A key that is asked for again has the same answer, which stands in the file once.

use std::collections::BTreeMap;

use parity_scale_codec::{Compact, Decode, DecodeAll, Encode, Error, Input};
use tierchain_primitives::H256;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::tree::{Asked, leaf_key, value_hash};

use super::refusal::{Place, Refusal};

/// Most values of a file.
const VALUES_MAX: usize = 200_000;
/// Most bytes of a value: the longest record is a server's, well below 2 KiB.
const VALUE_BYTES_MAX: usize = 64 * 1024;

/// Answers what the state holds under a storage key.
pub trait Witness {
    /// The value under a key, if there is one.
    ///
    /// # Errors
    /// When this witness knows nothing about the key.
    fn answer(&mut self, name: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, Refusal>;
}

/// Reads a record through a witness.
pub(super) fn read<T: Decode + Encode>(
    witness: &mut dyn Witness,
    name: &'static str,
    key: &[u8],
) -> Result<Option<T>, Refusal> {
    let Some(bytes) = witness.answer(name, key)? else { return Ok(None) };
    let value = T::decode_all(&mut bytes.as_slice());
    value.map(Some).map_err(|error| Refusal::at(Place::Record(name), format!("it can't be decoded: {error}")))
}

/// Reads a record that has to be there.
pub(super) fn need<T: Decode + Encode>(
    witness: &mut dyn Witness,
    name: &'static str,
    key: &[u8],
) -> Result<T, Refusal> {
    read(witness, name, key)?.ok_or_else(|| Refusal::at(Place::Record(name), "the state has no such record"))
}

/// The values of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode)]
pub(super) struct Values(pub(super) Vec<Option<Vec<u8>>>);

impl Decode for Values {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let count = Compact::<u32>::decode(input)?.0 as usize;
        if count > VALUES_MAX {
            return Err("more values than any file needs".into());
        }
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(match input.read_byte()? {
                0 => None,
                1 => Some(crate::bounded::bytes(input, VALUE_BYTES_MAX)?),
                _ => return Err("neither a value nor none".into()),
            });
        }
        Ok(Self(values))
    }
}

/// A witness that reads a state and keeps what it answered.
pub struct Recorder<'a> {
    state: &'a dyn StateRead,
    values: Values,
    keys: Vec<H256>,
    answered: BTreeMap<H256, usize>,
}

impl<'a> Recorder<'a> {
    /// A witness of a state.
    #[must_use]
    pub fn new(state: &'a dyn StateRead) -> Self {
        Self { state, values: Values::default(), keys: Vec::new(), answered: BTreeMap::new() }
    }

    /// What was answered, and the tree's keys of it, which the file's proof must cover.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Option<Vec<u8>>>, Vec<H256>) {
        (self.values.0, self.keys)
    }
}

impl Witness for Recorder<'_> {
    fn answer(&mut self, _: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let leaf = leaf_key(key);
        if let Some(at) = self.answered.get(&leaf) {
            return Ok(self.values.0[*at].clone());
        }
        let value = self.state.get(key);
        self.answered.insert(leaf, self.values.0.len());
        self.keys.push(leaf);
        self.values.0.push(value.clone());
        Ok(value)
    }
}

/// A witness that has a file's values only.
pub(super) struct Replay<'a> {
    values: core::slice::Iter<'a, Option<Vec<u8>>>,
    answered: BTreeMap<H256, &'a Option<Vec<u8>>>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(values: &'a [Option<Vec<u8>>]) -> Self {
        Self { values: values.iter(), answered: BTreeMap::new() }
    }

    /// What was asked and answered, for the proof to cover; refused where the file has values that nobody asked for.
    pub(super) fn into_asked(self) -> Result<Vec<Asked>, Refusal> {
        match self.values.len() {
            0 => Ok(self.answered.into_iter().map(|(leaf, value)| (leaf, value.as_deref().map(value_hash))).collect()),
            more => Err(Refusal::at(Place::File, format!("it has {more} values of the state that nothing needs"))),
        }
    }
}

impl Witness for Replay<'_> {
    fn answer(&mut self, name: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let leaf = leaf_key(key);
        if let Some(value) = self.answered.get(&leaf) {
            return Ok((*value).clone());
        }
        let missing = || Refusal::at(Place::Record(name), "the file ends before it");
        let value = self.values.next().ok_or_else(missing)?;
        self.answered.insert(leaf, value);
        Ok(value.clone())
    }
}
