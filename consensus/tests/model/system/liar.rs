//! The menu of the one that lies. It needs no state: whatever it can sign and prove it may say to anybody at any time,
//! and something else to somebody else.
//!
//! It votes for everything (its vote is added wherever it completes a quorum), suspects every view, proposes two
//! siblings on any block, leaves for any view showing none, any or the highest of the certificates that exist, and opens
//! its own views with any quorum of VIEW-CHANGEs, a lie of its own among them or not, differently to each.

use tierchain_consensus::VoteKind;

use super::library::Library;
use super::talk::Talk;
use super::words::{Change, Mark, Who, Word, WordId};

/// The liar's proposals of its view with this number.
pub(crate) fn proposals(view: u8, number: u32, talk: &Talk, library: &mut Library) -> Vec<WordId> {
    let mut parents = talk.blocks();
    parents.push(0);
    parents.sort_unstable();
    parents.dedup();
    parents.retain(|parent| library.number(*parent) + 1 == number);
    let mut words = Vec::new();
    for parent in parents {
        let first = Mark { view, block: library.child(parent, view, 0) };
        words.push(library.say(Word::Proposal(first)));
        if talk.has(VoteKind::Prepare, first) {
            let second = Mark { view, block: library.child(parent, view, 1) };
            words.push(library.say(Word::Proposal(second)));
        }
    }
    words
}

/// The liar's VIEW-CHANGEs for a view: with or without the highest commit certificate there is, and with any prepared
/// certificate there is or none.
pub(crate) fn changes(liar: Who, view: u8, talk: &Talk, library: &Library) -> Vec<Change> {
    let below = |mark: &Mark| mark.view < view;
    let highest = talk.quorums(VoteKind::Commit).filter(below).max_by_key(|mark| library.number(mark.block));
    let certified: Vec<Option<Mark>> = [None].into_iter().chain(highest.map(Some)).collect();
    let prepared: Vec<Option<Mark>> =
        [None].into_iter().chain(talk.quorums(VoteKind::Prepare).filter(below).map(Some)).collect();
    let change = |certified, prepared| Change { view, sender: liar, certified, prepared };
    let all = certified.into_iter().flat_map(|certified| prepared.iter().map(move |prepared| (certified, *prepared)));
    all.map(|(certified, prepared)| change(certified, prepared)).collect()
}

/// The liar's NEW-VIEWs: every quorum of the VIEW-CHANGEs that it can have.
pub(crate) fn new_views(liar: Who, view: u8, talk: &Talk, library: &mut Library) -> Vec<WordId> {
    let honest: Vec<Change> = talk.changes.iter().map(|(change, _)| *change).filter(|it| it.view == view).collect();
    let lies = changes(liar, view, talk, library);
    let mut proofs: Vec<Vec<Change>> = Vec::new();
    for (at, one) in honest.iter().enumerate() {
        for other in &honest[at + 1..] {
            proofs.extend(lies.iter().map(|lie| vec![*one, *other, *lie]));
        }
    }
    if honest.len() == 3 {
        proofs.push(honest);
    }
    let mut words: Vec<WordId> = Vec::new();
    for proof in proofs {
        let word = library.new_view(view, &proof);
        words.push(library.say(word));
    }
    words.sort_unstable();
    words.dedup();
    words
}
