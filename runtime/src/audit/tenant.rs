//! A tenant's lives in a file: all of them, so that what isn't there isn't on this ledger.

use std::collections::BTreeSet;

use parity_scale_codec::{Decode, DecodeAll, Encode, Error, Input};
use tierchain_primitives::H256;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::tree::{MultiProof, Proof};

use super::anchor::{self, AsOf, Link, Links};
use super::file::{self, Kind, Reader};
use super::refusal::{Place, Refusal, ensure};
use super::witness::{Recorder, Replay, Values, Witness, need, read};
use crate::bounded;
use crate::chains::{TENANT_SERVER_COUNT, TENANT_SERVERS, TenantEntry};

/// Most entries of one part: a list of any length comes in parts, each proven by a state of its own.
pub const TENANT_PART_MAX: u64 = 2_048;

/// Most parts of a file.
const PARTS_MAX: usize = 8_192;

/// All lives of a tenant's servers.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct TenantFile {
    /// The validator sets since genesis.
    pub lineage: Lineage,
    /// Whose lives.
    pub tenant: H256,
    /// Its list, in parts that follow on one another. The state of none is older than that of the first, whose length
    /// of the list is the one that counts.
    pub parts: Vec<TenantPart>,
}

/// A part of a tenant's list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantPart {
    /// The headers that name the state, ascending.
    pub links: Vec<Link>,
    /// The list's length, and the part's entries.
    pub values: Vec<Option<Vec<u8>>>,
    /// That the state says so.
    pub proof: MultiProof,
}

/// What a tenant's file proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantReport {
    /// The chain of which it is.
    pub genesis: H256,
    /// Whose lives.
    pub tenant: H256,
    /// As of when they are all: the state of the first part.
    pub as_of: AsOf,
    /// Every life, in the order in which the ledger took their births.
    pub lives: Vec<TenantEntry>,
    /// Bytes of the file.
    pub bytes: usize,
}

impl Encode for TenantPart {
    fn encode_to<T: parity_scale_codec::Output + ?Sized>(&self, dest: &mut T) {
        let Self { links, values, proof } = self;
        links.encode_to(dest);
        values.encode_to(dest);
        proof.encode_to(dest);
    }
}

impl Decode for TenantPart {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let (links, values) = (Links::decode(input)?.0, Values::decode(input)?.0);
        Ok(Self { links, values, proof: MultiProof::decode(input)? })
    }
}

impl Decode for TenantFile {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let (lineage, tenant) = (Lineage::decode(input)?, H256::decode(input)?);
        Ok(Self { lineage, tenant, parts: bounded::list(input, PARTS_MAX)? })
    }
}

impl TenantFile {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = file::start(Kind::Tenant);
        self.encode_to(&mut bytes);
        file::finish(bytes)
    }
}

impl TenantPart {
    /// Puts it together from the state after the block that the links' last header names as `executed`: the entries from
    /// `from` on, up to the list's end or to that of a list that had `until` entries. `prove` proves a key of that
    /// state's tree.
    ///
    /// # Errors
    /// When an entry is missing.
    pub fn build(
        state: &dyn StateRead,
        links: Vec<Link>,
        tenant: &H256,
        from: u64,
        until: Option<u64>,
        prove: impl Fn(&H256) -> Proof,
    ) -> Result<Self, Refusal> {
        let mut recorder = Recorder::new(state);
        Self::gather(&mut recorder, tenant, from, until)?;
        let (values, keys) = recorder.into_parts();
        let proof = MultiProof::join(keys.into_iter().map(|key| (key, prove(&key))).collect());
        Ok(Self { links: anchor::tidy(links), values, proof })
    }

    /// How long the list is by the state that this part is of.
    ///
    /// # Errors
    /// When its first value isn't a length.
    pub fn count(&self) -> Result<u64, Refusal> {
        let Some(Some(bytes)) = self.values.first() else { return Ok(0) };
        let decoded = u64::decode_all(&mut bytes.as_slice());
        decoded.map_err(|error| Refusal::at(Place::Record("Chains.TenantServerCount"), error))
    }

    /// How many entries it has.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.values.len().saturating_sub(1) as u64
    }

    /// Asks for the records of a part that begins with entry `from` and goes to the list's end, or to that of a list
    /// that had `until` entries: the list's length, and the entries.
    ///
    /// # Errors
    /// When a record is missing or isn't one.
    pub fn gather(
        witness: &mut dyn Witness,
        tenant: &H256,
        from: u64,
        until: Option<u64>,
    ) -> Result<(u64, Vec<TenantEntry>), Refusal> {
        let count = read(witness, "Chains.TenantServerCount", &TENANT_SERVER_COUNT.key(tenant))?;
        let count: u64 = count.unwrap_or(0);
        let end = until.unwrap_or(count).min(count).min(from.saturating_add(TENANT_PART_MAX));
        let entries = (from..end).map(|at| need(witness, "Chains.TenantServers", &TENANT_SERVERS.key(&(*tenant, at))));
        let entries = entries.collect::<Result<_, _>>()?;
        Ok((count, entries))
    }
}

/// Checks a tenant's file from the genesis hash on.
pub(super) fn verify(reader: &mut Reader<'_>, bytes: &[u8], genesis: &H256) -> Result<TenantReport, Refusal> {
    let lineage: Lineage = reader.take(&Place::Lineage)?;
    let epochs = lineage.verify(genesis).map_err(|error| Refusal::at(Place::Lineage, error))?;
    let tenant: H256 = reader.take(&Place::Part("the tenant's id"))?;
    let parts: Parts = reader.take(&Place::Part("the parts"))?;
    let file = TenantFile { lineage, tenant, parts: parts.0 };
    reader.end(bytes, &file.to_bytes())?;
    let (first, rest) = file.parts.split_first().ok_or_else(|| Refusal::at(Place::File, "it has no part"))?;
    let (as_of, count, mut lives) = part(first, &tenant, 0, None, genesis, &epochs)?;
    for next in rest {
        let from = lives.len() as u64;
        ensure(from < count, Place::Entry(from), "a part follows the list's end")?;
        let (at, _, more) = part(next, &tenant, from, Some(count), genesis, &epochs)?;
        ensure(at.block >= as_of.block, Place::Entry(from), "its part is of a state older than the first one's")?;
        ensure(!more.is_empty(), Place::Entry(from), "it is missing: its part is empty")?;
        lives.extend(more);
    }
    let found = lives.len() as u64;
    ensure(found == count, Place::Entry(found), format!("it is missing: the list has {count} entries"))?;
    Ok(TenantReport { genesis: *genesis, tenant, as_of, lives, bytes: bytes.len() })
}

/// Parts on their way in.
struct Parts(Vec<TenantPart>);

impl Decode for Parts {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        bounded::list(input, PARTS_MAX).map(Self)
    }
}

fn part(
    part: &TenantPart,
    tenant: &H256,
    from: u64,
    until: Option<u64>,
    genesis: &H256,
    epochs: &Epochs,
) -> Result<(AsOf, u64, Vec<TenantEntry>), Refusal> {
    let anchor = anchor::check(&part.links, &BTreeSet::new(), genesis, epochs)?;
    let mut replay = Replay::new(&part.values);
    let (count, entries) = TenantPart::gather(&mut replay, tenant, from, until)?;
    let proven = part.proof.verify(&anchor.state_root, &replay.into_asked()?);
    proven.map_err(|error| Refusal::at(Place::Network(anchor.as_of.block), format!("its state: {error}")))?;
    Ok((anchor.as_of, count, entries))
}

impl TenantReport {
    /// The lives that lasted at some time from `from` until before `until`; none of them: the tenant had nothing then
    /// on this ledger.
    pub fn lives_between(&self, from: Micros, until: Micros) -> impl Iterator<Item = &TenantEntry> {
        let lasted = move |life: &&TenantEntry| life.born < until && life.ended.is_none_or(|ended| ended > from);
        self.lives.iter().filter(lasted)
    }
}
