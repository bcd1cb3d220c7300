//! What must be true in every state, and what must be possible at all.

use stateright::Property;
use tierchain_consensus::VoteKind::{Commit, Prepare};

use super::library::Library;
use super::model::{State, System};
use super::talk::Talk;
use super::words::{BlockId, Change, Mark};

/// No two blocks of one number can be certified, and no two that are final contradict each other.
pub(crate) const AGREEMENT: &str = "agreement";

/// What f + 1 honest validators hold prepared, and so may be certified, is below whatever a later view starts with,
/// prepares or certifies.
pub(crate) const SURVIVAL: &str = "a prepared block survives the view change";

/// A certificate that anybody honest shows or relies on is of votes that were given.
pub(crate) const CERTIFICATES: &str = "certificates are of votes that were given";

/// What an honest validator prepares in a view is its head or above it.
pub(crate) const HEAD_FIRST: &str = "nothing is prepared off the head of the view";

/// No machine meets what its own assertions exclude.
pub(crate) const ASSERTIONS: &str = "no machine stops";

/// All of them, and three that show that the exploration gets somewhere.
pub(crate) fn all() -> Vec<Property<System>> {
    vec![
        Property::always(AGREEMENT, |system, state| system.look(state, agreement)),
        Property::always(SURVIVAL, |system, state| system.look(state, survival)),
        Property::always(CERTIFICATES, |system, state| system.look(state, certificates)),
        Property::always(HEAD_FIRST, |system, state| system.look(state, head_first)),
        Property::always(ASSERTIONS, |system: &System, state: &State| {
            let library = system.library();
            state.honest().all(|who| !library.place(state.nodes[usize::from(who)]).stopped)
        }),
        Property::sometimes("everybody has every block", |system: &System, state: &State| {
            let library = system.library();
            tips(state, &library).all(|tip| library.number(tip) == system.bounds.heights)
        }),
        Property::sometimes("the last view certifies", |system: &System, state: &State| {
            system.look(state, |talk, _, _| talk.quorums(Commit).any(|mark| mark.view + 1 == system.bounds.views))
        }),
        Property::sometimes(
            "a block of an earlier view is certified in a later one",
            |system: &System, state: &State| {
                system.look(state, |talk, _, _| {
                    let later =
                        |mark: Mark| talk.quorums(Prepare).any(|old| old.block == mark.block && old.view < mark.view);
                    talk.quorums(Commit).any(later)
                })
            },
        ),
    ]
}

impl System {
    fn look(&self, state: &State, holds: impl Fn(&Talk, &State, &Library) -> bool) -> bool {
        let library = self.library();
        holds(&Talk::of(&state.said, &library), state, &library)
    }
}

fn tips<'a>(state: &'a State, library: &'a Library) -> impl Iterator<Item = BlockId> + 'a {
    let places = state.honest().map(|who| library.place(state.nodes[usize::from(who)]));
    places.filter(|place| !place.stopped).map(|place| place.tip)
}

fn agreement(talk: &Talk, state: &State, library: &Library) -> bool {
    let mut settled: Vec<BlockId> = talk.quorums(Commit).map(|mark| mark.block).collect();
    settled.extend(tips(state, library));
    settled.iter().all(|one| settled.iter().all(|other| library.agree(*one, *other)))
}

fn survival(talk: &Talk, _: &State, library: &Library) -> bool {
    talk.quorums(Commit).all(|committed| {
        let later = |mark: &Mark| mark.view > committed.view;
        let prepared = talk.quorums(Prepare).filter(later).all(|mark| library.extends(mark.block, committed.block));
        let opened = talk.new_views.iter().filter(|(view, ..)| *view > committed.view);
        let heads = opened.map(|(view, proof, _)| head(*view, proof, library));
        prepared && heads.into_iter().all(|head| head.is_some_and(|mark| library.extends(mark.block, committed.block)))
    })
}

fn head_first(talk: &Talk, _: &State, library: &Library) -> bool {
    let heads = talk.new_views.iter().map(|(view, proof, _)| (*view, head(*view, proof, library)));
    heads.into_iter().all(|(view, head)| {
        let prepared = talk.prepared_in(view);
        head.is_none_or(|head| prepared.into_iter().all(|block| library.extends(block, head.block)))
    })
}

/// R6, written down a second time: certificates of views below count, no others.
fn head(view: u8, proof: &[Change], library: &Library) -> Option<Mark> {
    let shown = proof.iter().flat_map(|change| change.certified.into_iter().chain(change.prepared));
    shown.filter(|mark| mark.view < view).max_by_key(|mark| (mark.view, library.number(mark.block)))
}

fn certificates(talk: &Talk, state: &State, library: &Library) -> bool {
    let shown = talk.changes.iter().map(|(change, _)| change);
    let proven = talk.new_views.iter().flat_map(|(_, proof, _)| proof);
    let changes = shown.chain(proven).all(|change| {
        change.certified.is_none_or(|mark| talk.proves(Commit, mark))
            && change.prepared.is_none_or(|mark| talk.proves(Prepare, mark))
    });
    let final_here = |tip: BlockId| tip == 0 || talk.quorums(Commit).any(|mark| mark.block == tip);
    changes && tips(state, library).all(final_here)
}
