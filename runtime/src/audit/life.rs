//! A life in a file: every block of a server's chain, and what proves that these are all of them.

mod check;
mod report;

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_primitives::H256;
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::ledger::{EndReason, EntityBlock, MetaBlock, MetaTx, ServerId, Usage};
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::tree::{MultiProof, Proof};

pub(super) use self::check::verify;
pub use self::report::{LifeReport, Unattested};
use super::anchor::{self, Link, Links};
use super::facts::{Facts, Visit};
use super::file::{self, Kind, Reader};
use super::included::{Included, Includeds};
use super::packed::Before;
use super::refusal::{Place, Refusal};
use super::witness::{Recorder, Values};

/// All of a life but its blocks: what changes with each block of the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The headers that name the state, ascending.
    pub links: Vec<Link>,
    /// Which life.
    pub server: ServerId,
    /// What the state says of it, in the order of [`Facts::gather`].
    pub values: Vec<Option<Vec<u8>>>,
    /// That the state says so.
    pub proof: MultiProof,
    /// The block that links its end, where it is linked.
    pub meta: Option<MetaBlock>,
}

/// A life that proves itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifeFile {
    /// The validator sets since genesis.
    pub lineage: Lineage,
    /// What the state says.
    pub head: Head,
    /// Every block of its chain.
    pub blocks: Vec<EntityBlock>,
    /// The signed extrinsics that carried its events, in the order in which its blocks name them first, where they were
    /// asked for. Their blocks' headers are among the head's.
    pub extrinsics: Option<Vec<Included>>,
}

impl Encode for Head {
    fn encode_to<T: parity_scale_codec::Output + ?Sized>(&self, dest: &mut T) {
        let Self { links, server, values, proof, meta } = self;
        links.encode_to(dest);
        server.encode_to(dest);
        values.encode_to(dest);
        proof.encode_to(dest);
        meta.encode_to(dest);
    }
}

impl Decode for Head {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let links = Links::decode(input)?.0;
        let server = ServerId::decode(input)?;
        let values = Values::decode(input)?.0;
        let proof = MultiProof::decode(input)?;
        Ok(Self { links, server, values, proof, meta: OptionalMeta::decode(input)?.0 })
    }
}

impl Head {
    /// Puts it together from the state after the block that the links' last header names as `executed`, with the hosts
    /// that the chain names ([`Lived::visits`](super::Lived::visits)) and the meta block of its record, if there is one. `prove` proves a key
    /// of that state's tree.
    ///
    /// # Errors
    /// When the server has no such life, or what belongs to it is missing.
    pub fn build(
        state: &dyn StateRead,
        links: Vec<Link>,
        server: ServerId,
        visits: &[Visit],
        meta: Option<MetaBlock>,
        prove: impl Fn(&H256) -> Proof,
    ) -> Result<Self, Refusal> {
        let links = anchor::tidy(links);
        let now = anchor::time_of_state(&links)?.saturating_mul(1_000);
        let mut recorder = Recorder::new(state);
        Facts::gather(&mut recorder, &server, visits, now)?;
        let (values, keys) = recorder.into_parts();
        let proof = MultiProof::join(keys.into_iter().map(|key| (key, prove(&key))).collect());
        Ok(Self { links, server, values, proof, meta })
    }

    /// Adds the headers of the blocks that carried extrinsics.
    pub fn add_links(&mut self, links: impl IntoIterator<Item = Link>) {
        let all = core::mem::take(&mut self.links).into_iter().chain(links);
        self.links = anchor::tidy(all.collect());
    }

    /// Up to which block the state says that the chain goes.
    ///
    /// # Errors
    /// When the values aren't those of a life.
    pub fn length(&self) -> Result<u32, Refusal> {
        // Neither hosts nor proof matter here: the record is the second value of all.
        let record = self.values.get(1).and_then(Option::as_deref).unwrap_or_default();
        let decoded = crate::chains::Server::decode(&mut &*record);
        decoded.map(|server| server.length).map_err(|error| Refusal::at(Place::Record("Chains.Servers"), error))
    }
}

impl LifeFile {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = file::start(Kind::Life);
        self.lineage.encode_to(&mut bytes);
        self.head.encode_to(&mut bytes);
        Compact(self.blocks.len() as u64).encode_to(&mut bytes);
        let mut before = Before::birth(self.head.server, &self.lineage.genesis.hash());
        for block in &self.blocks {
            before.pack(block, &mut bytes);
        }
        self.extrinsics.encode_to(&mut bytes);
        file::finish(bytes)
    }
}

/// Most relations of a meta block.
const RELATIONS_MAX: usize = 8;

/// A meta block on its way in: its relations are bounded before they are read.
struct OptionalMeta(Option<MetaBlock>);

impl Decode for OptionalMeta {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        match input.read_byte()? {
            0 => return Ok(Self(None)),
            1 => {}
            _ => return Err("neither a meta block nor none".into()),
        }
        let (meta, number) = (H256::decode(input)?, u32::decode(input)?);
        let (prev, nonce) = (H256::decode(input)?, u64::decode(input)?);
        let tx = MetaTx {
            chain: H256::decode(input)?,
            kind: u8::decode(input)?,
            birth_hash: H256::decode(input)?,
            end_hash: H256::decode(input)?,
            blocks: u32::decode(input)?,
            born: Micros::decode(input)?,
            ended: Micros::decode(input)?,
            usage: Usage::decode(input)?,
            reason: EndReason::decode(input)?,
            relations: crate::bounded::list(input, RELATIONS_MAX)?,
        };
        Ok(Self(Some(MetaBlock { meta, number, prev, nonce, tx, hash: H256::decode(input)? })))
    }
}

/// Reads a file's parts, and checks what leads from the genesis hash to its validators: blocks are of one chain only.
fn read(reader: &mut Reader<'_>, genesis: &H256) -> Result<(LifeFile, Epochs), Refusal> {
    let lineage: Lineage = reader.take(&Place::Lineage)?;
    let epochs = lineage.verify(genesis).map_err(|error| Refusal::at(Place::Lineage, error))?;
    let links: Links = reader.take(&Place::Part("the headers"))?;
    let server: ServerId = reader.take(&Place::Part("the server's id"))?;
    let values: Values = reader.take(&Place::Part("the values of the state"))?;
    let proof: MultiProof = reader.take(&Place::Part("the proof of the state"))?;
    let meta = reader.take::<OptionalMeta>(&Place::Meta)?.0;
    let head = Head { links: links.0, server, values: values.0, proof, meta };
    let count: u64 = reader.take::<Compact<u64>>(&Place::Part("the number of blocks"))?.0;
    let mut before = Before::birth(head.server, genesis);
    // The count is only announced so far: memory is taken as blocks arrive.
    let mut blocks = Vec::new();
    for number in 0..count {
        let place = || Place::Block(u32::try_from(number).unwrap_or(u32::MAX));
        blocks.push(before.unpack(&mut reader.0).map_err(|reason| Refusal::at(place(), reason))?);
    }
    let extrinsics: Option<Includeds> = reader.take(&Place::Part("the extrinsics"))?;
    let extrinsics = extrinsics.map(|extrinsics| extrinsics.0);
    Ok((LifeFile { lineage, head, blocks, extrinsics }, epochs))
}
