//! A life in a file: every block of a server's chain, and what proves that these are all of them.

use std::collections::BTreeSet;

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::ledger::{
    EndReason, EntityBlock, MetaBlock, MetaTx, Relation, RelationKind, ServerId, Usage,
};
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::tree::{MultiProof, Proof};
use tierchain_primitives::{AccountId, BlockNumber, H256};

use super::anchor::{self, Anchor, AsOf, Link, Links};
use super::facts::{CustodyFact, Facts, Visit};
use super::file::{self, Kind, Reader};
use super::included::{self, Included, Includeds};
use super::lived::Lived;
use super::packed::Before;
use super::refusal::{Place, Refusal, ensure, ensure_equal};
use super::witness::{Recorder, Replay, Values};

/// What a meta block says the chain was the chain of: a server.
const SERVER_KIND: u8 = 0;

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

/// What a life's file proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifeReport {
    /// The chain of which it is.
    pub genesis: H256,
    /// The server and which of its lives.
    pub server: ServerId,
    /// As of when.
    pub as_of: AsOf,
    /// What the state says.
    pub facts: Facts,
    /// What the blocks tell.
    pub lived: Lived,
    /// Hash of each block, in order.
    pub hashes: Vec<H256>,
    /// Who wrote how many of the blocks, in the order of their first ones.
    pub writers: Vec<(AccountId, u32)>,
    /// The block that links its end.
    pub meta: Option<MetaBlock>,
    /// How many signed extrinsics were checked; none where the file has none.
    pub extrinsics: Option<u32>,
    /// Bytes of the file.
    pub bytes: usize,
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
    /// that the chain names ([`Lived::visits`]) and the meta block of its record, if there is one. `prove` proves a key
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

/// Checks a life from the genesis hash on.
pub(super) fn verify(reader: &mut Reader<'_>, bytes: &[u8], genesis: &H256) -> Result<LifeReport, Refusal> {
    let (file, epochs) = read(reader, genesis)?;
    reader.end(bytes, &file.to_bytes())?;
    let extrinsics = file.extrinsics.as_deref();
    let carried: BTreeSet<BlockNumber> = extrinsics.unwrap_or_default().iter().map(|one| one.block).collect();
    let anchor = anchor::check(&file.head.links, &carried, genesis, &epochs)?;
    let lived = Lived::of(&file.blocks).map_err(|(number, reason)| Refusal::at(Place::Block(number), reason))?;
    let facts = prove(&file.head, &lived, &anchor).map_err(|error| blame(&file, error))?;
    agree_on_blocks(&file.blocks, &facts)?;
    agree_on_life(&file.head, &facts, &lived, genesis)?;
    agree_on_meta(&file.head, &facts, &lived, genesis)?;
    if let Some(extrinsics) = extrinsics {
        included::check(extrinsics, &file.head.links, &file.blocks, genesis)?;
    }
    let count = |all: &[Included]| u32::try_from(all.len()).unwrap_or(u32::MAX);
    Ok(LifeReport {
        genesis: *genesis,
        server: file.head.server,
        as_of: anchor.as_of,
        facts,
        lived,
        hashes: file.blocks.iter().map(|block| block.hash).collect(),
        writers: writers(&file.blocks),
        extrinsics: extrinsics.map(count),
        meta: file.head.meta,
        bytes: bytes.len(),
    })
}

/// What the state says of a life that its chain tells so.
fn prove(head: &Head, lived: &Lived, anchor: &Anchor) -> Result<Facts, Refusal> {
    let mut replay = Replay::new(&head.values);
    let now = anchor.as_of.time.saturating_mul(1_000);
    let facts = Facts::gather(&mut replay, &head.server, &lived.visits(), now)?;
    let proven = head.proof.verify(&anchor.state_root, &replay.into_asked()?);
    proven.map_err(|error| Refusal::at(Place::Network(anchor.as_of.block), format!("its state: {error}")))?;
    Ok(facts)
}

/// Which values a file needs follows from its chain. So where they don't fit, and the record counts other blocks, it is
/// the chain that is to blame.
fn blame(file: &LifeFile, error: Refusal) -> Refusal {
    let agreed = file.head.length().map(|length| agree_on_length(&file.blocks, length));
    if let Ok(Err(blocks)) = agreed { blocks } else { error }
}

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

/// The chain is as long as the state says, ends where it says, and each hash has its zero bits.
fn agree_on_blocks(blocks: &[EntityBlock], facts: &Facts) -> Result<(), Refusal> {
    let record = &facts.server;
    let bits = u32::from(facts.parameters.block_nonce_bits);
    for block in blocks {
        let found = block.hash.leading_zero_bits();
        let reason = || format!("its hash {} has {found} leading zero bits, and {bits} are asked for", block.hash);
        ensure(found >= bits, Place::Block(block.number), reason())?;
    }
    agree_on_length(blocks, record.length)?;
    let (first, last) = (blocks.first(), blocks.last());
    let birth = first.map(|block| block.hash);
    ensure_equal(Place::Block(0), "its hash", &birth, &Some(record.birth_hash))?;
    let head = last.map(|block| block.hash);
    ensure_equal(Place::Block(record.length.saturating_sub(1)), "the chain's last hash", &head, &Some(record.head))
}

/// The chain has as many blocks as the state says.
fn agree_on_length(blocks: &[EntityBlock], length: u32) -> Result<(), Refusal> {
    let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
    if count < length {
        let reason = format!("it is missing: the state counts {length} blocks and the file has {count}");
        return Err(Refusal::at(Place::Block(count), reason));
    }
    ensure(count == length, Place::Block(length), "the state knows no such block")
}

/// The record says what the blocks tell.
fn agree_on_life(head: &Head, facts: &Facts, lived: &Lived, genesis: &H256) -> Result<(), Refusal> {
    let (record, entry) = (&facts.server, &facts.entry);
    let place = || Place::Record("Chains.Servers");
    let announced = &lived.announcement;
    ensure_equal(place(), "its chain", &record.chain, &head.server.chain(genesis))?;
    ensure_equal(place(), "its ownership", &record.ownership, &announced.ownership)?;
    ensure_equal(place(), "its tracker", &record.tracker, &announced.tracker)?;
    ensure_equal(place(), "its birth", &record.born, &lived.born)?;
    ensure_equal(place(), "its host", &record.host, &lived.host)?;
    ensure_equal(place(), "where it moves", &record.moving_to, &lived.moving_to)?;
    ensure_equal(place(), "its resources", &record.resources, &lived.resources)?;
    ensure_equal(place(), "its state", &record.state, &lived.state)?;
    ensure_equal(place(), "its last time", &record.last_at, &lived.last_at)?;
    let end = record.end.map(|end| (end.at, end.noted, end.reason));
    ensure_equal(place(), "its end", &end, &lived.end)?;
    ensure(record.usage.0 == lived.usage, place(), "its usage isn't what the blocks add up to")?;
    let since = lived.intervals.last().map_or(lived.born, |interval| interval.from);
    ensure_equal(place(), "since when it is in its state", &record.state_since, &since)?;
    let place = || Place::Record("Chains.TenantServers");
    ensure_equal(place(), "its server", &entry.server, &head.server)?;
    ensure_equal(place(), "its birth", &entry.born, &lived.born)?;
    ensure_equal(place(), "its end", &entry.ended, &lived.end.map(|(at, _, _)| at))?;
    let reason = "its place isn't below the length of its tenant's list";
    ensure(record.tenant_index < facts.tenant_lives, place(), reason)
}

/// The meta block is the one that the state names, and says what the blocks tell.
fn agree_on_meta(head: &Head, facts: &Facts, lived: &Lived, genesis: &H256) -> Result<(), Refusal> {
    let record = &facts.server;
    let (meta, anchored) = match (&head.meta, &record.anchored) {
        (None, None) => return Ok(()),
        (Some(meta), Some(anchored)) => (meta, anchored),
        (None, Some(_)) => return Err(Refusal::at(Place::Meta, "it is missing: the state says that there is one")),
        (Some(_), None) => return Err(Refusal::at(Place::Meta, "the state knows of none")),
    };
    ensure_equal(Place::Meta, "its hash", &meta.hash, &meta.computed_hash())?;
    ensure_equal(Place::Meta, "its hash", &meta.hash, &anchored.hash)?;
    ensure_equal(Place::Meta, "its meta-chain", &meta.meta, &record.ownership.meta(genesis))?;
    ensure_equal(Place::Meta, "its place", &(meta.meta, meta.number), &(anchored.meta, anchored.number))?;
    let bits = u32::from(facts.parameters.block_nonce_bits);
    ensure(meta.hash.leading_zero_bits() >= bits, Place::Meta, "its hash lacks the leading zero bits")?;
    let tx = &meta.tx;
    ensure_equal(Place::Meta, "its chain", &(tx.chain, tx.kind), &(record.chain, SERVER_KIND))?;
    ensure_equal(Place::Meta, "its birth hash", &tx.birth_hash, &record.birth_hash)?;
    ensure_equal(Place::Meta, "its end hash", &tx.end_hash, &record.head)?;
    ensure_equal(Place::Meta, "its number of blocks", &tx.blocks, &record.length)?;
    let times = lived.end.map(|(at, _, reason)| (lived.born, at, reason));
    ensure_equal(Place::Meta, "its times", &Some((tx.born, tx.ended, tx.reason)), &times)?;
    ensure(tx.usage == lived.usage, Place::Meta, "its usage isn't what the blocks add up to")?;
    ensure_equal(Place::Meta, "its relations", &tx.relations, &relations(head.server, lived, genesis))
}

/// The chains that a life comes from: its own earlier one, and those that were declared.
fn relations(server: ServerId, lived: &Lived, genesis: &H256) -> Vec<Relation> {
    let before = server.generation.checked_sub(1).map(|generation| ServerId { generation, ..server });
    let before = before.map(|life| Relation { kind: RelationKind::Predecessor, chain: life.chain(genesis) });
    let declared = lived.announcement.relations.iter();
    let declared = declared.map(|it| Relation { kind: it.kind, chain: it.server.chain(genesis) });
    before.into_iter().chain(declared).collect()
}

fn writers(blocks: &[EntityBlock]) -> Vec<(AccountId, u32)> {
    let mut writers: Vec<(AccountId, u32)> = Vec::new();
    for block in blocks {
        match writers.iter_mut().find(|(writer, _)| *writer == block.tx.writer) {
            Some((_, count)) => *count += 1,
            None => writers.push((block.tx.writer, 1)),
        }
    }
    writers
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

/// A time for which nobody says that the server's host was watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unattested {
    /// The host.
    pub host: H256,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
}

impl LifeReport {
    /// Whether the server was in that region all its life: every host that ran it stands there, and every host that it
    /// was to move to. Regions are those that the registry has as of the report's block.
    ///
    /// # Errors
    /// The host that stands elsewhere.
    pub fn never_left(&self, region: &str) -> Result<(), &CustodyFact> {
        let elsewhere = self.facts.hosts.iter().find(|custody| custody.data_center.region != region);
        elsewhere.map_or(Ok(()), Err)
    }

    /// The block in which the chain names a host first.
    #[must_use]
    pub fn named_first(&self, host: &H256) -> u32 {
        self.lived.named_in.iter().find(|(named, _)| named == host).map_or(0, |(_, block)| *block)
    }

    /// Where a host stands.
    #[must_use]
    pub fn custody(&self, host: &H256) -> Option<&CustodyFact> {
        self.facts.hosts.iter().find(|custody| custody.host.id == *host)
    }

    /// The times for which nobody says that the server's host was watched, in order.
    #[must_use]
    pub fn unattested(&self) -> Vec<Unattested> {
        let now = self.as_of.time.saturating_mul(1_000);
        let mut all = Vec::new();
        for stay in &self.lived.stays {
            let (begin, end) = (stay.from, stay.until.unwrap_or(now));
            let Some(custody) = self.custody(&stay.host) else { continue };
            // What is watched lies between `from` and `until`, but for the gaps.
            let (from, until) = custody.attested.map_or((end, end), |it| (it.from, it.until));
            let before = core::iter::once((begin, from));
            let within = custody.gaps.iter().map(|gap| (gap.from, gap.to));
            let after = core::iter::once((until, end));
            for (from, until) in before.chain(within).chain(after) {
                let (from, until) = (from.max(begin), until.min(end));
                if from < until {
                    all.push(Unattested { host: stay.host, from, until });
                }
            }
        }
        all
    }
}
