//! Snapshots: what was cut is assembled to the same state, and nothing else is.

use std::collections::BTreeMap;

use parity_scale_codec::{Decode, DecodeAll, Encode};
use proptest::prelude::*;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::Header;
use tierchain_primitives::{Epoch, H256};
use tierchain_replica::snapshot::{
    Assembly, Chunk, ChunkFault, ChunkKind, Contents, Foundation, LedgerFault, LedgerPart, Manifest, ManifestError,
    SnapshotFault,
};
use tierchain_runtime::system;

use crate::snapshot_world::{Store, World};

/// Assembles chunks as a body does.
fn assemble(contents: &Contents, chunks: &[Vec<u8>]) -> Result<Assembled, SnapshotFault> {
    let mut assembly = Assembly::new(contents.clone());
    let mut made = Assembled::default();
    for chunk in chunks {
        let piece = assembly.take(chunk, &made.store)?;
        made.put(piece);
    }
    let Foundation { header, root, newest_nonempty, rest } = assembly.finish(&made.store)?;
    made.put(rest);
    Ok(Assembled { base: Some((header, root, newest_nonempty)), ..made })
}

#[derive(Default, Debug)]
struct Assembled {
    store: Store,
    headers: Vec<(H256, Header)>,
    parts: Vec<LedgerPart>,
    base: Option<(Header, H256, u32)>,
}

impl Assembled {
    fn put(&mut self, piece: tierchain_replica::snapshot::Piece) {
        self.store.state.extend(piece.entries);
        Store::apply(&mut self.store.pages, &piece.pages);
        self.headers.extend(piece.headers);
        self.parts.extend(piece.heights);
    }
}

/// A state without what the snapshot of its block leaves out.
fn without_happenings(state: &BTreeMap<Vec<u8>, Vec<u8>>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let left_out = [system::EVENTS.key(), system::EVENT_COUNT.key(), system::EXTRINSIC_COUNT.key()];
    let mut state = state.clone();
    state.retain(|key, _| left_out.iter().all(|other| other != &key[..]));
    state
}

fn assert_same(world: &World, named_by: u32) {
    let (manifest, chunks) = world.snapshot(named_by);
    assert!(manifest.check(&world.genesis.hash, world.epochs()).is_ok());
    let made = assemble(&manifest.contents, &chunks).expect("an honest snapshot");
    let height = manifest.contents.height as usize;
    let (header, root, newest_nonempty) = made.base.expect("it was finished");
    assert_eq!((&header, root), (&world.blocks[height - 1].header, world.roots[height]));
    assert_eq!(made.store.state, without_happenings(&world.states[height]));
    let expected: Vec<_> = world.parts.iter().filter(|part| part.height as usize <= height).cloned().collect();
    assert_eq!(made.parts, expected);
    let nonempty = world.blocks[..height].iter().rfind(|block| !block.body.is_empty());
    assert_eq!(newest_nonempty, nonempty.map_or(0, |block| block.header.number));
    let hashes: Vec<H256> = world.blocks[..height].iter().map(|block| block.header.hash()).collect();
    assert_eq!(made.headers.iter().map(|(hash, _)| *hash).collect::<Vec<_>>(), hashes);
}

#[test]
fn every_block_of_a_chain_names_a_snapshot_that_gives_its_state_again() {
    let world = World::with_servers(4, 12);
    for named_by in 4..=world.height() {
        assert_same(&world, named_by);
    }
}

#[test]
fn the_tree_that_was_built_anew_is_the_one_that_grew() {
    let world = World::with_servers(3, 9);
    // Its last three blocks are empty: since the one that the last names, no leaf has changed.
    let (manifest, chunks) = world.snapshot(world.height());
    let made = assemble(&manifest.contents, &chunks).expect("an honest snapshot");
    assert_eq!(made.store.pages, world.store.pages, "pages are a function of the leaves");
    let (manifest, chunks) = world.snapshot(world.height() - 1);
    let made = assemble(&manifest.contents, &chunks).expect("an honest snapshot");
    assert_ne!(made.store.pages, world.store.pages);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_chain_is_given_again(servers in 1u8..6, rounds in 0u32..20, back in 0u32..4) {
        let world = World::with_servers(servers, rounds);
        assert_same(&world, (world.height() - back).max(4));
    }
}

#[test]
fn chunks_are_checked_alone_and_in_any_order() {
    let world = World::with_servers(4, 12);
    let (manifest, chunks) = world.snapshot(world.height());
    let infos = &manifest.contents.chunks;
    for at in (0..chunks.len()).rev() {
        assert!(Chunk::open(&infos[at], &chunks[at]).is_ok());
        for (other, info) in infos.iter().enumerate().filter(|(other, _)| *other != at) {
            let refused = Chunk::open(info, &chunks[at]).expect_err("another chunk's bytes");
            let expected = info.hash;
            assert_eq!(refused, ChunkFault::Hash { found: infos[at].hash, expected }, "{other}");
        }
    }
}

#[test]
fn a_chunk_with_any_byte_flipped_is_refused() {
    let world = World::with_servers(2, 4);
    let (manifest, chunks) = world.snapshot(world.height());
    for (info, chunk) in manifest.contents.chunks.iter().zip(&chunks) {
        for at in 0..chunk.len() {
            let mut flipped = chunk.clone();
            flipped[at] ^= 1 << (at % 8);
            assert!(matches!(Chunk::open(info, &flipped), Err(ChunkFault::Hash { .. })), "{:?} {at}", info.kind);
        }
    }
}

#[test]
fn a_flipped_byte_is_found_even_where_the_manifest_agrees_with_it() {
    let world = World::with_servers(2, 6);
    let (manifest, chunks) = world.snapshot(world.height());
    let mut tried = 0;
    for index in 0..chunks.len() {
        for at in 0..chunks[index].len() {
            let (mut contents, mut chunks) = (manifest.contents.clone(), chunks.clone());
            chunks[index][at] ^= 1 << (at % 8);
            contents.chunks[index].hash = sha256(&[&chunks[index]]);
            assert!(assemble(&contents, &chunks).is_err(), "{:?}, byte {at}", contents.chunks[index].kind);
            tried += 1;
        }
    }
    assert!(tried > 5_000, "{tried} bytes");
}

#[test]
fn a_manifest_with_any_byte_flipped_is_refused() {
    let world = World::with_servers(2, 4);
    let (manifest, _) = world.snapshot(world.height());
    let (digest, bytes) = (manifest.contents.digest(), manifest.encode());
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let Ok(flipped) = Manifest::decode_all(&mut flipped.as_slice()) else { continue };
        let is_other = flipped.contents.digest() != digest;
        assert!(is_other || flipped.check(&world.genesis.hash, world.epochs()).is_err(), "byte {at}");
    }
}

/// A lie that the manifest agrees with: all hashes are right.
fn lie(manifest: &Manifest, kind: ChunkKind, chunk: &impl Encode, chunks: &[Vec<u8>]) -> SnapshotFault {
    let (mut contents, mut chunks) = (manifest.contents.clone(), chunks.to_vec());
    let index = contents.chunks.iter().position(|info| info.kind == kind).expect("one of each kind");
    chunks[index] = chunk.encode();
    contents.chunks[index].hash = sha256(&[&chunks[index]]);
    contents.chunks[index].bytes = u32::try_from(chunks[index].len()).expect("short");
    assemble(&contents, &chunks).expect_err("a lie")
}

fn items<T: Decode>(manifest: &Manifest, kind: ChunkKind, chunks: &[Vec<u8>]) -> Vec<T> {
    let index = manifest.contents.chunks.iter().position(|info| info.kind == kind).expect("one of each kind");
    Vec::decode_all(&mut chunks[index].as_slice()).expect("an honest chunk")
}

#[test]
fn what_is_left_out_or_added_is_missed() {
    let world = World::with_servers(3, 9);
    let (manifest, chunks) = world.snapshot(world.height());

    let headers: Vec<Header> = items(&manifest, ChunkKind::Headers, &chunks);
    assert_eq!(lie(&manifest, ChunkKind::Headers, &headers[1..].to_vec(), &chunks), SnapshotFault::Unjoined(0));
    let short = headers[..headers.len() - 1].to_vec();
    assert_eq!(lie(&manifest, ChunkKind::Headers, &short, &chunks), SnapshotFault::Headers);

    let state: Vec<(Vec<u8>, Vec<u8>)> = items(&manifest, ChunkKind::State, &chunks);
    let short = state[1..].to_vec();
    assert!(matches!(lie(&manifest, ChunkKind::State, &short, &chunks), SnapshotFault::Root { .. }));
    let mut other = state.clone();
    other.insert(0, (vec![0], vec![1]));
    assert!(matches!(lie(&manifest, ChunkKind::State, &other, &chunks), SnapshotFault::Root { .. }));
    let number = (system::NUMBER.key().to_vec(), 7u32.encode());
    let fault = lie(&manifest, ChunkKind::State, &vec![number], &chunks);
    assert!(matches!(fault, SnapshotFault::Chunk { index: 1, fault: ChunkFault::NoLeaf }), "{fault}");

    let parts: Vec<LedgerPart> = items(&manifest, ChunkKind::Ledger, &chunks);
    let fault = lie(&manifest, ChunkKind::Ledger, &parts[..parts.len() - 1].to_vec(), &chunks);
    assert!(matches!(fault, SnapshotFault::Ledger { fault: LedgerFault::Missing { .. }, .. }), "{fault}");
    let fault = lie(&manifest, ChunkKind::Ledger, &parts[1..].to_vec(), &chunks);
    assert!(matches!(fault, SnapshotFault::Ledger { fault: LedgerFault::Unlinked { .. }, .. }), "{fault}");
    // A whole chain twice in its own height, in place of nothing.
    let mut doubled = parts.clone();
    let births = doubled[0].entities.clone();
    doubled[0].entities.extend(births);
    let fault = lie(&manifest, ChunkKind::Ledger, &doubled, &chunks);
    assert!(matches!(fault, SnapshotFault::Ledger { fault: LedgerFault::Unlinked { .. }, .. }), "{fault}");
}

#[test]
fn chunks_that_are_missing_or_out_of_order_are_refused() {
    let world = World::with_servers(3, 9);
    let (manifest, chunks) = world.snapshot(world.height());
    let few = assemble(&manifest.contents, &chunks[..chunks.len() - 1]).expect_err("one is missing");
    assert_eq!(few, SnapshotFault::Incomplete);
    let mut contents = manifest.contents.clone();
    contents.chunks.swap(0, 1);
    let swapped = Manifest { contents, ..manifest.clone() };
    assert_eq!(swapped.check(&world.genesis.hash, world.epochs()), Err(ManifestError::Chunk(1)));
    let mut contents = manifest.contents.clone();
    contents.chunks.pop();
    let fault = assemble(&contents, &chunks[..chunks.len() - 1]).expect_err("the ledger is missing");
    assert!(matches!(fault, SnapshotFault::Ledger { fault: LedgerFault::Missing { found: 0, .. }, .. }), "{fault}");
}

#[test]
fn a_manifest_must_be_named_and_certified() {
    let world = World::with_servers(2, 4);
    let (manifest, _) = world.snapshot(world.height());
    let check = |manifest: &Manifest| manifest.check(&world.genesis.hash, world.epochs()).expect_err("no proof");
    let other = manifest.check(&H256([5; 32]), world.epochs()).expect_err("another chain");
    assert_eq!(other, ManifestError::OtherChain(world.genesis.hash));

    let mut lower = manifest.clone();
    lower.contents.height -= 1;
    assert!(matches!(check(&lower), ManifestError::NotNamed { .. }));

    let mut foreign = manifest.clone();
    foreign.certificate = world.blocks[3].certificate.clone();
    assert_eq!(check(&foreign), ManifestError::OtherBlock(world.height()));

    let mut few = manifest.clone();
    few.certificate.votes.truncate(2);
    assert!(matches!(check(&few), ManifestError::Certificate { .. }));

    let mut other_epoch = manifest.clone();
    other_epoch.certificate.epoch = Epoch(1);
    assert!(matches!(check(&other_epoch), ManifestError::Certificate { .. }));
}

#[test]
fn a_long_state_is_cut_and_joined_again() {
    let mut world = World::new();
    let long = |n: u32| tierchain_runtime::Call::System(system::Call::Remark { remark: vec![n as u8; 10] });
    (0..6).for_each(|n| world.block(&[long(n)]));
    let (manifest, _) = world.snapshot(6);
    // Not through execution, which would need a hundred thousand servers: a state of its own, certified as it is.
    let leaves: Vec<(Vec<u8>, Vec<u8>)> =
        (0u32..9_000).map(|n| (n.to_be_bytes().to_vec(), vec![n as u8; 150])).collect();
    let mut cutter = tierchain_replica::snapshot::Cutter::new(ChunkKind::State);
    let mut cuts: Vec<_> = leaves.iter().filter_map(|leaf| cutter.push(leaf).expect("short")).collect();
    cuts.extend(cutter.finish());
    assert!(cuts.len() > 2 && cuts.iter().all(|cut| cut.bytes.len() <= 512 * 1024));
    let joined = cuts.iter().flat_map(|cut| match Chunk::open(&cut.info, &cut.bytes) {
        Ok(Chunk::State(entries)) => entries,
        other => panic!("{other:?}"),
    });
    assert_eq!(joined.collect::<Vec<_>>(), leaves);
    let mut contents = manifest.contents.clone();
    let headers = contents.chunks[0];
    contents.chunks = std::iter::once(headers).chain(cuts.iter().rev().map(|cut| cut.info)).collect();
    let mut assembly = Assembly::new(contents);
    let (_, chunks) = world.snapshot(6);
    let mut store = Store::default();
    assembly.take(&chunks[0], &store).expect("the headers are honest");
    for (at, cut) in cuts.iter().rev().enumerate() {
        match assembly.take(&cut.bytes, &store) {
            Ok(piece) => {
                assert_eq!(at, 0, "the last keys came first");
                Store::apply(&mut store.pages, &piece.pages);
            }
            Err(fault) => return assert_eq!(fault, SnapshotFault::Unjoined(2)),
        }
    }
    panic!("chunks in the wrong order were joined");
}
