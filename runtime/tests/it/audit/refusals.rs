//! What bad files are refused for: everything that isn't a good one.

use parity_scale_codec::Encode;
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EntityBlock, ServerState};
use tierchain_runtime::audit::{ContradictionFile, LifeFile, Place, Refusal, Statement, verify};

use super::story::server;
use super::{STORY, file, files, genesis};

fn refusal(bytes: &[u8]) -> Refusal {
    verify(bytes, &genesis()).expect_err("a bad file")
}

/// A file that was changed on purpose: its sum is right.
fn summed(parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let sum = tierchain_primitives::hash::sha256(&[&body]);
    [&body[..], &sum.0[..8]].concat()
}

/// Where each block of a life's file lies.
fn blocks_in(file: &LifeFile) -> Vec<std::ops::Range<usize>> {
    let whole = file.to_bytes();
    let with = |count: usize| LifeFile { blocks: file.blocks[..count].to_vec(), ..file.clone() };
    let tail = file.extrinsics.encode().len() + 8;
    let end = |count: usize| {
        // The count before the blocks takes as many bytes for each of these short chains.
        with(count).to_bytes().len() - tail
    };
    let starts: Vec<usize> = (0..=file.blocks.len()).map(end).collect();
    assert_eq!(starts.last().copied(), Some(whole.len() - tail));
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

#[test]
fn a_flipped_byte_is_refused_and_in_a_block_that_block_is_named() {
    let life = STORY.ledger.life(server(0x11, 0), false);
    let bytes = life.to_bytes();
    let blocks = blocks_in(&life);
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1 << (at % 8);
        let refusal = refusal(&bent);
        if let Some(number) = blocks.iter().position(|range| range.contains(&at)) {
            assert_eq!(refusal.block(), u32::try_from(number).ok(), "byte {at}: {refusal}");
        }
        let in_frame = at < 19;
        assert!(in_frame || matches!(refusal, Refusal::Invalid { .. }), "byte {at}: {refusal}");
    }
}

#[test]
fn every_bit_of_small_files_counts() {
    for name in ["contradiction", "contradiction-tracker", "stranger"] {
        let bytes = file(name);
        for at in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[at / 8] ^= 1 << (at % 8);
            assert!(verify(&bent, &genesis()).is_err(), "{name}: bit {at}");
        }
    }
}

#[test]
fn flipped_bytes_of_all_files_are_refused() {
    for (name, bytes) in files() {
        for at in (0..bytes.len()).step_by(17) {
            let mut bent = bytes.clone();
            bent[at] ^= 0x41;
            assert!(verify(&bent, &genesis()).is_err(), "{name}: byte {at}");
        }
    }
}

#[test]
fn a_dropped_block_is_refused_and_named() {
    for (number, generation) in [(0x22, 0), (0x33, 0), (0x55, 1), (0x66, 0)] {
        let whole = STORY.ledger.life(server(number, generation), false);
        for dropped in 0..whole.blocks.len() {
            // Cut out of the bytes: the next block isn't the one that stood there.
            let (bytes, range) = (whole.to_bytes(), blocks_in(&whole)[dropped].clone());
            let cut = summed(&[&bytes[..range.start], &bytes[range.end..bytes.len() - 8]]);
            let last = dropped + 1 == whole.blocks.len();
            assert!(last || refusal(&cut).block() == u32::try_from(dropped).ok(), "{}", refusal(&cut));
            // Packed again, with an honest count: the state counts one more.
            let mut fewer = whole.clone();
            fewer.blocks.remove(dropped);
            let refused = refusal(&fewer.to_bytes());
            assert!(matches!(refused, Refusal::Invalid { place: Place::Block(_), .. }), "{refused}");
        }
    }
}

#[test]
fn swapped_doubled_foreign_and_altered_blocks_are_refused() {
    let whole = STORY.ledger.life(server(0x22, 0), false);
    for at in 1..whole.blocks.len() {
        let mut swapped = whole.clone();
        swapped.blocks.swap(at - 1, at);
        assert!(refusal(&swapped.to_bytes()).block().is_some());
        let mut doubled = whole.clone();
        doubled.blocks.insert(at, whole.blocks[at].clone());
        assert!(refusal(&doubled.to_bytes()).block().is_some());
    }
    let foreign = LifeFile { blocks: STORY.ledger.chain(server(0x33, 0)), ..whole.clone() };
    assert!(refusal(&foreign.to_bytes()).block().is_some());
}

/// A whole chain sealed anew after one lie: every hash in it is right, and it isn't the ledger's.
#[test]
fn a_chain_that_is_sealed_anew_is_refused() {
    let whole = STORY.ledger.life(server(0x33, 0), false);
    let mut forged: Vec<EntityBlock> = Vec::new();
    for (at, block) in whole.blocks.iter().enumerate() {
        let mut tx = block.tx.clone();
        if at == 1 {
            tx.event.event = tierchain_primitives::ledger::EventKind::StateChanged { state: ServerState::Paused };
        }
        let prev = forged.last().map_or(H256::ZERO, |before| before.hash);
        forged.push(EntityBlock::seal(block.chain, block.number, block.kind, prev, tx, 4));
    }
    let refused = refusal(&LifeFile { blocks: forged, ..whole.clone() }.to_bytes());
    assert_eq!(refused.block(), Some(3), "the last one: {refused}");
}

#[test]
fn cut_off_and_longer_files_are_refused() {
    for (name, bytes) in files() {
        for length in (0..bytes.len()).step_by(13).chain([bytes.len() - 1]) {
            assert!(verify(&bytes[..length], &genesis()).is_err(), "{name} cut to {length}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(verify(&longer, &genesis()).is_err(), "{name}");
    }
    assert!(matches!(refusal(b""), Refusal::Unreadable(_)));
    assert!(matches!(refusal(b"tierchain/evidence/1\n"), Refusal::Unreadable(_)));
    let newer = [&b"tierchain/audit\n"[..], &[2, 0, 0], &[0; 8]].concat();
    assert!(matches!(refusal(&newer), Refusal::Unreadable(_)));
}

#[test]
fn files_of_another_ledger_are_refused() {
    for (name, bytes) in files() {
        let refused = verify(&bytes, &H256([7; 32]));
        assert!(matches!(refused, Err(Refusal::Invalid { .. })), "{name}");
    }
}

#[test]
fn parts_of_another_life_are_refused() {
    let (one, other) = (STORY.ledger.life(server(0x22, 0), false), STORY.ledger.life(server(0x55, 1), true));
    let mixed = |change: &dyn Fn(&mut LifeFile)| {
        let mut mixed = one.clone();
        change(&mut mixed);
        refusal(&mixed.to_bytes())
    };
    mixed(&|file| file.head.server = other.head.server);
    mixed(&|file| file.head.meta = other.head.meta.clone());
    mixed(&|file| file.head.meta = None);
    mixed(&|file| file.head.values = other.head.values.clone());
    mixed(&|file| file.head.proof = other.head.proof.clone());
    mixed(&|file| file.head.links = other.head.links.clone());
    mixed(&|file| file.extrinsics = other.extrinsics.clone());
    mixed(&|file| file.extrinsics = Some(Vec::new()));
    mixed(&|file| file.lineage.changes.clear());
    mixed(&|file| drop(file.head.values.pop()));
    mixed(&|file| file.head.values.push(None));
    let mut fewer = other.clone();
    fewer.extrinsics.as_mut().expect("it has some").swap(0, 1);
    refusal(&fewer.to_bytes());
}

/// What can't be judged here is said to be so, and by what it can.
#[test]
fn extrinsics_of_another_runtimes_calls_are_refused_by_name() {
    let mut file = STORY.ledger.life(server(0x55, 1), true);
    let newer = tierchain_runtime::VERSIONS.transaction + 1;
    file.extrinsics.as_mut().expect("it has some")[0].versions.transaction = newer;
    let refusal = refusal(&file.to_bytes());
    let Refusal::Invalid { place: Place::Extrinsic(0), reason } = &refusal else { panic!("{refusal}") };
    assert!(reason.ends_with(&format!("with a tierchain whose transaction version is {newer}")), "{reason}");
}

#[test]
fn a_tenants_list_with_an_entry_less_is_refused() {
    let whole = STORY.ledger.tenant(&super::tenant());
    for at in 0..whole.parts[0].values.len() {
        let mut fewer = whole.clone();
        fewer.parts[0].values.remove(at);
        refusal(&fewer.to_bytes());
    }
    let mut empty = whole.clone();
    empty.parts.clear();
    refusal(&empty.to_bytes());
    let mut twice = whole.clone();
    twice.parts.push(whole.parts[0].clone());
    refusal(&twice.to_bytes());
    let other = tierchain_runtime::audit::TenantFile { tenant: H256([0x99; 32]), ..whole };
    refusal(&other.to_bytes());
}

#[test]
fn statements_that_agree_are_no_contradiction() {
    let [agent, tracker] = STORY.contradictions();
    let same = ContradictionFile { first: agent.first.clone(), second: agent.first.clone() };
    refusal(&same.to_bytes());
    let other = ContradictionFile { first: agent.first.clone(), second: tracker.second };
    refusal(&other.to_bytes());
    let Statement::Extrinsic { bytes, versions, birth, .. } = agent.second else { panic!("it is an extrinsic") };
    for item in [0, 2] {
        let (bytes, first) = (bytes.clone(), agent.first.clone());
        let second = Statement::Extrinsic { bytes, versions, birth, item };
        refusal(&ContradictionFile { first, second }.to_bytes());
    }
}
