//! The system as `stateright` explores it: three honest machines, one liar, and all that was said.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stateright::{Model, Property};

use super::cast::VALIDATORS;
use super::library::{Library, MoveId, NodeId};
use super::mistake::Mistake;
use super::moves::Stage;
use super::node::Node;
use super::properties;
use super::symmetry::{Print, sound_namings};
use super::talk::{Talk, settle};
use super::words::{Who, Word, WordId};

/// How far the exploration goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    /// Blocks have numbers 1 to this; all of them may be in flight at once.
    pub(crate) heights: u32,
    /// Views are below this.
    pub(crate) views: u8,
    /// A mistake that validators make, to see that it is found.
    pub(crate) mistake: Option<Mistake>,
}

/// A state of the system.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Who lies.
    pub(crate) liar: Who,
    /// The local states of all but the liar, which has none.
    pub(crate) nodes: [NodeId; VALIDATORS as usize],
    /// Everything the honest have said that may still matter to anybody, ascending.
    pub(crate) said: Box<[WordId]>,
    /// The same for all states that differ in names only.
    print: Print,
}

impl State {
    /// The honest validators.
    pub(crate) fn honest(&self) -> impl Iterator<Item = Who> + use<> {
        let liar = self.liar;
        (0..VALIDATORS).filter(move |who| *who != liar)
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u128(self.print);
    }
}

/// Something happens to a validator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Action {
    who: Who,
    what: MoveId,
}

/// The model.
pub(crate) struct System {
    pub(crate) bounds: Bounds,
    pub(crate) liars: Vec<Who>,
    library: Mutex<Library>,
    stopped: AtomicBool,
}

impl System {
    pub(crate) fn new(bounds: Bounds, liars: &[Who]) -> Self {
        Self {
            bounds,
            liars: liars.to_vec(),
            library: Mutex::new(Library::new(bounds.mistake)),
            stopped: AtomicBool::new(false),
        }
    }

    /// While stopped nothing happens any more, and whatever explores comes to its end.
    pub(crate) fn set_stopped(&self, stopped: bool) {
        self.stopped.store(stopped, Ordering::Relaxed);
    }

    /// A panic of a machine is caught inside, so nothing half done is ever left behind.
    pub(crate) fn library(&self) -> MutexGuard<'_, Library> {
        self.library.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self, liar: Who, nodes: [NodeId; 4], mut said: Vec<WordId>, library: &mut Library) -> State {
        let honest = (0..VALIDATORS).filter(|who| *who != liar);
        let places = honest.clone().map(|who| library.place(nodes[usize::from(who)]));
        let promised = places.map(|place| place.promised).min().unwrap_or_default();
        said.retain(|word| may_matter(library.word(*word), promised));
        settle(&mut said, library);
        let mut print = Print::MAX;
        for naming in sound_namings(liar, promised, self.bounds.views) {
            let local = honest.clone().map(|who| library.node_print(nodes[usize::from(who)], naming));
            let local = local.fold(0, Print::wrapping_add);
            let words = said.iter().map(|word| library.word_print(*word, naming)).fold(0, Print::wrapping_add);
            let all = local.rotate_left(1).wrapping_add(words).wrapping_add(Print::from(liar) << 96);
            print = print.min(all);
        }
        State { liar, nodes, said: said.into(), print }
    }
}

/// A number that depends on everything and means nothing (splitmix64).
fn mix(print: Print, action: &Action) -> u64 {
    let mut z = (print as u64) ^ (u64::from(action.what) << 8) ^ u64::from(action.who);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Proposals, VIEW-CHANGEs and NEW-VIEWs of views that all the honest have left are of no use to anybody.
fn may_matter(word: &Word, promised: u8) -> bool {
    match word {
        Word::Proposal(mark) => mark.view >= promised,
        Word::Change(change) => change.view >= promised,
        Word::NewView { view, .. } => *view >= promised,
        Word::Vote { .. } | Word::Settled(_) | Word::Certificate(_) => true,
    }
}

impl Model for System {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let library = &mut *self.library();
        let nodes = [0, 1, 2, 3].map(|who| library.shelve(Node::new(who, self.bounds.heights)));
        self.liars.iter().map(|liar| self.state(*liar, nodes, Vec::new(), library)).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if self.stopped.load(Ordering::Relaxed) {
            return;
        }
        let library = &mut *self.library();
        let talk = Talk::of(&state.said, library);
        for me in state.honest() {
            let node = state.nodes[usize::from(me)];
            let stage = Stage { bounds: self.bounds, liar: state.liar, me, node, talk: &talk, library };
            actions.extend(stage.moves().into_iter().map(|what| Action { who: me, what }));
        }
        // In no order that prefers anybody: a depth-first search that is cut short has then seen something of everything.
        let lot = |action: &Action| mix(state.print, action);
        actions.sort_by_key(lot);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let library = &mut *self.library();
        let done = library.the_move(action.what);
        let mut nodes = last.nodes;
        nodes[usize::from(action.who)] = done.to;
        let said: Vec<WordId> = last.said.iter().chain(&done.says).copied().collect();
        Some(self.state(last.liar, nodes, said, library))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }

    fn format_action(&self, action: &Action) -> String {
        let library = self.library();
        let done = library.the_move(action.what);
        let show = |word: &WordId| format!("{:?}", library.word(*word));
        let said: Vec<String> = done.says.iter().map(show).collect();
        let heard: Vec<String> = done.happenings.iter().map(|happening| happening.describe(&library)).collect();
        format!("validator {} · {} → says {}", action.who, heard.join(", "), said.join(", "))
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("bounds", &self.bounds).field("liars", &self.liars).finish_non_exhaustive()
    }
}
