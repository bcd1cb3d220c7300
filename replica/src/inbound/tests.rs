//! Messages at the door: what comes in, what is of use, and who is to blame.

use std::collections::BTreeMap;

use parity_scale_codec::Encode;
use tierchain_consensus::{Signer, Strict, Suspect};
use tierchain_primitives::View;
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{Certificate, SignedKind, signed_bytes};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::epoch::next_set_item;
use tierchain_primitives::extrinsic::Era;

use super::*;
use crate::evidence::Book;
use crate::fixture::{block, extrinsic, extrinsic_of, genesis};

const GENESIS: H256 = H256([5; 32]);

/// Knows genesis alone, and finds that every extrinsic's signature holds but those of nonce 1.
struct Eyes {
    height: BlockNumber,
    book: Book,
}

impl ChainRead for Eyes {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        BTreeMap::from([(0, genesis().hash)]).get(&number).copied()
    }
}

impl Senses for Eyes {
    fn consensus(&self) -> &dyn Verify {
        &Strict
    }

    fn extrinsics_hold(&self, entries: &[(Checked, H256)]) -> Vec<bool> {
        entries.iter().map(|(checked, _)| checked.extrinsic.nonce != 1).collect()
    }

    fn height(&self) -> BlockNumber {
        self.height
    }

    fn certified_header(&self, _: BlockNumber) -> Option<(Header, Certificate)> {
        None
    }

    fn wants_evidence(&self, topic: &Topic) -> bool {
        self.book.wants(topic)
    }
}

fn keys(epoch: u32) -> Vec<KeyPair> {
    (0..4).map(|at| KeyPair::from_seed(&[10 * u8::try_from(epoch).expect("a few epochs") + at; 32])).collect()
}

fn set(epoch: u32) -> ValidatorSet {
    ValidatorSet { epoch: Epoch(epoch), keys: keys(epoch).iter().map(KeyPair::public).collect() }
}

/// The first epoch, then the second from block 2 on.
fn epochs(newest: u32) -> Epochs {
    let history = (0..=newest).map(|epoch| (2 * epoch, set(epoch))).collect();
    Epochs::resume(history).expect("in order")
}

fn look<T>(newest: u32, read: impl FnOnce(&Inbound<'_, Eyes>) -> T) -> T {
    look_from(0, newest, read)
}

/// Looks where the blocks up to a height are final.
fn look_from<T>(height: BlockNumber, newest: u32, read: impl FnOnce(&Inbound<'_, Eyes>) -> T) -> T {
    look_with(Eyes { height, book: Book::default() }, newest, read)
}

fn look_with<T>(senses: Eyes, newest: u32, read: impl FnOnce(&Inbound<'_, Eyes>) -> T) -> T {
    let epochs = epochs(newest);
    read(&Inbound { genesis: GENESIS, epochs: &epochs, is_seated: true, senses: &senses })
}

fn validator(epoch: u32) -> Member {
    Member::Validator(keys(epoch)[3].public())
}

fn suspect(epoch: u32, signer: &KeyPair) -> Vec<u8> {
    let bytes = signed_bytes(&GENESIS, Epoch(epoch), SignedKind::Suspect, View(1), 0, &H256::ZERO);
    let signature = signer.sign(&bytes);
    Message::Suspect(Suspect { epoch: Epoch(epoch), view: View(1), sender: ValidatorIndex(3), signature }).encode()
}

fn signed_bundle(epoch: u32, signer: &KeyPair, body: &[Checked]) -> SignedBundle {
    let bundle = Bundle { extrinsics: body.iter().map(|checked| checked.bytes.clone()).collect() };
    let (epoch, at) = (Epoch(epoch), 0);
    let bytes = SignedBundle::signed_bytes(&GENESIS, epoch, at, &bundle.digest());
    SignedBundle { epoch, maker: ValidatorIndex(3), at, signature: Signer::sign(signer, &bytes), bundle }
}

/// The child of a block, certified by three of an epoch's validators.
fn certified(parent: &crate::chain::Block, epoch: u32, next: Option<&ValidatorSet>) -> CertifiedBlock {
    let mut header = block(parent, 0, 0, vec![]).header;
    header.digest.extend(next.map(next_set_item));
    let (number, hash, kind) = (header.number, header.hash(), CertificateKind::Committed);
    let bytes = signed_bytes(&GENESIS, Epoch(epoch), kind.vote(), View(0), number, &hash);
    let votes = keys(epoch)[..3].iter().zip(0..).map(|(key, at)| (ValidatorIndex(at), key.sign(&bytes))).collect();
    let certificate = Certificate { kind, epoch: Epoch(epoch), view: View(0), number, hash, votes };
    CertifiedBlock { header, body: Vec::new(), certificate }
}

fn parsed(block: &CertifiedBlock) -> crate::chain::Block {
    crate::chain::Block::bare(block.header.clone()).expect("it has consensus data")
}

/// The same block with a signature that fails, which only shows where it is verified.
fn spoiled(block: &CertifiedBlock) -> CertifiedBlock {
    let mut block = block.clone();
    block.certificate.votes[0].1 = block.certificate.votes[1].1;
    block
}

/// Blocks 1 to 3, of which block 2 ends the first epoch.
fn across_the_end() -> Vec<CertifiedBlock> {
    let one = certified(&genesis(), 0, None);
    let two = certified(&parsed(&one), 0, Some(&set(1)));
    let three = certified(&parsed(&two), 1, None);
    vec![one, two, three]
}

#[test]
fn a_consensus_message_is_verified_by_the_set_in_force() {
    let taken = look(1, |inbound| inbound.consensus(validator(1), &suspect(1, &keys(1)[3])));
    assert!(matches!(taken, Ok(Some(Input::Consensus { from, .. })) if Member::Validator(from) == validator(1)));
    let forged = look(1, |inbound| inbound.consensus(validator(1), &suspect(1, &keys(0)[3])));
    assert!(forged.as_ref().err().is_some_and(Refused::is_offence), "{forged:?}");
    let garbage = look(1, |inbound| inbound.consensus(validator(1), &[9, 9]));
    assert!(matches!(garbage, Err(Refused::Undecodable(_))));
    let observer = look(1, |inbound| inbound.consensus(Member::Observer(0), &suspect(1, &keys(1)[3])));
    assert!(matches!(observer, Err(Refused::NotAValidator)));
}

#[test]
fn a_message_of_another_epoch_is_told_and_is_no_offence() {
    for epoch in [0, 2] {
        let taken = look(1, |inbound| inbound.consensus(validator(0), &suspect(epoch, &keys(0)[0])));
        assert!(matches!(taken, Ok(Some(Input::OtherEpoch { epoch: told, .. })) if told == Epoch(epoch)), "{taken:?}");
    }
    // Whoever has just left the set may not know yet.
    let removed = look(1, |inbound| inbound.consensus(Member::Observer(0), &suspect(0, &keys(0)[0])));
    assert!(matches!(removed, Ok(Some(Input::OtherEpoch { epoch: Epoch(0), .. }))), "{removed:?}");
}

#[test]
fn a_bundle_is_known_by_its_makers_key_in_its_own_epoch() {
    for epoch in [0, 1] {
        let bundle = signed_bundle(epoch, &keys(epoch)[3], &[extrinsic(1, 0), extrinsic(1, 1)]);
        let taken = look(1, |inbound| inbound.gossiped_bundle(&bundle.encode()));
        let Ok(Some(Input::Bundle(open))) = taken else { panic!("{taken:?}") };
        let birth = genesis().hash;
        assert_eq!(Member::Validator(open.maker), validator(epoch));
        let verdicts: Vec<Verdict> = open.entries.iter().map(|entry| entry.verdict).collect();
        assert_eq!(verdicts, [Verdict::Holds { birth }, Verdict::Fails { birth }]);
        let convicts =
            open.fault.as_deref().is_some_and(|fault| matches!(fault, Evidence::Bundle(bad) if bad.entry == 1));
        assert!(convicts, "its maker signed an entry whose signature fails");
    }
    let forged = signed_bundle(1, &keys(0)[3], &[]);
    let taken = look(1, |inbound| inbound.sync(validator(1), SyncMessage::Bundle(forged)));
    assert!(matches!(taken, Err(refused @ Refused::Bundle { .. }) if refused.is_offence()));
    let future = signed_bundle(7, &keys(1)[3], &[]);
    let taken = look(1, |inbound| inbound.gossiped_bundle(&future.encode()));
    assert!(matches!(taken, Err(refused @ Refused::OtherEpoch(Epoch(7))) if !refused.is_offence()));
}

#[test]
fn a_bundles_maker_is_convicted_of_what_was_wrong_when_it_was_gathered() {
    let fault = |body: &[Checked], spoil: bool| {
        let mut bundle = signed_bundle(1, &keys(1)[3], body);
        if spoil {
            bundle.bundle.extrinsics.insert(0, vec![7]);
            let bytes = SignedBundle::signed_bytes(&GENESIS, bundle.epoch, bundle.at, &bundle.bundle.digest());
            bundle.signature = Signer::sign(&keys(1)[3], &bytes);
        }
        match look(1, |inbound| inbound.gossiped_bundle(&bundle.encode())) {
            Ok(Some(Input::Bundle(open))) => open.fault.map(|fault| fault.topic().culprit.0),
            taken => panic!("{taken:?}"),
        }
    };
    assert_eq!(fault(&[extrinsic(1, 0), extrinsic(2, 0)], false), None);
    assert_eq!(fault(&[extrinsic(1, 0)], true), Some(3), "an entry is no extrinsic");
    assert_eq!(fault(&[extrinsic(1, 0), extrinsic(1, 1)], false), Some(3), "a signature fails");
    // Its era counts from a block that this node doesn't have, so nothing is known of its signature.
    let era = Era::Mortal { period: 8, phase: 3 };
    assert_eq!(fault(&[extrinsic_of(1, 1, era, 1)], false), None);
}

#[test]
fn evidence_that_proves_nothing_is_an_offence() {
    let told =
        |evidence: Evidence| look(1, |inbound| inbound.sync(validator(1), SyncMessage::Evidence(evidence.into())));
    let honest = signed_bundle(1, &keys(1)[3], &[extrinsic(1, 0)]);
    let bad = |entry, signed: &SignedBundle| Evidence::Bundle(BadBundle { signed: signed.clone(), entry, birth: None });
    assert!(matches!(told(bad(0, &honest)), Err(refused @ Refused::Evidence(_)) if refused.is_offence()));
    let guilty = signed_bundle(1, &keys(1)[3], &[extrinsic(1, 1)]);
    assert!(matches!(told(bad(0, &guilty)), Ok(Some(Input::Evidence { .. }))));
    let unknown = signed_bundle(9, &keys(1)[3], &[extrinsic(1, 1)]);
    assert!(matches!(told(bad(0, &unknown)), Err(refused) if !refused.is_offence()));
}

#[test]
fn evidence_of_a_fault_that_is_known_costs_no_signature() {
    let bad = |signer: &KeyPair| {
        let signed = signed_bundle(1, signer, &[extrinsic(1, 1)]);
        Arc::new(Evidence::Bundle(BadBundle { signed, entry: 0, birth: None }))
    };
    let (proven, forged) = (bad(&keys(1)[3]), bad(&keys(0)[3]));
    assert_eq!(proven.topic(), forged.topic());
    let told = |known: &[Arc<Evidence>], evidence: &Arc<Evidence>| {
        let mut book = Book::default();
        assert!(known.iter().all(|known| book.insert(known.clone())));
        let message = SyncMessage::Evidence(evidence.clone());
        look_with(Eyes { height: 0, book }, 1, |inbound| inbound.sync(validator(1), message))
    };
    assert!(matches!(told(&[], &proven), Ok(Some(Input::Evidence { .. }))));
    assert!(matches!(told(&[], &forged), Err(Refused::Evidence(_))), "whoever reads it finds the signature");
    for again in [&proven, &forged] {
        assert!(matches!(told(core::slice::from_ref(&proven), again), Ok(None)));
    }
}

#[test]
fn a_range_is_verified_across_the_end_of_an_epoch() {
    let taken = look(0, |inbound| inbound.sync(validator(0), SyncMessage::Range { blocks: across_the_end() }));
    assert!(matches!(taken, Ok(Some(Input::Range { blocks, .. })) if blocks.len() == 3));
    // Without the end, the new epoch proves nothing; what is before it counts.
    let mut gap = across_the_end();
    gap.remove(1);
    let taken = look(0, |inbound| inbound.sync(validator(0), SyncMessage::Range { blocks: gap }));
    assert!(matches!(taken, Ok(Some(Input::Range { blocks, .. })) if blocks.len() == 1));
}

#[test]
fn a_gossiped_block_that_is_final_here_costs_no_signature_and_is_no_offence() {
    let block = across_the_end().remove(0);
    let taken = look_from(0, 0, |inbound| inbound.gossiped_block(&block.encode()));
    assert!(matches!(taken, Ok(Some(Input::Gossiped { .. }))), "{taken:?}");
    let taken = look_from(0, 0, |inbound| inbound.gossiped_block(&spoiled(&block).encode()));
    assert!(taken.as_ref().err().is_some_and(Refused::is_offence), "{taken:?}");
    for height in [1, 2] {
        for late in [block.clone(), spoiled(&block)] {
            let taken = look_from(height, 0, |inbound| inbound.gossiped_block(&late.encode()));
            assert!(matches!(taken, Err(refused @ Refused::Past(1)) if !refused.is_offence()));
        }
    }
}

#[test]
fn what_is_final_here_is_passed_over_in_a_range() {
    let numbers = |height: BlockNumber, blocks: &[CertifiedBlock]| -> Vec<BlockNumber> {
        let message = SyncMessage::Range { blocks: blocks.to_vec() };
        match look_from(height, 0, |inbound| inbound.sync(validator(0), message)) {
            Ok(Some(Input::Range { blocks, .. })) => blocks.iter().map(|(block, _)| block.header.number).collect(),
            Err(refused) if refused.is_offence() => vec![BlockNumber::MAX],
            taken => panic!("{taken:?}"),
        }
    };
    let [one, two, three] = <[CertifiedBlock; 3]>::try_from(across_the_end()).expect("three blocks");
    let late = [spoiled(&one), two.clone(), three.clone()];
    assert_eq!(numbers(0, &late), [BlockNumber::MAX], "whoever reads it finds the signature");
    assert_eq!(numbers(1, &late), [2, 3]);
    assert!(numbers(3, &late.each_ref().map(spoiled)).is_empty(), "all of it is late");
    // A range is a run of blocks: repeats of one would be verified each anew.
    assert_eq!(numbers(0, &[one.clone(), spoiled(&one), two.clone()]), [1]);
    assert_eq!(numbers(0, &[two, spoiled(&one)]), [2]);
}

#[test]
fn a_block_above_the_end_that_the_old_set_certifies_is_an_offence() {
    let mut blocks = across_the_end();
    blocks[2] = certified(&parsed(&blocks[1]), 0, None);
    let taken = look(0, |inbound| inbound.sync(validator(0), SyncMessage::Range { blocks }));
    assert!(taken.err().is_some_and(|refused| refused.is_offence()));
}

#[test]
fn what_doesnt_belong_together_is_refused() {
    let mut swapped = across_the_end();
    swapped[0].certificate = swapped[1].certificate.clone();
    let taken = look(0, |inbound| inbound.gossiped_block(&swapped[0].encode()));
    assert!(matches!(taken, Err(Refused::NotWhole(1))));
    let (header, body) = (across_the_end()[0].header.clone(), vec![vec![1]]);
    let taken = look(0, |inbound| inbound.sync(validator(0), SyncMessage::Block { header, body }));
    assert!(matches!(taken, Err(Refused::NotWhole(1))));
}

#[test]
fn a_range_holds_as_many_blocks_as_fit() {
    let blocks = across_the_end();
    let read = |number: BlockNumber| blocks.get(number as usize - 1).cloned();
    let SyncMessage::Range { blocks: answer } = range(2, 9, read) else { panic!("a range is asked for") };
    assert_eq!(answer, blocks[1..]);
    let endless = |_: BlockNumber| Some(blocks[0].clone());
    let SyncMessage::Range { blocks: answer } = range(1, 100_000, endless) else { panic!("a range is asked for") };
    assert_eq!(answer.len(), RANGE_BLOCKS_MAX);
}
