//! Every decoder takes any bytes: it refuses them, or reads a value whose encoding is what it read.
//!
//! Uniform bytes hardly get past the first length, so each decoder also gets the golden samples, changed at random.

use std::path::PathBuf;

use parity_scale_codec::{Decode, Encode};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{Certificate, CertificateKind, SignedKind, ValidatorSet};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::extrinsic::{Era, Extrinsic, RuntimeVersions};
use tierchain_primitives::header::{DigestItem, Header, PreRuntime};
use tierchain_primitives::ledger::*;
use tierchain_primitives::tree::Proof;
use tierchain_primitives::{AccountId, Epoch, H256, ValidatorIndex, View};

/// Reads a value from the front of the bytes and demands that it encodes to what was read.
fn read<T: Decode + Encode>(bytes: &[u8]) {
    let mut rest = bytes;
    if let Ok(value) = T::decode(&mut rest) {
        let used = &bytes[..bytes.len() - rest.len()];
        assert_eq!(value.encode(), used, "{}", core::any::type_name::<T>());
    }
}

/// An extrinsic has a decoder of its own, which wants all of the bytes.
fn read_extrinsic(bytes: &[u8]) {
    if let Ok(extrinsic) = Extrinsic::decode(bytes) {
        assert_eq!(extrinsic.encode(), bytes);
    }
}

const DECODERS: &[fn(&[u8])] = &[
    read::<H256>,
    read::<AccountId>,
    read::<Signature>,
    read::<Epoch>,
    read::<View>,
    read::<ValidatorIndex>,
    read::<Header>,
    read::<DigestItem>,
    read::<PreRuntime>,
    read::<Era>,
    read::<RuntimeVersions>,
    read_extrinsic,
    read::<Bundle>,
    read::<ValidatorSet>,
    read::<SignedKind>,
    read::<CertificateKind>,
    read::<Certificate>,
    read::<Uuid>,
    read::<ServerId>,
    read::<Ownership>,
    read::<Detail>,
    read::<Identifier>,
    read::<ServerState>,
    read::<Resources>,
    read::<Meter>,
    read::<Precision>,
    read::<EndReason>,
    read::<TrackerCustody>,
    read::<SNssai>,
    read::<Etsi>,
    read::<Announcement>,
    read::<BirthRequest>,
    read::<EventKind>,
    read::<Event>,
    read::<BlockKind>,
    read::<EntityTx>,
    read::<EntityBlock>,
    read::<RelationKind>,
    read::<Relation>,
    read::<StateUsage>,
    read::<Usage>,
    read::<MetaTx>,
    read::<MetaBlock>,
    read::<Proof>,
];

/// The bytes of all golden lines.
fn samples() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    let files = std::fs::read_dir(folder).expect("the golden files are in the repository");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a folder can be listed").path()).collect();
    paths.sort();
    let mut samples = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).expect("a golden file is text");
        let bytes = text.lines().filter_map(|line| line.split_once(" = 0x"));
        samples.extend(bytes.map(|(_, digits)| hex::decode(digits).expect("golden lines are hexadecimal")));
    }
    samples
}

/// A sample with some of its bytes changed, cut or followed by others.
fn changed_samples() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<Index>(), any::<u8>()), 0..4);
    let tail = prop::collection::vec(any::<u8>(), 0..8);
    (select(samples()), changes, any::<Index>(), tail).prop_map(|(mut bytes, changes, cut, tail)| {
        for (at, byte) in changes.iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if tail.len() % 2 == 1 {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        bytes.extend(tail);
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn any_bytes_are_refused_or_encode_to_themselves(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        DECODERS.iter().for_each(|read| read(&bytes));
    }

    #[test]
    fn changed_samples_are_refused_or_encode_to_themselves(bytes in changed_samples()) {
        DECODERS.iter().for_each(|read| read(&bytes));
    }
}
