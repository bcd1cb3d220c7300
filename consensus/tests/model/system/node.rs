//! An honest validator: the machine that ships, with a body that checks proposals at once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tierchain_consensus::{Effect, Input, Machine, Message, Phase, verify_with};
use tierchain_primitives::{H256, ValidatorIndex, View};

use super::cast::{self, Trust};
use super::library::Library;
use super::words::{BlockId, Who, Word, WordId};

/// Something that happens to a validator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Happening {
    /// It hears a word.
    Hear(WordId),
    /// It proposes this block.
    Propose(BlockId),
    /// Its body comes by this block, in case it was asked for.
    Obtain(BlockId),
    /// Its patience ends, and the liar agrees with it: f + 1 suspect the view.
    Suspect(Who),
}

/// An honest validator.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    machine: Machine,
    /// Its machine refused to go on: an assertion of its own failed.
    stopped: bool,
}

/// What a validator makes of what happened.
pub(crate) struct Answer {
    pub(crate) node: Node,
    pub(crate) says: Vec<Word>,
    pub(crate) silent: bool,
}

/// Where a validator stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// The view entered.
    pub(crate) view: u8,
    /// The view promised; the one entered when it votes there.
    pub(crate) promised: u8,
    /// The last final block.
    pub(crate) tip: BlockId,
    /// The parent of the block that it may propose now.
    pub(crate) slot: Option<BlockId>,
    /// Its machine refused to go on: an assertion of its own failed.
    pub(crate) stopped: bool,
}

impl Node {
    /// A validator at the beginning of the epoch.
    pub(crate) fn new(me: Who, window: u32) -> Self {
        Self { machine: Machine::new(cast::config(me, window), cast::base(), 0), stopped: false }
    }

    /// What it is, as far as anybody can ever tell, with validators called by other names.
    pub(crate) fn essence(&self, naming: [Who; 4]) -> H256 {
        let call = |index: ValidatorIndex| cast::index(naming[index.as_usize()]);
        if self.stopped { H256([naming[0]; 32]) } else { self.machine.essence(&call) }
    }

    /// Where it stands.
    pub(crate) fn place(&self, library: &Library) -> Place {
        let status = self.machine.status();
        let view = small(status.view);
        let promised = match status.phase {
            Phase::Normal => view,
            Phase::ChangingView(promised) => small(promised),
        };
        let slot = self.machine.slot().map(|slot| library.block_of(&slot.parent));
        Place { view, promised, tip: library.block_of(&status.final_hash), slot, stopped: self.stopped }
    }

    /// Takes everything that happens, in order; the body's answers come before the next of them.
    pub(crate) fn answer(&self, happenings: &[Happening], library: &Library) -> Answer {
        let mut answer = Answer { node: self.clone(), says: Vec::new(), silent: true };
        let all = AssertUnwindSafe(|| happenings.iter().for_each(|happening| answer.take(*happening, library)));
        if catch_unwind(all).is_err() {
            answer.node.stopped = true;
            answer.silent = false;
        }
        answer
    }
}

impl Answer {
    fn take(&mut self, happening: Happening, library: &Library) {
        match happening {
            Happening::Hear(word) => self.hear(library.message(library.word(word)), library),
            Happening::Propose(block) => {
                let header = library.header(block).clone();
                self.step(Input::Propose { header, bundles: Vec::new() }, library);
            }
            Happening::Obtain(block) => self.step(Input::Obtained { header: library.header(block).clone() }, library),
            Happening::Suspect(liar) => {
                self.step(Input::SuspectPrimary, library);
                let promised = match self.node.machine.status().phase {
                    Phase::Normal => self.node.machine.view(),
                    Phase::ChangingView(promised) => promised,
                };
                self.hear(cast::suspect(liar, promised), library);
            }
        }
    }

    fn hear(&mut self, message: Message, library: &Library) {
        self.step(Input::Message { from: ValidatorIndex(0), message }, library);
    }

    /// One step at time 0, which never passes, and those that the body's answers make.
    fn step(&mut self, input: Input, library: &Library) {
        let effects = self.node.machine.step(0, input, &Trust);
        for effect in effects {
            self.perform(effect, library);
        }
    }

    fn perform(&mut self, effect: Effect, library: &Library) {
        match effect {
            Effect::Record(_) | Effect::Final { .. } => self.silent = false,
            Effect::Send { message, .. } => {
                verify_with(&Trust, &message, &cast::set(), &cast::GENESIS).expect("what is said is well formed");
                let word = library.word_for(&message);
                self.silent &= word.is_none();
                self.says.extend(word);
            }
            Effect::Check { hash, .. } => self.step(Input::Valid { hash }, library),
            // The model delivers what it likes when it likes, no time passes, and the liar is known.
            Effect::Obtain { .. } | Effect::Behind { .. } | Effect::WakeAt(_) | Effect::Evidence(_) => {}
        }
    }
}

impl Happening {
    /// The happening as a sentence.
    pub(crate) fn describe(&self, library: &Library) -> String {
        match self {
            Self::Hear(word) => format!("hears {:?}", library.word(*word)),
            Self::Propose(block) => format!("proposes {block}"),
            Self::Obtain(block) => format!("obtains {block}"),
            Self::Suspect(_) => "loses patience".to_owned(),
        }
    }
}

fn small(view: View) -> u8 {
    u8::try_from(view.0).expect("the model has few views")
}
