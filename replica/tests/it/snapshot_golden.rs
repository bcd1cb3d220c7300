//! The golden file of snapshots: a sample of each form, byte for byte.
//!
//! A difference means that nodes of two versions don't join by each other's snapshots. If that is meant,
//! `TIERCHAIN_GOLDEN=write cargo test -p tierchain-replica --test it golden` writes the file anew, and the commit
//! message says why.

use std::fmt::Write;
use std::path::PathBuf;

use parity_scale_codec::Encode;
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::epoch::EpochProof;
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::ledger::{
    BlockKind, Detail, EndReason, EntityBlock, EntityTx, Event, EventKind, MetaBlock, MetaTx, Precision, ServerId,
    ServerState, Usage, Uuid,
};
use tierchain_primitives::{AccountId, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::snapshot::{ChunkKind, Contents, Cut, Cutter, LedgerPart, Manifest, Message, Offer};
use tierchain_replica::wire::SyncMessage;

fn header(number: u32) -> Header {
    let pre = PreRuntime { proposer: ValidatorIndex(2), timestamp: 1_795_227_255_965, executed: number - 2 };
    Header::new(H256([0x21; 32]), number, H256([0x22; 32]), H256([0x23; 32]), pre)
}

fn certificate(number: u32) -> Certificate {
    let votes = vec![(ValidatorIndex(1), Signature([0x24; 64]))];
    let (kind, epoch, view) = (CertificateKind::Committed, Epoch(1), View(3));
    Certificate { kind, epoch, view, number, hash: header(number).hash(), votes }
}

fn part() -> LedgerPart {
    let event = Event {
        server: ServerId { uuid: Uuid(*b"0123456789abcdef"), generation: 1 },
        number: 3,
        occurred_at: 1_795_227_255_965_123,
        precision: Precision::Event,
        event: EventKind::StateChanged { state: ServerState::Running },
        meter: None,
        evidence: H256([0x25; 32]),
        detail: Detail(b"detail".to_vec()),
    };
    let tx = EntityTx {
        writer: AccountId([0x26; 32]),
        event,
        extrinsic: H256([0x27; 32]),
        block_number: 5,
        block_timestamp: 1_795_227_256_000,
    };
    let meta = MetaTx {
        chain: H256([0x28; 32]),
        kind: 0,
        birth_hash: H256([0x29; 32]),
        end_hash: H256([0x2a; 32]),
        blocks: 7,
        born: 1,
        ended: 2,
        usage: Usage::default(),
        reason: EndReason::Terminated,
        relations: Vec::new(),
    };
    LedgerPart {
        height: 5,
        entities: vec![EntityBlock::seal(H256([0x2b; 32]), 1, BlockKind::State, H256([0x2c; 32]), tx, 4)],
        metas: vec![MetaBlock::seal(H256([0x2d; 32]), 0, H256::ZERO, meta, 4)],
    }
}

fn cut(kind: ChunkKind, item: &impl Encode) -> Cut {
    let mut cutter = Cutter::new(kind);
    assert_eq!(cutter.push(item), Ok(None));
    cutter.finish().expect("an item was added")
}

fn samples() -> String {
    let mut text = "# Snapshots: docs/formats.md, section 12.\n".to_owned();
    let mut add = |name: &str, bytes: &[u8]| {
        writeln!(text, "{name} = 0x{}", hex(bytes)).expect("a string takes all that is written to it");
    };
    let chunks = [
        ("chunk.headers", cut(ChunkKind::Headers, &header(6))),
        ("chunk.state", cut(ChunkKind::State, &(b"key".to_vec(), b"value".to_vec()))),
        ("chunk.ledger", cut(ChunkKind::Ledger, &part())),
    ];
    chunks.iter().for_each(|(name, cut)| add(name, &cut.bytes));
    let chunks = chunks.iter().map(|(_, cut)| cut.info).collect();
    let contents = Contents { genesis: H256([0x11; 32]), height: 6, header: header(8), chunks };
    add("contents", &contents.encode());
    let digest = contents.digest();
    add("contents.digest", digest.as_ref());
    let epochs = vec![EpochProof { header: header(4), certificate: certificate(4) }];
    let manifest = Manifest { contents, certificate: certificate(8), epochs };
    add("manifest", &manifest.encode());
    let messages = [
        ("message.offers_request", Message::OffersRequest),
        ("message.offers", Message::Offers(vec![Offer { height: 6, digest }])),
        ("message.manifest_request", Message::ManifestRequest { digest }),
        ("message.manifest", Message::Manifest(Box::new(manifest))),
        ("message.chunk_request", Message::ChunkRequest { hash: H256([0x2e; 32]) }),
        ("message.chunk", Message::Chunk { hash: H256([0x2e; 32]), bytes: b"bytes".to_vec() }),
        ("message.gone", Message::Gone { hash: H256([0x2e; 32]) }),
    ];
    messages.into_iter().for_each(|(name, message)| add(name, &SyncMessage::Snapshot(message).encode()));
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn golden_snapshots_are_as_they_were() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/snapshot.txt");
    let made = samples();
    if std::env::var("TIERCHAIN_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, &made).expect("the golden folder can be written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("the golden file is in the repository"), made);
}

#[test]
fn messages_decode_to_themselves_and_what_is_too_long_is_refused() {
    use parity_scale_codec::{Compact, DecodeAll};
    let chunk = SyncMessage::Snapshot(Message::Chunk { hash: H256([1; 32]), bytes: vec![7; 512 * 1024] });
    assert_eq!(SyncMessage::decode_all(&mut chunk.encode().as_slice()), Ok(chunk));
    let head = |kind: u8, count: u32, rest: &[u8]| [&[16, kind][..], rest, &Compact(count).encode()].concat();
    let too_long = [head(1, 9, &[]), head(5, 512 * 1024 + 1, &[0; 32])];
    for bytes in too_long {
        let error = SyncMessage::decode_all(&mut bytes.as_slice()).expect_err("a bound is passed").to_string();
        assert!(error.contains("too long"), "{error}");
    }
    assert!(SyncMessage::decode_all(&mut [16u8, 7].as_slice()).is_err(), "an unknown kind");
}
