//! What is evidence and what isn't, and that nothing of it can be bent.

use std::collections::BTreeMap;

use tierchain_consensus::{Vote, VoteKind};
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{SignedKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::extrinsic::RuntimeVersions;
use tierchain_primitives::extrinsic::{Era, Extrinsic, payload};
use tierchain_primitives::header::PreRuntime;
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::tree::{EMPTY_ROOT, Tree, leaf_key};
use tierchain_runtime::{Call, RuntimeVersion, system};

use super::*;

const LIAR: u16 = 2;

struct Chain {
    keys: Vec<KeyPair>,
    lineage: Lineage,
    rules: Rules,
    genesis: H256,
}

fn header(number: BlockNumber, state_root: H256) -> Header {
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 1, executed: 0 };
    Header::new(H256::ZERO, number, state_root, H256::ZERO, pre)
}

/// Four validators and a genesis that says so, with the runtime of this program.
fn chain() -> Chain {
    chain_of(&tierchain_runtime::runtime_version())
}

fn chain_of(version: &RuntimeVersion) -> Chain {
    let keys: Vec<KeyPair> = (1..5).map(|seed| KeyPair::from_seed(&[seed; 32])).collect();
    let set = ValidatorSet { epoch: Epoch(0), keys: keys.iter().map(KeyPair::public).collect() };
    let code = version.encode();
    let state: [StateChange; 2] =
        [(Rules::key().to_vec(), Some(code.clone())), (Lineage::set_key().to_vec(), Some(set.encode()))];
    let update = Tree::update(&BTreeMap::new(), EMPTY_ROOT, &Tree::leaf_changes(&state));
    let pages: BTreeMap<Vec<u8>, Vec<u8>> =
        update.pages.into_iter().filter_map(|(name, page)| Some((name, page?))).collect();
    let prove = |key: &[u8]| Tree::prove(&pages, update.root, &leaf_key(key));
    let rules = Rules { code, proof: prove(Rules::key()) };
    let genesis = header(0, update.root);
    let (hash, proof) = (genesis.hash(), prove(&Lineage::set_key()));
    Chain { keys, genesis: hash, lineage: Lineage { genesis, set, proof, changes: Vec::new() }, rules }
}

impl Chain {
    fn sign(&self, by: u16, kind: SignedKind, number: BlockNumber, hash: &H256) -> Signature {
        let bytes = signed_bytes(&self.genesis, Epoch(0), kind, View(0), number, hash);
        self.keys[usize::from(by)].sign(&bytes)
    }

    fn prepare(&self, hash: H256) -> Message {
        let signature = self.sign(LIAR, SignedKind::Prepare, 3, &hash);
        let (epoch, view, voter) = (Epoch(0), View(0), ValidatorIndex(LIAR));
        Message::Vote(Vote { kind: VoteKind::Prepare, epoch, view, number: 3, hash, voter, signature })
    }

    fn two_prepares(&self) -> Evidence {
        let (first, second) = (self.prepare(H256([1; 32])), self.prepare(H256([2; 32])));
        Evidence::Contradiction(Contradiction { culprit: ValidatorIndex(LIAR), first, second })
    }

    /// A remark whose signature holds for `birth`.
    fn remark(&self, era: Era, birth: &H256) -> Vec<u8> {
        let call = Call::System(system::Call::Remark { remark: vec![7] }).encode();
        let signer = KeyPair::from_seed(&[9; 32]);
        let signature = signer.sign(&payload(&call, era, 0, VERSIONS, &self.genesis, birth));
        Extrinsic { signer: signer.public(), signature, era, nonce: 0, call }.encode()
    }

    fn bundle(&self, at: BlockNumber, entry: Vec<u8>, birth: Option<(Header, Certificate)>) -> Evidence {
        let bundle = Bundle { extrinsics: vec![self.remark(Era::Immortal, &self.genesis), entry] };
        let signature = self.sign(LIAR, SignedKind::Bundle, at, &bundle.digest());
        let signed = SignedBundle { epoch: Epoch(0), maker: ValidatorIndex(LIAR), at, bundle, signature };
        Evidence::Bundle(BadBundle { signed, entry: 1, birth })
    }

    fn certified(&self, number: BlockNumber) -> (Header, Certificate) {
        let header = header(number, H256([number as u8; 32]));
        let (kind, hash) = (CertificateKind::Committed, header.hash());
        let vote = |by| (ValidatorIndex(by), self.sign(by, SignedKind::Commit, number, &hash));
        let votes = [0, 1, 3].map(vote).to_vec();
        (header, Certificate { kind, epoch: Epoch(0), view: View(0), number, hash, votes })
    }

    fn file(&self, evidence: Evidence) -> EvidenceFile {
        EvidenceFile { lineage: self.lineage.clone(), rules: self.rules.clone(), evidence }
    }

    fn judge(&self, evidence: &Evidence) -> Result<Fault, EvidenceError> {
        let epochs = self.lineage.verify(&self.genesis).expect("it is whole");
        let guilt = evidence.verify(&Ed25519, &self.genesis, &epochs)?;
        assert_eq!((guilt.culprit, guilt.key), (ValidatorIndex(LIAR), self.keys[usize::from(LIAR)].public()));
        Ok(guilt.fault)
    }
}

const ERA: Era = Era::Mortal { period: 8, phase: 3 };

#[test]
fn a_contradiction_and_bad_bundles_convict_their_signer() {
    let chain = chain();
    assert_eq!(chain.judge(&chain.two_prepares()), Ok(Fault::Contradiction(Charge::TwoPrepares)));
    let garbage = chain.bundle(12, vec![1, 2, 3], None);
    assert_eq!(chain.judge(&garbage), Ok(Fault::NoExtrinsic { entry: 1 }));
    let foreign = chain.bundle(12, chain.remark(Era::Immortal, &H256([5; 32])), None);
    assert_eq!(chain.judge(&foreign), Ok(Fault::BadSignature { entry: 1 }));
    // At block 13 the era of period 8 and phase 3 was born at block 11; the signature is over another block.
    let stale = chain.bundle(12, chain.remark(ERA, &chain.certified(3).0.hash()), Some(chain.certified(11)));
    assert_eq!(chain.judge(&stale), Ok(Fault::BadSignature { entry: 1 }));
}

#[test]
fn nobody_is_convicted_of_an_honest_bundle_nor_by_another_birth_block() {
    let chain = chain();
    let honest = chain.bundle(12, chain.remark(ERA, &chain.certified(11).0.hash()), Some(chain.certified(11)));
    assert_eq!(chain.judge(&honest), Err(EvidenceError::Honest(1)));
    let (header, certificate) = chain.certified(3);
    let entry = chain.remark(ERA, &chain.certified(11).0.hash());
    let earlier = chain.bundle(12, entry.clone(), Some((header.clone(), certificate.clone())));
    assert_eq!(chain.judge(&earlier), Err(EvidenceError::Birth { expected: 11 }));
    assert_eq!(chain.judge(&chain.bundle(12, entry.clone(), None)), Err(EvidenceError::Birth { expected: 11 }));
    let mut forged = chain.certified(11);
    forged.1.votes.truncate(2);
    assert!(matches!(chain.judge(&chain.bundle(12, entry, Some(forged))), Err(EvidenceError::Certificate(_))));
}

#[test]
fn a_file_is_checked_from_the_genesis_hash_and_every_flipped_bit_is_found() {
    let chain = chain();
    let file = chain.file(chain.two_prepares());
    let bytes = file.to_bytes();
    let read = EvidenceFile::from_bytes(&bytes).expect("it was just written");
    let guilt = read.verify(&Ed25519, &chain.genesis).expect("it is whole");
    assert_eq!(guilt.fault, Fault::Contradiction(Charge::TwoPrepares));
    for at in 0..bytes.len() * 8 {
        let mut bent = bytes.clone();
        bent[at / 8] ^= 1 << (at % 8);
        let verdict = EvidenceFile::from_bytes(&bent).and_then(|file| file.verify(&Ed25519, &chain.genesis));
        assert!(verdict.is_err(), "bit {at}: {verdict:?}");
    }
    assert!(EvidenceFile::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    assert!(EvidenceFile::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    assert!(file.verify(&Ed25519, &H256([1; 32])).is_err());
}

/// What would convict an honest validator, or let a liar go, is said to be of other rules.
#[test]
fn a_bundle_is_judged_by_the_rules_of_its_chain_or_not_at_all() {
    let ours = tierchain_runtime::runtime_version();
    let newer = RuntimeVersion { spec_version: VERSIONS.spec + 1, transaction_version: 9, ..ours.clone() };
    let found = RuntimeVersions { spec: newer.spec_version, transaction: 9 };
    for (version, other) in [(ours, None), (newer, Some(RulesError::Other { found, known: VERSIONS }))] {
        let chain = chain_of(&version);
        let garbage = chain.file(chain.bundle(12, vec![1, 2, 3], None));
        let verdict = garbage.verify(&Ed25519, &chain.genesis);
        match other {
            None => assert_eq!(verdict.map(|guilt| guilt.fault), Ok(Fault::NoExtrinsic { entry: 1 })),
            Some(other) => {
                let error = verdict.expect_err("of another runtime");
                assert_eq!(error, EvidenceFileError::Rules(other));
                let remedy = format!("with the tierchain of spec version {}", found.spec);
                assert!(error.to_string().ends_with(&remedy), "{error}");
            }
        }
        let pair = chain.file(chain.two_prepares());
        assert!(pair.verify(&Ed25519, &chain.genesis).is_ok(), "what was said to other validators is of no runtime");
    }
    let (chain, stranger) =
        (chain(), chain_of(&RuntimeVersion { impl_version: 7, ..tierchain_runtime::runtime_version() }));
    let mut unproven = chain.file(chain.bundle(12, vec![1, 2, 3], None));
    unproven.rules = stranger.rules;
    assert!(matches!(
        unproven.verify(&Ed25519, &chain.genesis),
        Err(EvidenceFileError::Rules(RulesError::Unproven(_)))
    ));
}

#[test]
fn evidence_about_one_thing_has_one_topic() {
    let chain = chain();
    let one = chain.two_prepares().topic();
    let Evidence::Contradiction(pair) = chain.two_prepares() else { unreachable!("it is one") };
    let turned = Contradiction { first: pair.second, second: pair.first, culprit: pair.culprit };
    assert_eq!(Evidence::Contradiction(turned).topic(), one);
    assert_ne!(chain.bundle(12, vec![1], None).topic(), chain.bundle(13, vec![1], None).topic());
    let id = one.encode();
    assert_eq!(Topic::from_id(&id), Some(one));
    assert_eq!((Topic::from_id(&id[1..]), Topic::from_id(&[&*id, &[0]].concat())), (None, None));
}
