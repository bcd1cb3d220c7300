//! Catch-up: which ranges of certified blocks to ask for, and whom.
//!
//! One request is under way at a time; a peer that doesn't answer in time is passed over for the next one that is
//! known to be further.

use std::collections::BTreeMap;

use tierchain_primitives::BlockNumber;

use crate::input::Member;

/// How long an answer may take.
const ANSWER_MS: u64 = 1_000;

/// How often an observer asks though nobody announced anything.
const POLL_MS: u64 = 1_000;

/// How often a peer that speaks in an epoch that is over is told how far we are.
const TELL_MS: u64 = 100;

/// The state of catching up.
#[derive(Clone, Debug, Default)]
pub(crate) struct CatchUp {
    /// The newest final block that each connected peer is known to have.
    heights: BTreeMap<Member, BlockNumber>,
    /// Whom we asked, and when we give up waiting.
    asked: Option<(Member, u64)>,
    /// Peers that didn't answer or had nothing, since the last progress.
    passed_over: Vec<Member>,
    next_poll: u64,
    /// When each peer that is behind was last told how far we are.
    told: BTreeMap<Member, u64>,
}

impl CatchUp {
    /// A peer has this block.
    pub(crate) fn note_height(&mut self, peer: Member, number: BlockNumber) {
        let known = self.heights.entry(peer).or_default();
        *known = (*known).max(number);
    }

    /// A peer is connected.
    pub(crate) fn on_connected(&mut self, peer: Member) {
        self.heights.entry(peer).or_default();
        self.passed_over.retain(|other| *other != peer);
    }

    /// A peer is lost.
    pub(crate) fn on_lost(&mut self, peer: Member) {
        self.heights.remove(&peer);
        self.told.remove(&peer);
        if self.asked.is_some_and(|(asked, _)| asked == peer) {
            self.asked = None;
        }
    }

    /// Whether a peer is connected.
    pub(crate) fn is_connected(&self, peer: Member) -> bool {
        self.heights.contains_key(&peer)
    }

    /// Whether a peer that is behind may be told how far we are: not more often than it can act on it.
    pub(crate) fn may_tell_height(&mut self, peer: Member, now: u64) -> bool {
        let may = self.told.get(&peer).is_none_or(|at| now >= at.saturating_add(TELL_MS));
        if may {
            self.told.insert(peer, now);
        }
        may
    }

    /// A range came. One that nobody asked for changes nothing here.
    pub(crate) fn on_range(&mut self, peer: Member, progressed: bool) {
        if self.asked.is_none_or(|(asked, _)| asked != peer) {
            return;
        }
        self.asked = None;
        if progressed {
            self.passed_over.clear();
        } else {
            self.passed_over.push(peer);
            // What it claimed to have it doesn't give.
            self.heights.insert(peer, 0);
        }
    }

    /// Whom to ask for the blocks after `last`, if anybody. `polls` is for observers, who hear of nothing otherwise.
    pub(crate) fn next_request(&mut self, now: u64, last: BlockNumber, polls: bool) -> Option<Member> {
        if let Some((peer, until)) = self.asked {
            if now < until {
                return None;
            }
            self.asked = None;
            self.passed_over.push(peer);
        }
        let ahead = |known: &BlockNumber| *known > last;
        let mut candidates = self.heights.iter().filter(|(_, known)| ahead(known)).map(|(peer, _)| *peer);
        let is_fresh = |peer: &Member| !self.passed_over.contains(peer);
        let mut chosen = candidates.clone().find(is_fresh);
        // To an observer honest peers may say nothing of their heights: one that claims much and never answers must not
        // be the only one that is asked.
        if chosen.is_none() && polls && candidates.clone().next().is_some() {
            chosen = self.heights.keys().copied().find(is_fresh);
        }
        if chosen.is_none() {
            chosen = candidates.next();
            self.passed_over.clear();
        }
        if chosen.is_none() && polls && now >= self.next_poll {
            self.next_poll = now + POLL_MS;
            let peers: Vec<Member> = self.heights.keys().copied().collect();
            chosen = peers.get(usize::try_from(now / POLL_MS).unwrap_or(0) % peers.len().max(1)).copied();
        }
        let peer = chosen?;
        self.next_poll = now + POLL_MS;
        self.asked = Some((peer, now + ANSWER_MS));
        Some(peer)
    }

    /// When [`CatchUp::next_request`] is next worth calling without news.
    #[must_use]
    pub(crate) fn wake_at(&self, polls: bool) -> Option<u64> {
        let poll = polls.then_some(self.next_poll);
        let answer = self.asked.map(|(_, until)| until);
        poll.into_iter().chain(answer).min()
    }

    /// Whether a connected peer is known to be more than a window ahead of `last`.
    #[must_use]
    pub(crate) fn is_syncing(&self, last: BlockNumber) -> bool {
        self.highest() > last + tierchain_primitives::limits::WINDOW
    }

    /// The highest block any connected peer is known to have.
    #[must_use]
    pub(crate) fn highest(&self) -> BlockNumber {
        self.heights.values().copied().max().unwrap_or(0)
    }

    /// Connected peers.
    pub(crate) fn peers(&self) -> impl Iterator<Item = Member> {
        self.heights.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::AccountId;

    use super::*;

    const A: Member = Member::Validator(AccountId([0; 32]));
    const B: Member = Member::Validator(AccountId([1; 32]));

    fn peers(heights: [(Member, BlockNumber); 2]) -> CatchUp {
        let mut catch_up = CatchUp::default();
        for (peer, number) in heights {
            catch_up.on_connected(peer);
            catch_up.note_height(peer, number);
        }
        catch_up
    }

    #[test]
    fn an_observer_asks_others_too_when_the_only_one_that_claims_more_gives_nothing() {
        // B is as far as any, and says nothing of it.
        let mut catch_up = peers([(A, 9), (B, 0)]);
        assert_eq!(catch_up.next_request(0, 5, true), Some(A));
        catch_up.note_height(A, 10);
        assert_eq!(catch_up.next_request(ANSWER_MS, 5, true), Some(B));
        catch_up.on_range(B, true);
        assert_eq!(catch_up.next_request(ANSWER_MS, 8, true), Some(A), "it may have come to its senses");
        let mut validator = peers([(A, 9), (B, 0)]);
        assert_eq!(validator.next_request(0, 5, false), Some(A));
        assert_eq!(validator.next_request(ANSWER_MS, 5, false), Some(A), "whom votes name, nobody else");
    }

    #[test]
    fn nobody_is_asked_for_what_nobody_has() {
        let mut catch_up = peers([(A, 5), (B, 4)]);
        assert_eq!(catch_up.next_request(0, 5, false), None);
        assert_eq!((catch_up.wake_at(false), catch_up.highest()), (None, 5));
    }

    #[test]
    fn one_request_at_a_time_and_the_silent_are_passed_over() {
        let mut catch_up = peers([(A, 9), (B, 9)]);
        assert_eq!(catch_up.next_request(0, 5, false), Some(A));
        assert_eq!((catch_up.next_request(999, 5, false), catch_up.wake_at(false)), (None, Some(1_000)));
        assert_eq!(catch_up.next_request(1_000, 5, false), Some(B), "the first one didn't answer");
        catch_up.on_range(B, true);
        assert_eq!(catch_up.next_request(1_001, 8, false), Some(A), "progress forgives");
    }

    #[test]
    fn who_has_nothing_of_what_it_claimed_is_not_asked_again() {
        let mut catch_up = peers([(A, 9), (B, 3)]);
        assert_eq!(catch_up.next_request(0, 5, false), Some(A));
        catch_up.on_range(A, false);
        assert_eq!(catch_up.next_request(1, 5, false), None);
        catch_up.note_height(A, 10);
        assert_eq!(catch_up.next_request(2, 5, false), Some(A), "it claims something new");
    }

    #[test]
    fn an_answer_that_nobody_asked_for_changes_nothing() {
        let mut catch_up = peers([(A, 9), (B, 9)]);
        assert_eq!(catch_up.next_request(0, 5, false), Some(A));
        catch_up.on_range(B, false);
        assert_eq!((catch_up.next_request(1, 5, false), catch_up.highest()), (None, 9));
    }

    #[test]
    fn a_lost_peer_is_asked_no_more() {
        let mut catch_up = peers([(A, 9), (B, 9)]);
        assert_eq!(catch_up.next_request(0, 5, false), Some(A));
        catch_up.on_lost(A);
        assert_eq!(catch_up.next_request(1, 5, false), Some(B));
    }

    #[test]
    fn an_observer_polls_now_and_then_and_never_wants_the_past() {
        let mut catch_up = CatchUp::default();
        assert_eq!(catch_up.next_request(7, 0, true), None, "nobody is there");
        assert_eq!(catch_up.wake_at(true), Some(1_007));
        catch_up.on_connected(A);
        assert_eq!(catch_up.next_request(500, 0, true), None);
        assert_eq!(catch_up.next_request(1_007, 0, true), Some(A), "it may know something");
    }

    #[test]
    fn syncing_means_more_than_a_window_behind() {
        let catch_up = peers([(A, 20), (B, 3)]);
        assert!(catch_up.is_syncing(11) && !catch_up.is_syncing(12));
    }
}
