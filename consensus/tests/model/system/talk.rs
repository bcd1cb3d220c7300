//! All that the honest have said in a state, and what the liar can make of it.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_consensus::VoteKind;

use super::cast::{LIARS, QUORUM, VALIDATORS};
use super::library::Library;
use super::words::{BlockId, Change, Mark, Who, Word, WordId};

/// What was said, by what it is.
#[derive(Default)]
pub(crate) struct Talk {
    /// Votes that few gave: who, a bit for each.
    votes: BTreeMap<(VoteKind, Mark), u8>,
    /// Votes that a quorum gave, or will have given when the liar adds its own.
    quorums: BTreeSet<(VoteKind, Mark)>,
    /// Proposals of honest primaries.
    pub(crate) proposals: Vec<(Mark, WordId)>,
    /// VIEW-CHANGEs.
    pub(crate) changes: Vec<(Change, WordId)>,
    /// NEW-VIEWs of honest primaries.
    pub(crate) new_views: Vec<(u8, Vec<Change>, WordId)>,
}

impl Talk {
    /// Sorts out what was said.
    pub(crate) fn of(said: &[WordId], library: &Library) -> Self {
        let mut talk = Self::default();
        for id in said {
            match library.word(*id) {
                Word::Proposal(mark) => talk.proposals.push((*mark, *id)),
                Word::Vote { kind, mark, voter } => *talk.votes.entry((*kind, *mark)).or_default() |= 1 << voter,
                Word::Settled(mark) => drop(talk.quorums.insert((VoteKind::Prepare, *mark))),
                Word::Change(change) => talk.changes.push((*change, *id)),
                Word::NewView { view, proof } => talk.new_views.push((*view, proof.clone(), *id)),
                Word::Certificate(_) => {}
            }
        }
        let enough = |voters: u8| voters.count_ones() as usize + LIARS >= QUORUM;
        talk.quorums.extend(talk.votes.iter().filter(|(_, voters)| enough(**voters)).map(|(vote, _)| *vote));
        talk
    }

    /// The honest that gave a vote; none of a prepare that is settled.
    pub(crate) fn voters(&self, kind: VoteKind, mark: Mark) -> impl Iterator<Item = Who> + use<> {
        let voters = self.votes.get(&(kind, mark)).copied().unwrap_or_default();
        (0..VALIDATORS).filter(move |who| voters & (1 << who) != 0)
    }

    /// Whether anybody honest gave this vote.
    pub(crate) fn has(&self, kind: VoteKind, mark: Mark) -> bool {
        self.votes.contains_key(&(kind, mark)) || self.quorums.contains(&(kind, mark))
    }

    /// The votes that make a certificate when the liar adds its own.
    pub(crate) fn quorums(&self, kind: VoteKind) -> impl Iterator<Item = Mark> {
        self.quorums.iter().filter(move |(of, _)| *of == kind).map(|(_, mark)| *mark)
    }

    /// Whether a certificate of these votes can exist.
    pub(crate) fn proves(&self, kind: VoteKind, mark: Mark) -> bool {
        self.quorums.contains(&(kind, mark))
    }

    /// The blocks that somebody honest prepared in a view.
    pub(crate) fn prepared_in(&self, view: u8) -> Vec<BlockId> {
        let all = self.votes.keys().chain(&self.quorums);
        all.filter(|(kind, mark)| *kind == VoteKind::Prepare && mark.view == view).map(|(_, mark)| mark.block).collect()
    }

    /// The blocks that somebody honest prepared.
    pub(crate) fn blocks(&self) -> Vec<BlockId> {
        let mut blocks: Vec<BlockId> = self.votes.keys().chain(&self.quorums).map(|(_, mark)| mark.block).collect();
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    }
}

/// What was said, without who gave a prepare that enough have given.
///
/// Of commits everybody's is remembered: a VIEW-CHANGE that shows less than its sender's commit needed is evidence.
pub(crate) fn settle(said: &mut Vec<WordId>, library: &mut Library) {
    let mut prepares: BTreeMap<Mark, BTreeSet<Who>> = BTreeMap::new();
    for id in said.iter() {
        match library.word(*id) {
            Word::Vote { kind: VoteKind::Prepare, mark, voter } => prepares.entry(*mark).or_default().extend([*voter]),
            Word::Settled(mark) => prepares.entry(*mark).or_default().extend(0..VALIDATORS),
            _ => {}
        }
    }
    prepares.retain(|_, voters| voters.len() + LIARS >= QUORUM);
    let settled = |word: &Word| match word {
        Word::Vote { kind: VoteKind::Prepare, mark, .. } => prepares.contains_key(mark),
        _ => false,
    };
    said.retain(|id| !settled(library.word(*id)));
    said.extend(prepares.into_keys().map(|mark| library.say(Word::Settled(mark))));
    said.sort_unstable();
    said.dedup();
}
