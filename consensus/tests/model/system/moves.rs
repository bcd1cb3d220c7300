//! What can happen to an honest validator in a state.
//!
//! A delivery that the receiver would only keep (a vote below its quorum, a VIEW-CHANGE below its f + 1 or q) is
//! postponed until one that makes it act, and comes together with that: it changes the receiver alone, in a way nobody
//! sees, and what is accepted earlier is accepted then too. So happenings are quorums, and each makes the validator say,
//! record or finish something.

use tierchain_consensus::VoteKind;

use super::cast::{VALIDATORS, primary};
use super::liar;
use super::library::{Library, MoveId, NodeId};
use super::model::Bounds;
use super::node::{Happening, Place};
use super::talk::Talk;
use super::words::{Change, Mark, Who, Word};

/// One validator in one state.
pub(crate) struct Stage<'a> {
    pub(crate) bounds: Bounds,
    pub(crate) liar: Who,
    pub(crate) me: Who,
    pub(crate) node: NodeId,
    pub(crate) talk: &'a Talk,
    pub(crate) library: &'a mut Library,
}

impl Stage<'_> {
    /// Everything that can happen to it and that somebody can notice, in a fixed order.
    pub(crate) fn moves(mut self) -> Vec<MoveId> {
        let place = self.library.place(self.node);
        if place.stopped {
            return Vec::new();
        }
        let mut all: Vec<Vec<Happening>> = self.propose(place).into_iter().collect();
        if place.promised == place.view {
            all.extend(self.hear_proposals(place));
        }
        all.extend(self.hear_prepares(place));
        all.extend(self.hear_commits(place));
        all.extend(self.obtain(place));
        all.extend(self.leave(place));
        all.extend(self.open(place));
        all.extend(self.enter(place));
        let mut moves: Vec<MoveId> = Vec::new();
        for happenings in all {
            let id = self.library.moved(self.node, happenings);
            if !self.library.the_move(id).silent && !moves.contains(&id) {
                moves.push(id);
            }
        }
        moves
    }

    fn propose(&mut self, place: Place) -> Option<Vec<Happening>> {
        let parent = place.slot?;
        let fits = self.library.number(parent) < self.bounds.heights;
        fits.then(|| vec![Happening::Propose(self.library.child(parent, place.view, 0))])
    }

    fn hear_proposals(&mut self, place: Place) -> Vec<Vec<Happening>> {
        let mut words = Vec::new();
        for number in self.library.number(place.tip) + 1..=self.bounds.heights {
            if primary(place.view) == self.liar {
                words.extend(liar::proposals(place.view, number, self.talk, self.library));
            }
        }
        let honest = self.talk.proposals.iter().filter(|(mark, _)| mark.view == place.view);
        words.extend(honest.map(|(_, word)| *word));
        words.into_iter().map(|word| vec![Happening::Hear(word)]).collect()
    }

    /// The prepares of a quorum, the liar among them.
    fn hear_prepares(&mut self, place: Place) -> Vec<Vec<Happening>> {
        let is_open =
            |mark: &Mark| mark.view == place.view && self.library.number(mark.block) > self.library.number(place.tip);
        let marks: Vec<Mark> = self.talk.quorums(VoteKind::Prepare).filter(is_open).collect();
        let voters: Vec<Who> = self.honest().chain([self.liar]).collect();
        marks.into_iter().map(|mark| self.hear_votes(VoteKind::Prepare, mark, &voters)).collect()
    }

    /// The commits of the other honest ones, which make a quorum with its own; and the certificate, which the liar makes
    /// without showing that it has voted too.
    fn hear_commits(&mut self, place: Place) -> Vec<Vec<Happening>> {
        let next = self.library.number(place.tip) + 1;
        let follows = |mark: &Mark| self.library.number(mark.block) == next;
        let marks: Vec<Mark> = self.talk.quorums(VoteKind::Commit).filter(follows).collect();
        let mut all = Vec::new();
        for mark in marks {
            let voters: Vec<Who> = self.talk.voters(VoteKind::Commit, mark).filter(|who| *who != self.me).collect();
            let shown = vec![Happening::Hear(self.library.say(Word::Certificate(mark)))];
            for mut happenings in [self.hear_votes(VoteKind::Commit, mark, &voters), shown] {
                happenings.push(Happening::Obtain(mark.block));
                all.push(happenings);
            }
        }
        all
    }

    /// A block that is missing, with what is missing below it: the machine lets go what it didn't ask for.
    fn obtain(&mut self, place: Place) -> Vec<Vec<Happening>> {
        let final_number = self.library.number(place.tip);
        let mut all = Vec::new();
        for block in self.talk.blocks() {
            let numbers = (final_number + 1..=self.library.number(block)).rev();
            all.push(numbers.map(|number| Happening::Obtain(self.library.ancestor(block, number))).collect());
        }
        all
    }

    /// The other honest ones.
    fn honest(&self) -> impl Iterator<Item = Who> + use<> {
        let (me, liar) = (self.me, self.liar);
        (0..VALIDATORS).filter(move |who| *who != me && *who != liar)
    }

    fn hear_votes(&mut self, kind: VoteKind, mark: Mark, voters: &[Who]) -> Vec<Happening> {
        let word = |voter: &Who| Word::Vote { kind, mark, voter: *voter };
        voters.iter().map(|voter| Happening::Hear(self.library.say(word(voter)))).collect()
    }

    /// A view is left for the next one whenever patience ends and the liar agrees, which may be at any time; between
    /// views it needs a quorum that wants the one promised. A view that an honest one has promised is joined.
    fn leave(&mut self, place: Place) -> Vec<Vec<Happening>> {
        let mut all = Vec::new();
        let next = place.promised + 1;
        let changing = place.promised > place.view;
        if next >= self.bounds.views {
            return all;
        }
        if !changing {
            all.push(vec![Happening::Suspect(self.liar)]);
        } else if primary(place.promised) != self.me {
            let first = self.others(place.promised).into_iter().take(1);
            all.extend(first.map(|other| {
                let mut happenings = self.hear_changes(&[other, self.bare(place.promised)]);
                happenings.push(Happening::Suspect(self.liar));
                happenings
            }));
        }
        for view in next..self.bounds.views {
            let redundant = view == next && !changing;
            let first = self.others(view).into_iter().take(usize::from(!redundant));
            all.extend(first.map(|other| self.hear_changes(&[other, self.bare(view)])));
        }
        all
    }

    /// The primary of the view promised opens it with its own VIEW-CHANGE and two others.
    fn open(&mut self, place: Place) -> Vec<Vec<Happening>> {
        let view = place.promised;
        if view == place.view || primary(view) != self.me {
            return Vec::new();
        }
        let honest = self.others(view);
        let lies = liar::changes(self.liar, view, self.talk, self.library);
        let mut pairs: Vec<[Change; 2]> = Vec::new();
        for (at, one) in honest.iter().enumerate() {
            pairs.extend(honest[at + 1..].iter().map(|other| [*one, *other]));
            pairs.extend(lies.iter().map(|lie| [*one, *lie]));
        }
        pairs.into_iter().map(|pair| self.hear_changes(&pair)).collect()
    }

    fn enter(&mut self, place: Place) -> Vec<Vec<Happening>> {
        let open = |view: u8| view > place.view && view >= place.promised;
        let honest = self.talk.new_views.iter().filter(|(view, ..)| open(*view)).map(|(.., word)| *word);
        let mut words: Vec<_> = honest.collect();
        for view in (0..self.bounds.views).filter(|view| open(*view) && primary(*view) == self.liar) {
            words.extend(liar::new_views(self.liar, view, self.talk, self.library));
        }
        words.into_iter().map(|word| vec![Happening::Hear(word)]).collect()
    }

    /// The VIEW-CHANGEs of the other honest ones for a view.
    fn others(&self, view: u8) -> Vec<Change> {
        let changes = self.talk.changes.iter().map(|(change, _)| *change);
        changes.filter(|change| change.view == view && change.sender != self.me).collect()
    }

    /// The liar's VIEW-CHANGE that shows nothing.
    fn bare(&self, view: u8) -> Change {
        Change { view, sender: self.liar, certified: None, prepared: None }
    }

    fn hear_changes(&mut self, changes: &[Change]) -> Vec<Happening> {
        changes.iter().map(|change| Happening::Hear(self.library.say(Word::Change(*change)))).collect()
    }
}
