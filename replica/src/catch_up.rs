//! Catch-up: which ranges of certified blocks to ask for, and whom.
//!
//! One request is under way at a time. Those that are known to be further are asked in turn, so a liar that gives
//! little, or late, costs at most its own turn; a peer that doesn't answer in time is passed over for a while.

use std::collections::BTreeMap;

use tierchain_primitives::BlockNumber;
use tierchain_primitives::certificate::ValidatorSet;

use crate::input::Member;

/// How long an answer may take.
const ANSWER_MS: u64 = 1_000;

/// For how long a peer that didn't answer in time isn't asked again, while others are there to be asked.
const PASSED_OVER_MS: u64 = 10_000;

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
    /// Peers that didn't answer or had nothing, and until when they are passed over.
    passed_over: BTreeMap<Member, u64>,
    /// The number of requests so far.
    turn: u64,
    /// Which of the requests was the last to each peer. A peer that is lost keeps its place: coming back is no way to
    /// be asked more often.
    turns: BTreeMap<Member, u64>,
    /// Whether the last request went to one that was known to be further.
    asked_ahead: bool,
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
        self.passed_over.remove(&peer);
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
        let Some((_, until)) = self.asked.filter(|(asked, _)| *asked == peer) else { return };
        self.asked = None;
        if !progressed {
            self.passed_over.insert(peer, until);
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
            self.passed_over.insert(peer, until.saturating_add(PASSED_OVER_MS));
        }
        self.passed_over.retain(|_, until| now < *until);
        let peer = self.choose(last, polls).or_else(|| self.poll(now, polls))?;
        self.turn += 1;
        self.turns.insert(peer, self.turn);
        self.asked_ahead = self.heights.get(&peer).is_some_and(|known| *known > last);
        self.next_poll = now + POLL_MS;
        self.asked = Some((peer, now + ANSWER_MS));
        Some(peer)
    }

    /// Whom to ask where somebody is known to be further. When nobody is left, who was passed over is forgiven.
    fn choose(&mut self, last: BlockNumber, polls: bool) -> Option<Member> {
        let any = self.next_in_turn(|_, known| known > last)?;
        let is_fresh = |peer: Member| !self.passed_over.contains_key(&peer);
        let ahead = self.next_in_turn(|peer, known| known > last && is_fresh(peer));
        // To an observer honest peers may say nothing of their heights: those that claim more, and give little or
        // nothing, must not be the only ones that are asked.
        let quiet = self.next_in_turn(|peer, known| polls && known <= last && is_fresh(peer));
        let fresh = if self.asked_ahead { quiet.or(ahead) } else { ahead.or(quiet) };
        if fresh.is_none() {
            self.passed_over.clear();
        }
        fresh.or(Some(any))
    }

    /// Of the connected peers for which this holds the one that wasn't asked for the longest time.
    fn next_in_turn(&self, is_meant: impl Fn(Member, BlockNumber) -> bool) -> Option<Member> {
        let meant = self.heights.iter().filter(|(peer, known)| is_meant(**peer, **known)).map(|(peer, _)| *peer);
        meant.min_by_key(|peer| self.turns.get(peer).copied().unwrap_or_default())
    }

    /// Whom an observer asks now and then though nobody is known to be further.
    fn poll(&mut self, now: u64, polls: bool) -> Option<Member> {
        if !polls || now < self.next_poll {
            return None;
        }
        self.next_poll = now + POLL_MS;
        self.next_in_turn(|_, _| true)
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

    /// The highest block that more of the set's validators claim to have than can be faulty; 0 where so many aren't
    /// connected.
    #[must_use]
    pub(crate) fn vouched(&self, set: &ValidatorSet) -> BlockNumber {
        let claims = set.keys.iter().filter_map(|key| self.heights.get(&Member::Validator(*key)));
        let mut claims: Vec<BlockNumber> = claims.copied().collect();
        claims.sort_unstable_by(|a, b| b.cmp(a));
        claims.get(set.faulty_max()).copied().unwrap_or_default()
    }

    /// Connected peers.
    pub(crate) fn peers(&self) -> impl Iterator<Item = Member> {
        self.heights.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::{AccountId, Epoch};

    use super::*;

    const A: Member = Member::Validator(AccountId([0; 32]));
    const B: Member = Member::Validator(AccountId([1; 32]));
    const C: Member = Member::Validator(AccountId([2; 32]));

    fn peers(heights: [(Member, BlockNumber); 2]) -> CatchUp {
        let mut catch_up = CatchUp::default();
        for (peer, number) in heights {
            catch_up.on_connected(peer);
            catch_up.note_height(peer, number);
        }
        catch_up
    }

    #[test]
    fn what_one_claims_alone_is_not_vouched_for() {
        let keys = [0, 1, 2, 3].map(|byte| AccountId([byte; 32])).to_vec();
        let set = ValidatorSet { epoch: Epoch(0), keys };
        let mut catch_up = CatchUp::default();
        catch_up.note_height(A, BlockNumber::MAX);
        catch_up.note_height(Member::Observer(0), BlockNumber::MAX);
        assert_eq!(catch_up.vouched(&set), 0);
        catch_up.note_height(B, 7);
        catch_up.note_height(C, 9);
        assert_eq!(catch_up.vouched(&set), 9, "of three claims the highest may be a lie");
    }

    #[test]
    fn an_observer_asks_others_too_when_the_only_one_that_claims_more_gives_nothing() {
        // B is as far as any, and says nothing of it.
        let mut catch_up = peers([(A, 9), (B, 0)]);
        assert_eq!(catch_up.next_request(0, 5, true), Some(A));
        catch_up.note_height(A, 10);
        assert_eq!(catch_up.next_request(ANSWER_MS, 5, true), Some(B));
        catch_up.on_range(B, true);
        assert_eq!(catch_up.next_request(ANSWER_MS, 8, true), Some(B), "what B gives doesn't speak for A");
        catch_up.on_range(B, false);
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
        assert_eq!(catch_up.next_request(1_001, 8, false), Some(B), "what B gives doesn't speak for A");
        catch_up.on_range(B, true);
        let later = ANSWER_MS + PASSED_OVER_MS;
        assert_eq!(catch_up.next_request(later, 8, false), Some(A), "for a while, not for ever");
        assert_eq!(catch_up.next_request(later + ANSWER_MS, 8, false), Some(B));
        assert_eq!(catch_up.next_request(later + 2 * ANSWER_MS, 8, false), Some(A), "nobody else is left");
    }

    /// Asks, and has the one that was asked give a block.
    fn gives_a_block(catch_up: &mut CatchUp, now: u64, last: &mut BlockNumber, polls: bool) -> Option<Member> {
        let asked = catch_up.next_request(now, *last, polls)?;
        *last += 1;
        catch_up.note_height(asked, *last);
        catch_up.on_range(asked, true);
        Some(asked)
    }

    #[test]
    fn one_that_gives_a_block_at_a_time_costs_no_more_than_its_own_turn() {
        let mut catch_up = peers([(A, 900), (B, 900)]);
        catch_up.on_connected(C);
        catch_up.note_height(C, 900);
        let (mut now, mut last) = (0, 5);
        for expected in [A, B, C, A, B, C] {
            assert_eq!(gives_a_block(&mut catch_up, now, &mut last, false), Some(expected));
            now += ANSWER_MS - 1;
        }
        catch_up.on_lost(A);
        catch_up.on_connected(A);
        catch_up.note_height(A, 900);
        assert_eq!(gives_a_block(&mut catch_up, now, &mut last, false), Some(A));
        catch_up.on_lost(A);
        catch_up.on_connected(A);
        catch_up.note_height(A, 900);
        assert_eq!(gives_a_block(&mut catch_up, now, &mut last, false), Some(B), "coming back is no way to be first");
    }

    #[test]
    fn an_observer_asks_others_too_when_the_only_one_that_claims_more_gives_little() {
        let mut catch_up = peers([(A, 900), (B, 0)]);
        catch_up.on_connected(C);
        let mut last = 5;
        for (at, expected) in (0..).zip([A, B, A, C, A, B]) {
            assert_eq!(gives_a_block(&mut catch_up, at * (ANSWER_MS - 1), &mut last, true), Some(expected));
        }
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
