//! A whole ledger in a test: real signatures, headers, state roots, certificates, and one change of validators.

use std::collections::{BTreeMap, BTreeSet};

use parity_scale_codec::Encode;
use tierchain_primitives::certificate::{Certificate, CertificateKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::KeyPair;
use tierchain_primitives::epoch::{EpochProof, Epochs, next_set_item};
use tierchain_primitives::extrinsic::{Era, Extrinsic};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::{Header, PreRuntime, extrinsics_root};
use tierchain_primitives::inclusion::Inclusion;
use tierchain_primitives::ledger::{EntityBlock, MetaBlock, ServerId};
use tierchain_primitives::lineage::Lineage;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::ports::StateChange;
use tierchain_primitives::tree::{EMPTY_ROOT, Proof, Tree, leaf_key};
use tierchain_primitives::{AccountId, BlockNumber, H256, ValidatorIndex, View};
use tierchain_runtime::audit::{Head, Included, LifeFile, Link, Lived, TenantFile, TenantPart};
use tierchain_runtime::{
    BlockContext, Call, Checked, GenesisConfig, VERSIONS, check, execute, genesis_state, is_leaf, query, registry,
};

/// The key of whoever has this name.
pub(crate) fn key(name: &str) -> KeyPair {
    KeyPair::from_seed(&sha256(&[b"tierchain/audit tests/", name.as_bytes()]).0)
}

/// The account of whoever has this name.
pub(crate) fn account(name: &str) -> AccountId {
    key(name).public()
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// A block with what it holds.
#[derive(Clone)]
struct Kept {
    header: Header,
    certificate: Option<Certificate>,
    body: Vec<Checked>,
}

/// A network of four validators and more, in one value.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) genesis: H256,
    pub(crate) state: Rows,
    /// Time of the next block.
    pub(crate) time: Millis,
    /// Every entity block that was made.
    pub(crate) entities: Vec<EntityBlock>,
    metas: Vec<MetaBlock>,
    first_set: ValidatorSet,
    first_proof: Proof,
    pages: Rows,
    /// Root of the state after each block.
    roots: Vec<H256>,
    blocks: Vec<Kept>,
    epochs: Epochs,
    /// Keys of all who ever voted.
    voters: Vec<KeyPair>,
}

impl Ledger {
    pub(crate) fn new(config: &GenesisConfig, voters: Vec<KeyPair>) -> Self {
        let state: Rows = genesis_state(config).into_iter().collect();
        let changes: Vec<StateChange> = state.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        let mut pages = Rows::new();
        let root = grow(&mut pages, EMPTY_ROOT, &changes);
        let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: config.time, executed: 0 };
        let header = Header::new(H256::ZERO, 0, root, extrinsics_root::<&[u8]>(&[]), pre);
        let first_set = tierchain_runtime::validator_set(&state);
        Self {
            genesis: header.hash(),
            time: config.time + 60_000,
            entities: Vec::new(),
            metas: Vec::new(),
            first_proof: Tree::prove(&pages, root, &leaf_key(&Lineage::set_key())),
            epochs: Epochs::new(0, first_set.clone()),
            first_set,
            state,
            pages,
            roots: vec![root],
            blocks: vec![Kept { header, certificate: None, body: Vec::new() }],
            voters,
        }
    }

    /// Number of the newest block.
    pub(crate) fn number(&self) -> BlockNumber {
        u32::try_from(self.blocks.len() - 1).expect("a test is short")
    }

    /// Makes a block of these calls, each by whoever has that name. Says how each ended.
    pub(crate) fn block(&mut self, calls: &[(&str, Call)]) -> Vec<bool> {
        let number = self.number() + 1;
        let body = self.sign(number, calls);
        let bytes: Vec<&[u8]> = body.iter().map(|checked| checked.bytes.as_slice()).collect();
        let parent = self.blocks.last().expect("there is genesis").header.hash();
        let pre = PreRuntime { proposer: ValidatorIndex(1), timestamp: self.time, executed: number - 1 };
        let root = *self.roots.last().expect("genesis has a root");
        let mut header = Header::new(parent, number, root, extrinsics_root(&bytes), pre);
        let change = registry::epoch_change(&self.state).filter(|change| change.end == number);
        header.digest.extend(change.map(|change| next_set_item(&change.next)));
        let context = BlockContext::new(&header, self.genesis).expect("the header carries it");
        let outcome = execute(&self.state, &context, &body);
        for (key, value) in &outcome.changes {
            match value {
                Some(value) => drop(self.state.insert(key.clone(), value.clone())),
                None => drop(self.state.remove(key)),
            }
        }
        self.roots.push(grow(&mut self.pages, root, &outcome.changes));
        self.entities.extend(outcome.entity_blocks);
        self.metas.extend(outcome.meta_blocks);
        let certificate = Some(self.certify(&header));
        self.epochs.follow(&header).expect("its header follows");
        self.blocks.push(Kept { header, certificate, body });
        self.time += 40;
        outcome.results.iter().map(Result::is_ok).collect()
    }

    /// Makes a block of one call, which succeeds.
    pub(crate) fn run(&mut self, who: &str, call: Call) {
        assert_eq!(self.block(&[(who, call.clone())]), [true], "{who}: {call:?}");
    }

    /// The chain's blocks.
    pub(crate) fn chain(&self, server: ServerId) -> Vec<EntityBlock> {
        let chain = server.chain(&self.genesis);
        self.entities.iter().filter(|block| block.chain == chain).cloned().collect()
    }

    /// A server's life in a file, as of the newest state that a block names: that before the last block, which is empty.
    pub(crate) fn life(&self, server: ServerId, with_extrinsics: bool) -> LifeFile {
        let blocks = self.chain(server);
        let lived = Lived::of(&blocks).expect("the ledger made them");
        let record = query::server(&self.state, server.uuid, Some(server.generation)).expect("it is born").1;
        let anchored = record.anchored.map(|anchor| anchor.hash);
        let meta = self.metas.iter().find(|block| Some(block.hash) == anchored).cloned();
        let mut head = Head::build(&self.state, self.links(), server, &lived.visits(), meta, |key| self.prove(key))
            .expect("the ledger has all of it");
        let extrinsics = with_extrinsics.then(|| self.extrinsics(&blocks));
        let carried: BTreeSet<u32> = extrinsics.iter().flatten().map(|one| one.block).collect();
        head.add_links(carried.into_iter().map(|number| self.link(number)));
        LifeFile { lineage: self.lineage(), head, blocks, extrinsics }
    }

    /// A tenant's lives in a file of parts of at most `most` entries.
    pub(crate) fn tenant(&self, tenant: &H256) -> TenantFile {
        let part = TenantPart::build(&self.state, self.links(), tenant, 0, None, |key| self.prove(key));
        TenantFile { lineage: self.lineage(), tenant: *tenant, parts: vec![part.expect("the list is whole")] }
    }

    /// The validator sets since genesis.
    pub(crate) fn lineage(&self) -> Lineage {
        let ends = self.epochs.iter().skip(1).map(|(end, _)| {
            let kept = &self.blocks[end as usize];
            EpochProof { header: kept.header.clone(), certificate: kept.certificate.clone().expect("it is certified") }
        });
        Lineage {
            genesis: self.blocks[0].header.clone(),
            set: self.first_set.clone(),
            proof: self.first_proof.clone(),
            changes: ends.collect(),
        }
    }

    /// The block whose state is proven, and the one that names it.
    fn links(&self) -> Vec<Link> {
        let last = self.number();
        assert!(self.blocks[last as usize].body.is_empty(), "the last block leaves the state as it is");
        vec![self.link(last - 1), self.link(last)]
    }

    fn link(&self, number: BlockNumber) -> Link {
        let Kept { header, certificate, .. } = self.blocks[number as usize].clone();
        Link { header, certificate }
    }

    fn prove(&self, key: &H256) -> Proof {
        Tree::prove(&self.pages, *self.roots.last().expect("genesis has a root"), key)
    }

    /// The extrinsics of these blocks, in the order in which they are named first.
    fn extrinsics(&self, blocks: &[EntityBlock]) -> Vec<Included> {
        let mut seen = BTreeSet::new();
        let first = blocks.iter().filter(|block| seen.insert(block.tx.extrinsic));
        first.map(|block| self.included(block.tx.block_number, &block.tx.extrinsic)).collect()
    }

    fn included(&self, number: BlockNumber, hash: &H256) -> Included {
        let body = &self.blocks[number as usize].body;
        let bytes: Vec<&[u8]> = body.iter().map(|checked| checked.bytes.as_slice()).collect();
        let index = body.iter().position(|checked| checked.hash == *hash).expect("it is in its block");
        Included {
            block: number,
            bytes: body[index].bytes.clone(),
            inclusion: Inclusion::of(&bytes, index).expect("it is in its block"),
            versions: VERSIONS,
            birth: self.birth(body[index].extrinsic.era, number),
        }
    }

    /// A signed extrinsic that no block needs to have.
    pub(crate) fn signed(&self, who: &str, call: &Call) -> (Vec<u8>, H256) {
        let number = self.number() + 1;
        let era = Era::mortal(64, number);
        let birth = self.birth(era, number);
        let nonce = tierchain_runtime::account(&self.state, &account(who)).expect("it is admitted").nonce;
        (Extrinsic::sign(&key(who), call.encode(), era, nonce, VERSIONS, &self.genesis, &birth).encode(), birth)
    }

    fn birth(&self, era: Era, number: BlockNumber) -> H256 {
        let birth = era.birth(number);
        // An era may be born in the very block before.
        self.blocks[birth.min(self.number()) as usize].header.hash()
    }

    fn sign(&self, number: BlockNumber, calls: &[(&str, Call)]) -> Vec<Checked> {
        let mut used: BTreeMap<AccountId, u32> = BTreeMap::new();
        let mut sign = |who: &str, call: &Call| {
            let admitted = tierchain_runtime::account(&self.state, &account(who)).expect("who signs is admitted");
            let ahead = used.entry(account(who)).or_insert(0);
            let nonce = admitted.nonce + *ahead;
            *ahead += 1;
            let era = Era::mortal(64, number - 1);
            let birth = self.birth(era, number);
            let signed = Extrinsic::sign(&key(who), call.encode(), era, nonce, VERSIONS, &self.genesis, &birth);
            check(&signed.encode()).expect("it is whole")
        };
        calls.iter().map(|(who, call)| sign(who, call)).collect()
    }

    /// A quorum's commits.
    fn certify(&self, header: &Header) -> Certificate {
        let (number, hash, view) = (header.number, header.hash(), View(u64::from(header.number) / 7));
        let set = self.epochs.certifying(number).expect("it is above genesis");
        let kind = CertificateKind::Committed;
        let bytes = signed_bytes(&self.genesis, set.epoch, kind.vote(), view, number, &hash);
        let vote = |index: ValidatorIndex| {
            let voter = self.voters.iter().find(|voter| Some(&voter.public()) == set.key(index));
            (index, voter.expect("a test knows its validators").sign(&bytes))
        };
        let votes = set.indices().take(set.quorum()).map(vote).collect();
        Certificate { kind, epoch: set.epoch, view, number, hash, votes }
    }
}

/// Takes over a block's changes and says the tree's new root.
fn grow(pages: &mut Rows, root: H256, changes: &[StateChange]) -> H256 {
    let leaves = Tree::leaf_changes(changes.iter().filter(|(key, _)| is_leaf(key)));
    let update = Tree::update(pages, root, &leaves);
    for (name, page) in update.pages {
        match page {
            Some(page) => drop(pages.insert(name, page)),
            None => drop(pages.remove(&name)),
        }
    }
    update.root
}
