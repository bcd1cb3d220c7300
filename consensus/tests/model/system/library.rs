//! Everything the exploration has met, each thing once: blocks, words, the local states of validators, and what a
//! validator in a state does when something happens to it.
//!
//! A state of the whole system is then a handful of small numbers, and the machine itself steps once for each pair of a
//! local state and a happening, however many states of the system share it.

use std::collections::HashMap;

use tierchain_consensus::{Message, ViewChange};
use tierchain_primitives::H256;
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::header::Header;

use super::cast;
use super::mistake::Mistake;
use super::node::{Answer, Happening, Node, Place};
use super::symmetry::{NAMINGS, Print};
use super::words::{BlockId, Change, Mark, Who, Word, WordId, reduced};

/// A local state, by its place in the library.
pub(crate) type NodeId = u32;

/// What a validator does about something, by its place in the library.
pub(crate) type MoveId = u32;

/// A happening and what became of it.
#[derive(Debug)]
pub(crate) struct Move {
    /// What happened.
    pub(crate) happenings: Vec<Happening>,
    /// The local state after it.
    pub(crate) to: NodeId,
    /// What is said because of it.
    pub(crate) says: Vec<WordId>,
    /// Whether nobody can see that anything happened: nothing is said, recorded or final.
    pub(crate) silent: bool,
}

/// A local state, and its print under every naming that was asked for.
struct Shelf {
    node: Node,
    place: Place,
    prints: [Option<Print>; NAMINGS.len()],
}

/// The library.
pub(crate) struct Library {
    blocks: Vec<(Header, BlockId)>,
    block_ids: HashMap<H256, BlockId>,
    words: Vec<Word>,
    word_ids: HashMap<Word, WordId>,
    word_prints: Vec<[Print; NAMINGS.len()]>,
    nodes: Vec<Shelf>,
    node_ids: HashMap<H256, NodeId>,
    mistake: Option<Mistake>,
    moves: Vec<Move>,
    move_ids: HashMap<(NodeId, Vec<Happening>), MoveId>,
}

impl Library {
    /// A library that knows only where the epoch begins.
    pub(crate) fn new(mistake: Option<Mistake>) -> Self {
        let base = cast::base().header;
        Self {
            block_ids: [(base.hash(), 0)].into(),
            blocks: vec![(base, 0)],
            words: Vec::new(),
            word_ids: HashMap::new(),
            word_prints: Vec::new(),
            nodes: Vec::new(),
            node_ids: HashMap::new(),
            mistake,
            moves: Vec::new(),
            move_ids: HashMap::new(),
        }
    }

    pub(crate) fn header(&self, block: BlockId) -> &Header {
        &self.blocks[usize::from(block)].0
    }

    pub(crate) fn number(&self, block: BlockId) -> u32 {
        self.header(block).number
    }

    /// The block of a hash; every block there is was put here before anybody heard of it.
    pub(crate) fn block_of(&self, hash: &H256) -> BlockId {
        *self.block_ids.get(hash).expect("a block is made by `child` before anybody speaks of it")
    }

    /// The child of a block that the primary of a view makes.
    pub(crate) fn child(&mut self, parent: BlockId, view: u8, variant: u8) -> BlockId {
        let header = cast::block(self.header(parent), view, variant);
        let next = BlockId::try_from(self.blocks.len()).expect("a bounded model has few blocks");
        let id = *self.block_ids.entry(header.hash()).or_insert(next);
        if id == next {
            self.blocks.push((header, parent));
        }
        id
    }

    /// Whether `block` is `ancestor` or above it on the same chain.
    pub(crate) fn extends(&self, block: BlockId, ancestor: BlockId) -> bool {
        self.ancestor(block, self.number(ancestor)) == ancestor
    }

    /// Whether two blocks lie on one chain.
    pub(crate) fn agree(&self, one: BlockId, other: BlockId) -> bool {
        self.extends(one, other) || self.extends(other, one)
    }

    pub(crate) fn word(&self, id: WordId) -> &Word {
        &self.words[usize::from(id)]
    }

    /// The place of a word.
    pub(crate) fn say(&mut self, word: Word) -> WordId {
        if let Some(id) = self.word_ids.get(&word) {
            return *id;
        }
        let id = WordId::try_from(self.words.len()).expect("a bounded model has few words");
        self.word_prints.push(NAMINGS.map(|naming| print_word(&word.renamed(naming))));
        self.words.push(word.clone());
        self.word_ids.insert(word, id);
        id
    }

    /// A word's print under a naming.
    pub(crate) fn word_print(&self, word: WordId, naming: usize) -> Print {
        self.word_prints[usize::from(word)][naming]
    }

    /// Where a validator in a local state stands.
    pub(crate) fn place(&self, id: NodeId) -> Place {
        self.nodes[id as usize].place
    }

    /// How many local states there are.
    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The place of a local state. The first of those with one essence stands for all of them.
    pub(crate) fn shelve(&mut self, node: Node) -> NodeId {
        let next = NodeId::try_from(self.nodes.len()).expect("a bounded model has few local states");
        let id = *self.node_ids.entry(node.essence(NAMINGS[0])).or_insert(next);
        if id == next {
            let place = node.place(self);
            self.nodes.push(Shelf { node, place, prints: [None; NAMINGS.len()] });
        }
        id
    }

    /// A local state's print under a naming.
    pub(crate) fn node_print(&mut self, id: NodeId, naming: usize) -> Print {
        let shelf = &mut self.nodes[id as usize];
        let node = &shelf.node;
        *shelf.prints[naming].get_or_insert_with(|| short(&node.essence(NAMINGS[naming])))
    }

    pub(crate) fn the_move(&self, id: MoveId) -> &Move {
        &self.moves[id as usize]
    }

    /// What a validator in this state does about it.
    pub(crate) fn moved(&mut self, from: NodeId, happenings: Vec<Happening>) -> MoveId {
        let key = (from, happenings);
        if let Some(id) = self.move_ids.get(&key) {
            return *id;
        }
        let Answer { node, says, silent } = self.nodes[from as usize].node.answer(&key.1, self);
        let says = says.into_iter().map(|word| self.say(word)).collect();
        let to = self.shelve(node);
        let id = MoveId::try_from(self.moves.len()).expect("a bounded model has few moves");
        self.moves.push(Move { happenings: key.1.clone(), to, says, silent });
        self.move_ids.insert(key, id);
        id
    }

    /// The message that a word stands for.
    pub(crate) fn message(&self, word: &Word) -> Message {
        match word {
            Word::Proposal(mark) => cast::proposal(mark.view, self.header(mark.block)),
            Word::Vote { kind, mark, voter } => cast::vote(*kind, mark.view, self.header(mark.block), *voter),
            Word::Settled(_) => unreachable!("nobody says this"),
            Word::Change(change) => Message::ViewChange(self.view_change(change)),
            Word::NewView { view, proof } => {
                let proof = match self.mistake {
                    Some(mistake) => mistake.misread(proof, self),
                    None => proof.clone(),
                };
                cast::new_view(*view, proof.iter().map(|change| self.view_change(change)).collect())
            }
            Word::Certificate(mark) => Message::Certificate(self.certificate(CertificateKind::Committed, *mark)),
        }
    }

    fn view_change(&self, change: &Change) -> ViewChange {
        let certified = change.certified.map(|mark| self.certificate(CertificateKind::Committed, mark));
        let prepared = change.prepared.map(|mark| self.certificate(CertificateKind::Prepared, mark));
        cast::view_change(change.sender, change.view, certified, prepared)
    }

    fn certificate(&self, kind: CertificateKind, mark: Mark) -> Certificate {
        cast::certificate(kind, mark.view, self.header(mark.block))
    }

    /// The word for what a validator said; none for hints and courtesies, which a model needs none of.
    pub(crate) fn word_for(&self, message: &Message) -> Option<Word> {
        match message {
            Message::Proposal(it) => Some(Word::Proposal(self.mark(it.view.0, &it.header.hash()))),
            Message::Vote(it) => {
                Some(Word::Vote { kind: it.kind, mark: self.mark(it.view.0, &it.hash), voter: who(it.voter.0) })
            }
            Message::ViewChange(it) => Some(Word::Change(self.change(it))),
            Message::NewView(it) => {
                let proof: Vec<Change> = it.proof.iter().map(|change| self.change(change)).collect();
                Some(self.new_view(small(it.view.0), &proof))
            }
            Message::Suspect(_) | Message::Certificate(_) => None,
        }
    }

    /// The NEW-VIEW with this proof.
    pub(crate) fn new_view(&self, view: u8, proof: &[Change]) -> Word {
        Word::NewView { view, proof: reduced(proof, |mark| self.rank(mark)) }
    }

    /// By what the highest certificate is found (R6), unless validators make a mistake about it.
    pub(crate) fn rank(&self, mark: &Mark) -> (u32, u32) {
        let (view, number) = (u32::from(mark.view), self.number(mark.block));
        if self.mistake == Some(Mistake::NumberFirst) { (number, view) } else { (view, number) }
    }

    /// The ancestor of a block at a number.
    pub(crate) fn ancestor(&self, mut block: BlockId, number: u32) -> BlockId {
        while self.number(block) > number {
            block = self.blocks[usize::from(block)].1;
        }
        block
    }

    fn change(&self, change: &ViewChange) -> Change {
        let mark = |certificate: &Certificate| self.mark(certificate.view.0, &certificate.hash);
        Change {
            view: small(change.view.0),
            sender: who(change.sender.0),
            certified: change.certified.as_ref().map(mark),
            prepared: change.prepared.as_ref().map(mark),
        }
    }

    fn mark(&self, view: u64, hash: &H256) -> Mark {
        Mark { view: small(view), block: self.block_of(hash) }
    }
}

fn who(index: u16) -> Who {
    Who::try_from(index).expect("the model has four validators")
}

fn small(view: u64) -> u8 {
    u8::try_from(view).expect("the model has few views")
}

fn print_word(word: &Word) -> Print {
    short(&sha256(&[format!("{word:?}").as_bytes()]))
}

/// Half a hash: enough to tell 2^30 things apart for sure.
fn short(hash: &H256) -> Print {
    Print::from_le_bytes(*hash.0.first_chunk().expect("a hash has 32 bytes"))
}
