//! Ledger blocks: packed by height, found by chain and number.

use tierchain_primitives::ledger::{
    BlockKind, Detail, EndReason, EntityBlock, EntityTx, Event, EventKind, MetaBlock, MetaTx, Precision, ServerId,
    ServerState, Usage, Uuid,
};
use tierchain_primitives::{AccountId, H256};
use tierchain_storage::{BlockCommit, Retention};

use crate::fixture::{Seeded, next_block, open};

fn entity_block(chain: u8, number: u32) -> EntityBlock {
    let event = Event {
        server: ServerId { uuid: Uuid([chain; 16]), generation: 0 },
        number: u64::from(number),
        occurred_at: 1,
        precision: Precision::Event,
        event: EventKind::StateChanged { state: ServerState::Running },
        meter: None,
        evidence: H256([5; 32]),
        detail: Detail::default(),
    };
    let tx =
        EntityTx { writer: AccountId([1; 32]), event, extrinsic: H256([6; 32]), block_number: 7, block_timestamp: 8 };
    EntityBlock::seal(H256([chain; 32]), number, BlockKind::State, H256([8; 32]), tx, 0)
}

fn meta_block(meta: u8, number: u32) -> MetaBlock {
    let tx = MetaTx {
        chain: H256([1; 32]),
        kind: 0,
        birth_hash: H256([2; 32]),
        end_hash: H256([3; 32]),
        blocks: 4,
        born: 5,
        ended: 6,
        usage: Usage::default(),
        reason: EndReason::Terminated,
        relations: Vec::new(),
    };
    MetaBlock::seal(H256([meta; 32]), number, H256::ZERO, tx, 0)
}

#[test]
fn ledger_blocks_are_found_by_chain_and_by_height() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let database = open(directory.path(), Retention::default());
    let mut seeded = Seeded(11);
    let (mut chains, mut metas) = (vec![Vec::new(); 5], Vec::new());
    let mut by_height = Vec::new();
    for height in 0..12u64 {
        // Some blocks of the network hold more than a chunk of ledger blocks, some none.
        let count = if height % 3 == 0 { 0 } else { seeded.below(200) };
        let mut entity_blocks = Vec::new();
        for _ in 0..count {
            let chain = seeded.below(5) as u8;
            let blocks = &mut chains[usize::from(chain)];
            blocks.push(entity_block(chain, blocks.len() as u32));
            entity_blocks.push(blocks[blocks.len() - 1].clone());
        }
        let meta_blocks = vec![meta_block(200, height as u32)];
        metas.extend(meta_blocks.clone());
        by_height.push((entity_blocks.clone(), meta_blocks.clone()));
        database.commit(&BlockCommit { entity_blocks, meta_blocks, ..next_block(&database) });
    }
    for (chain, blocks) in (0u8..).zip(&chains) {
        let name = H256([chain; 32]);
        assert_eq!(&database.entity_blocks(&name, 0, usize::MAX), blocks);
        assert_eq!(database.entity_blocks(&name, 3, 4), blocks[3..7]);
        assert!(database.entity_blocks(&name, u32::MAX, 4).is_empty());
    }
    assert_eq!(database.meta_blocks(&H256([200; 32]), 0, 100), metas);
    assert!(database.entity_blocks(&H256([99; 32]), 0, 10).is_empty());
    for (height, expected) in (0..).zip(&by_height) {
        assert_eq!(&database.ledger_blocks_of(height), expected);
    }
}
