//! The encodings of messages and records: frozen by a golden file, bounded at the door.
//!
//! `TIERCHAIN_GOLDEN=write` writes the file anew: a deliberate act, with its reason in the commit message.

use parity_scale_codec::{Decode, Encode};
use proptest::prelude::*;
use tierchain_consensus::{Message, Record, VoteKind};
use tierchain_primitives::certificate::CertificateKind;
use tierchain_primitives::hash::sha256;

use crate::cast::{block, certificate, genesis, new_view, proposal, suspect, view_change, vote};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/encodings.txt");

fn samples() -> (Vec<Message>, Vec<Record>) {
    let header = block(&genesis(), 0, 1);
    let prepared = certificate(CertificateKind::Prepared, &[0, 1, 2], 0, &header);
    let committed = certificate(CertificateKind::Committed, &[0, 1, 2], 0, &header);
    let change = |sender| view_change(sender, 1, Some(committed.clone()), Some(prepared.clone()));
    let opening = new_view(1, 1, [0, 1, 2].map(change).into());
    let prepare = vote(VoteKind::Prepare, 2, 0, &header);
    let proposal = proposal(0, 0, &header);
    let messages = vec![
        Message::Proposal(proposal.clone()),
        Message::Vote(prepare.clone()),
        Message::Vote(vote(VoteKind::Commit, 2, 0, &header)),
        Message::ViewChange(change(3)),
        Message::NewView(opening.clone()),
        Message::Suspect(suspect(2, 7)),
        Message::Certificate(committed.clone()),
    ];
    let records = vec![
        Record::Proposal(proposal),
        Record::Vote(prepare),
        Record::Prepared(prepared.clone()),
        Record::Certified(committed.clone()),
        Record::ViewChange(change(3)),
        Record::NewView(opening),
    ];
    (messages, records)
}

fn line(name: &str, bytes: &[u8]) -> String {
    format!("{name} {} bytes {}\n", bytes.len(), sha256(&[bytes]))
}

#[test]
fn encodings_are_those_of_the_golden_file() {
    let (messages, records) = samples();
    let mut found = String::new();
    for (at, message) in messages.iter().enumerate() {
        found += &line(&format!("message {at}"), &message.encode());
        assert_eq!(Message::decode(&mut message.encode().as_slice()).as_ref(), Ok(message));
    }
    for (at, record) in records.iter().enumerate() {
        found += &line(&format!("record {at}"), &record.encode());
        assert_eq!(Record::decode(&mut record.encode().as_slice()).as_ref(), Ok(record));
    }
    if std::env::var("TIERCHAIN_GOLDEN").as_deref() == Ok("write") {
        std::fs::write(GOLDEN, &found).expect("the golden file can be written");
    }
    assert_eq!(std::fs::read_to_string(GOLDEN).expect("the golden file is there"), found);
}

proptest! {
    #[test]
    fn no_bytes_from_outside_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Message::decode(&mut bytes.as_slice());
    }

    #[test]
    fn no_damaged_message_panics(kind in 0usize..7, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = samples().0[kind].encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = Message::decode(&mut bytes.as_slice());
        let _ = Record::decode(&mut &bytes[..at]);
    }
}
