//! The golden files of evidence: one of each fault, byte for byte, that anybody can check.
//!
//! A difference means that files which people hold prove nothing any more. If that is meant, `TIERCHAIN_GOLDEN=write
//! cargo test -p tierchain-replica --test it evidence_golden` writes the file anew, and the commit message says why.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use parity_scale_codec::Encode;
use tierchain_consensus::{Charge, Evidence as Contradiction, Message, NewView, Proposal, ViewChange, Vote, VoteKind};
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{Certificate, CertificateKind, SignedKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::epoch::{EpochProof, next_set_item};
use tierchain_primitives::extrinsic::{Era, Extrinsic};
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::tree::{EMPTY_ROOT, Tree, leaf_key};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::evidence::{BadBundle, Ed25519, Evidence, EvidenceFile, Fault, Rules};
use tierchain_replica::wire::SignedBundle;
use tierchain_runtime::{Call, VERSIONS, system};

/// The validator that lies, in both epochs, and the views that it is the primary of.
const LIAR: u16 = 2;
const ITS_VIEW: View = View(6);

/// The last block of epoch 0.
const END: BlockNumber = 30;

/// A chain in its second epoch, in which validators 0 and 1 have other keys than in the first.
struct Chain {
    sets: [Vec<KeyPair>; 2],
    genesis: H256,
    lineage: Lineage,
    rules: Rules,
}

fn header(number: BlockNumber, state_root: H256) -> Header {
    let pre = PreRuntime { proposer: ValidatorIndex(LIAR), timestamp: 1_795_227_255_965, executed: 0 };
    Header::new(H256([0x21; 32]), number, state_root, H256([0x23; 32]), pre)
}

fn set(epoch: u32, keys: &[KeyPair]) -> ValidatorSet {
    ValidatorSet { epoch: Epoch(epoch), keys: keys.iter().map(KeyPair::public).collect() }
}

impl Chain {
    fn new() -> Self {
        let keys = |seeds: [u8; 4]| seeds.map(|seed| KeyPair::from_seed(&[seed; 32])).to_vec();
        let sets = [keys([1, 2, 3, 4]), keys([5, 6, 3, 4])];
        let first = set(0, &sets[0]);
        let code = tierchain_runtime::runtime_version().encode();
        let state: [StateChange; 3] = [
            (Rules::key().to_vec(), Some(code.clone())),
            (Lineage::set_key().to_vec(), Some(first.encode())),
            (b"another leaf".to_vec(), Some(vec![1])),
        ];
        let update = Tree::update(&BTreeMap::new(), EMPTY_ROOT, &Tree::leaf_changes(&state));
        let pages: BTreeMap<Vec<u8>, Vec<u8>> =
            update.pages.into_iter().filter_map(|(name, page)| Some((name, page?))).collect();
        let prove = |key: &[u8]| Tree::prove(&pages, update.root, &leaf_key(key));
        let (proof, rules) = (prove(&Lineage::set_key()), Rules { code, proof: prove(Rules::key()) });
        let genesis = header(0, update.root);
        let lineage = Lineage { genesis: genesis.clone(), set: first, proof, changes: Vec::new() };
        let mut chain = Self { sets, genesis: genesis.hash(), lineage, rules };
        let mut end = header(END, H256([0x24; 32]));
        end.digest.push(next_set_item(&set(1, &chain.sets[1])));
        let certificate = chain.certificate(0, CertificateKind::Committed, View(0), &end);
        chain.lineage.changes.push(EpochProof { header: end, certificate });
        chain
    }

    fn sign(&self, epoch: u32, by: u16, kind: SignedKind, view: View, number: BlockNumber, hash: &H256) -> Signature {
        let bytes = signed_bytes(&self.genesis, Epoch(epoch), kind, view, number, hash);
        self.sets[epoch as usize][usize::from(by)].sign(&bytes)
    }

    fn certificate(&self, epoch: u32, kind: CertificateKind, view: View, of: &Header) -> Certificate {
        let (number, hash) = (of.number, of.hash());
        let vote = |by| (ValidatorIndex(by), self.sign(epoch, by, kind.vote(), view, number, &hash));
        Certificate { kind, epoch: Epoch(epoch), view, number, hash, votes: [0, 1, 3].map(vote).to_vec() }
    }

    fn proposal(&self, salt: u8) -> Message {
        let header = header(40, H256([salt; 32]));
        let signature = self.sign(1, LIAR, SignedKind::Proposal, ITS_VIEW, header.number, &header.hash());
        Message::Proposal(Proposal { epoch: Epoch(1), view: ITS_VIEW, header, bundles: Vec::new(), signature })
    }

    fn vote(&self, kind: VoteKind, salt: u8) -> Message {
        let (view, number, hash, voter) = (View(3), 40, H256([salt; 32]), ValidatorIndex(LIAR));
        let signature = self.sign(1, LIAR, kind.signed(), view, number, &hash);
        Message::Vote(Vote { kind, epoch: Epoch(1), view, number, hash, voter, signature })
    }

    /// A VIEW-CHANGE that shows block 39 certified, and block 40 prepared if it shows that.
    fn view_change(&self, by: u16, shows_prepared: bool) -> ViewChange {
        let (prepared, certified) = (CertificateKind::Prepared, CertificateKind::Committed);
        let certificate = |kind, number| self.certificate(1, kind, View(3), &header(number, H256([0x25; 32])));
        let mut change = ViewChange {
            epoch: Epoch(1),
            view: ITS_VIEW,
            sender: ValidatorIndex(by),
            certified: Some(certificate(certified, 39)),
            prepared: shows_prepared.then(|| certificate(prepared, 40)),
            signature: Signature::ZERO,
        };
        change.signature = self.sign(1, by, SignedKind::ViewChange, ITS_VIEW, 0, &change.content_hash());
        change
    }

    fn new_view(&self, senders: [u16; 3]) -> Message {
        let (sender, signature) = (ValidatorIndex(LIAR), Signature::ZERO);
        let proof = senders.map(|by| self.view_change(by, by == 0)).to_vec();
        let mut it = NewView { epoch: Epoch(1), view: ITS_VIEW, sender, proof, signature };
        it.signature = self.sign(1, LIAR, SignedKind::NewView, ITS_VIEW, 0, &it.content_hash());
        Message::NewView(it)
    }

    /// A bundle gathered at block 40 with one bad entry.
    fn bundle(&self, entry: Vec<u8>, birth: Option<(Header, Certificate)>) -> Evidence {
        let bundle = Bundle { extrinsics: vec![self.remark(Era::Immortal, &self.genesis), entry] };
        let signature = self.sign(1, LIAR, SignedKind::Bundle, View(0), 40, &bundle.digest());
        let signed = SignedBundle { epoch: Epoch(1), maker: ValidatorIndex(LIAR), at: 40, bundle, signature };
        Evidence::Bundle(BadBundle { signed, entry: 1, birth })
    }

    /// A remark whose signature covers this birth block.
    fn remark(&self, era: Era, birth: &H256) -> Vec<u8> {
        let call = Call::System(system::Call::Remark { remark: b"remark".to_vec() }).encode();
        Extrinsic::sign(&KeyPair::from_seed(&[9; 32]), call, era, 0, VERSIONS, &self.genesis, birth).encode()
    }

    /// All faults by name, each with its evidence.
    fn faults(&self) -> Vec<(&'static str, Fault, Evidence)> {
        let change = |shows_prepared| Message::ViewChange(self.view_change(LIAR, shows_prepared));
        let pairs = [
            ("two_proposals", Charge::TwoProposals, [1, 2].map(|salt| self.proposal(salt))),
            ("two_prepares", Charge::TwoPrepares, [1, 2].map(|salt| self.vote(VoteKind::Prepare, salt))),
            ("two_commits", Charge::TwoCommits, [1, 2].map(|salt| self.vote(VoteKind::Commit, salt))),
            ("two_view_changes", Charge::TwoViewChanges, [true, false].map(change)),
            ("two_new_views", Charge::TwoNewViews, [[0, 1, 2], [0, 1, 3]].map(|senders| self.new_view(senders))),
            ("hidden_commit", Charge::HiddenCommit, [self.vote(VoteKind::Commit, 1), change(false)]),
        ];
        let pairs = pairs.map(|(name, charge, [first, second])| {
            let pair = Contradiction { culprit: ValidatorIndex(LIAR), first, second };
            (name, Fault::Contradiction(charge), Evidence::Contradiction(pair))
        });
        // At block 41 an era of period 8 and phase 3 was born at block 35.
        let (mortal, birth) = (Era::Mortal { period: 8, phase: 3 }, header(35, H256([0x26; 32])));
        let certificate = self.certificate(1, CertificateKind::Committed, View(3), &birth);
        let [immortal, mortal] = [Era::Immortal, mortal].map(|era| self.remark(era, &H256([0x27; 32])));
        let bad = Fault::BadSignature { entry: 1 };
        let bundles = [
            ("no_extrinsic", Fault::NoExtrinsic { entry: 1 }, self.bundle(b"none".to_vec(), None)),
            ("bad_signature", bad, self.bundle(immortal, None)),
            ("bad_signature_mortal", bad, self.bundle(mortal, Some((birth, certificate)))),
        ];
        pairs.into_iter().chain(bundles).collect()
    }

    fn files(&self) -> impl Iterator<Item = (&'static str, Fault, Vec<u8>)> {
        let file =
            |evidence| EvidenceFile { lineage: self.lineage.clone(), rules: self.rules.clone(), evidence }.to_bytes();
        self.faults().into_iter().map(move |(name, fault, evidence)| (name, fault, file(evidence)))
    }
}

fn samples(chain: &Chain) -> String {
    let mut text = "# Evidence: docs/formats.md, section 16.\n".to_owned();
    let mut add = |name: &str, bytes: &[u8]| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(text, "{name} = 0x{hex}").expect("a string takes all that is written to it");
    };
    add("genesis", chain.genesis.as_ref());
    add("lineage", &chain.lineage.encode());
    add("rules", &chain.rules.encode());
    add("view_change.content_hash", chain.view_change(LIAR, true).content_hash().as_ref());
    if let Message::NewView(it) = chain.new_view([0, 1, 2]) {
        add("new_view.content_hash", it.content_hash().as_ref());
    }
    chain.faults().iter().for_each(|(name, _, evidence)| add(&format!("{name}.id"), &evidence.topic().encode()));
    chain.files().for_each(|(name, _, bytes)| add(&format!("{name}.file"), &bytes));
    text
}

#[test]
fn golden_evidence_is_as_it_was() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/evidence.txt");
    let made = samples(&Chain::new());
    if std::env::var("TIERCHAIN_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, &made).expect("the golden folder can be written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("the golden file is in the repository"), made);
}

#[test]
fn each_file_convicts_across_epochs_and_none_does_with_a_bit_flipped() {
    let chain = Chain::new();
    let verdict = |bytes: &[u8]| EvidenceFile::from_bytes(bytes)?.verify(&Ed25519, &chain.genesis);
    for (name, fault, bytes) in chain.files() {
        let guilt = verdict(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((guilt.epoch, guilt.culprit, guilt.fault), (Epoch(1), ValidatorIndex(LIAR), fault), "{name}");
        assert_eq!(guilt.key, chain.sets[1][usize::from(LIAR)].public(), "{name}");
        for at in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 1 << (at % 8);
            assert!(verdict(&bent).is_err(), "{name} with a bit of byte {at} flipped");
        }
        assert!(EvidenceFile::from_bytes(&bytes).and_then(|file| file.verify(&Ed25519, &H256([1; 32]))).is_err());
    }
}
