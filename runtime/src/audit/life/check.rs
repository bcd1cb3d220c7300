//! Whether a life's file holds: what its parts prove, and that they agree.

use std::collections::BTreeSet;

use tierchain_primitives::ledger::{EntityBlock, Relation, RelationKind, ServerId};
use tierchain_primitives::{AccountId, BlockNumber, H256};

use super::report::LifeReport;
use super::{Head, LifeFile, read};
use crate::audit::anchor::{self, Anchor};
use crate::audit::facts::Facts;
use crate::audit::file::Reader;
use crate::audit::included::{self, Included};
use crate::audit::lived::Lived;
use crate::audit::refusal::{Place, Refusal, ensure, ensure_equal};
use crate::audit::witness::Replay;

/// What a meta block says the chain was the chain of: a server.
const SERVER_KIND: u8 = 0;

/// Checks a life from the genesis hash on.
pub(in crate::audit) fn verify(reader: &mut Reader<'_>, bytes: &[u8], genesis: &H256) -> Result<LifeReport, Refusal> {
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
