//! Evidence, as files and as it is kept: nobody is convicted by what he didn't sign.

use parity_scale_codec::{Decode, Encode};
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::{Epoch, H256, ValidatorIndex};
use tierchain_replica::evidence::{Ed25519, Evidence, EvidenceFile, Topic};

use crate::decode::exact;

/// Evidence of all kinds against the one liar of a chain; all that the others signed there is honest.
const GOLDEN: &str = include_str!("../../replica/golden/evidence.txt");

/// The liar, in epoch 1.
const CULPRIT: (Epoch, ValidatorIndex) = (Epoch(1), ValidatorIndex(2));

/// Evidence files. Whatever is made of what the golden ones hold, it convicts the liar or nobody.
pub fn fuzz_evidence(bytes: &[u8]) {
    if let Some(evidence) = exact::<Evidence>(bytes) {
        let topic = evidence.topic().encode();
        assert_eq!(topic.len(), 19, "an id of a fixed form");
    }
    let Ok(file) = EvidenceFile::from_bytes(bytes) else { return };
    assert!(file.to_bytes() == bytes, "a second encoding of the same file");
    let Ok(guilt) = file.verify(&Ed25519, &genesis()) else { return };
    assert_eq!((guilt.epoch, guilt.culprit), CULPRIT, "an honest validator is convicted");
    assert_eq!(guilt.culprit, file.evidence.topic().culprit);
}

/// What a client names a piece of evidence by.
pub fn fuzz_topic(bytes: &[u8]) {
    let topic = Topic::from_id(bytes);
    assert!(topic.is_none_or(|topic| topic.encode() == bytes), "a second id of the same piece");
}

/// The validator sets since genesis. Without keys nobody can add one.
pub fn fuzz_lineage(bytes: &[u8]) {
    if let Some(lineage) = exact::<Lineage>(bytes)
        && let Ok(epochs) = lineage.verify(&genesis())
    {
        assert!(epochs.iter().count() <= 2, "a set that nobody certified");
        let known = Lineage::decode(&mut &*golden("lineage")).expect("the golden one").verify(&genesis());
        let known = known.expect("the golden one");
        assert!(epochs.iter().zip(known.iter()).all(|(one, other)| one == other), "another set");
    }
}

fn genesis() -> H256 {
    H256::decode(&mut &*golden("genesis")).expect("32 bytes")
}

/// A value of the golden file.
fn golden(name: &str) -> Vec<u8> {
    let value = GOLDEN.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = 0x"));
    hex::decode(value.expect("it stands there")).expect("hexadecimal digits")
}
