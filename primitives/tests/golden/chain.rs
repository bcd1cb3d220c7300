//! Headers, extrinsics, bundles, votes and certificates.

use parity_scale_codec::Encode;
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{Certificate, CertificateKind, SignedKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::extrinsic::{Era, Extrinsic, RuntimeVersions, extrinsic_hash, payload};
use tierchain_primitives::header::{DigestItem, ENGINE_ID, Header, PreRuntime, extrinsics_root};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};

use crate::{GENESIS, Golden};

const VERSIONS: RuntimeVersions = RuntimeVersions { spec: 1, transaction: 2 };
const BIRTH: H256 = H256([0x22; 32]);

fn key(number: u8) -> KeyPair {
    KeyPair::from_seed(&[number; 32])
}

fn header() -> Header {
    let pre = PreRuntime { proposer: ValidatorIndex(2), timestamp: 1_795_227_255_965, executed: 69 };
    Header::new(H256([1; 32]), 70, H256([2; 32]), H256([3; 32]), pre)
}

#[test]
fn headers() {
    let mut golden = Golden::new("header.txt", "Headers, digest items, extrinsics roots");
    golden.add("header", header().encode());
    golden.add("header.hash", header().hash());
    let items = [
        ("other", DigestItem::Other(vec![1, 2])),
        ("consensus", DigestItem::Consensus(ENGINE_ID, vec![3])),
        ("seal", DigestItem::Seal(ENGINE_ID, vec![4, 5, 6])),
        ("pre_runtime", header().digest.remove(0)),
        ("runtime_environment_updated", DigestItem::RuntimeEnvironmentUpdated),
    ];
    for (name, item) in &items {
        golden.add(&format!("digest_item.{name}"), item.encode());
    }
    let mut full = header();
    full.number = 1_000_000;
    full.digest.extend(items.into_iter().map(|(_, item)| item));
    golden.add("header.all_items", full.encode());
    golden.add("header.all_items.hash", full.hash());
    let extrinsics: [&[u8]; 5] = [b"a", b"bc", b"", b"d", b"e"];
    for count in 0..=extrinsics.len() {
        golden.add(&format!("extrinsics_root.{count}"), extrinsics_root(&extrinsics[..count]));
    }
    golden.check();
}

#[test]
fn extrinsics() {
    let mut golden = Golden::new("extrinsic.txt", "Extrinsics signed with the seed 07…07: spec 1, transaction 2");
    let short = vec![0, 0, 0x0c, b'a', b'b', b'c'];
    let long = [vec![0, 0, 0x41, 0x02], vec![b'x'; 144]].concat();
    let eras = [("immortal", Era::Immortal), ("mortal", Era::mortal(64, 1_000)), ("long", Era::mortal(65_536, 20_000))];
    for (name, era) in eras {
        golden.add(&format!("era.{name}"), era.encode());
    }
    let mortal = Era::mortal(64, 1_000);
    let cases = [("short", &short, Era::Immortal, 0, GENESIS), ("long", &long, mortal, 70_000, BIRTH)];
    for (name, call, era, nonce, birth) in cases {
        let signed = Extrinsic::sign(&key(7), call.clone(), era, nonce, VERSIONS, &GENESIS, &birth);
        golden.add(&format!("call.{name}"), call);
        golden.add(&format!("payload.{name}"), payload(call, era, nonce, VERSIONS, &GENESIS, &birth));
        golden.add(&format!("extrinsic.{name}"), signed.encode());
        golden.add(&format!("extrinsic.{name}.hash"), extrinsic_hash(&signed.encode()));
    }
    // The payload's last unhashed and first hashed length.
    for length in [256, 257] {
        let call = vec![9; length - 74];
        golden.add(&format!("payload.{length}"), payload(&call, Era::Immortal, 0, VERSIONS, &GENESIS, &GENESIS));
    }
    golden.check();
}

#[test]
fn consensus() {
    let mut golden = Golden::new("consensus.txt", "Validator sets, signed bytes, certificates, bundles");
    let set = ValidatorSet { epoch: Epoch(3), keys: (1..=4).map(|number| key(number).public()).collect() };
    golden.add("validator_set", set.encode());
    let (view, number, hash) = (View(5), 70, header().hash());
    let kinds = [
        ("proposal", SignedKind::Proposal),
        ("prepare", SignedKind::Prepare),
        ("commit", SignedKind::Commit),
        ("view_change", SignedKind::ViewChange),
        ("new_view", SignedKind::NewView),
        ("suspect", SignedKind::Suspect),
        ("bundle", SignedKind::Bundle),
    ];
    for (name, kind) in kinds {
        golden.add(&format!("signed_bytes.{name}"), signed_bytes(&GENESIS, set.epoch, kind, view, number, &hash));
    }
    for (name, kind) in [("prepared", CertificateKind::Prepared), ("committed", CertificateKind::Committed)] {
        let certificate = certificate(kind, &set, view, number, hash);
        assert_eq!(certificate.verify(&GENESIS, &set), Ok(()));
        golden.add(&format!("certificate.{name}"), certificate.encode());
    }
    let bundle = Bundle { extrinsics: vec![vec![1, 2, 3], vec![], vec![4]] };
    golden.add("bundle", bundle.encode());
    golden.add("bundle.digest", bundle.digest());
    golden.check();
}

/// The votes of validators 0, 1 and 3, whose seeds are one more than their indices.
fn certificate(kind: CertificateKind, set: &ValidatorSet, view: View, number: BlockNumber, hash: H256) -> Certificate {
    let bytes = signed_bytes(&GENESIS, set.epoch, kind.vote(), view, number, &hash);
    let vote = |at: u8| (ValidatorIndex(at.into()), key(at + 1).sign(&bytes));
    Certificate { kind, epoch: set.epoch, view, number, hash, votes: [0, 1, 3].map(vote).into() }
}
