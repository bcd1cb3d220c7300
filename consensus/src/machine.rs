//! The machine: one replica as a value, and its one verb.
//!
//! [`Machine::step`] is total: every input is answered, if only by nothing. It runs in a fixed order: take the input,
//! follow all consequences until nothing moves, look at the clocks, follow the consequences of that, then ask for what
//! is missing and set the alarm. The handlers lie beside each other in `machine/`, one file for each thing that is
//! said; each rule of the front page is named where it is applied.

mod accuse;
mod certify;
mod enter;
mod fetch;
mod leave;
mod propose;
mod repeat;
mod turn;
mod vote;

use std::collections::BTreeMap;

use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::{BlockNumber, ValidatorIndex, View};

use crate::chain::Chain;
use crate::config::{Base, Config, Signer, Slot};
use crate::effect::{Effect, Target};
use crate::evidence::Convictions;
use crate::input::{Input, Now};
use crate::invariants;
use crate::message::{Message, Proposal, ViewChange};
use crate::pacemaker::{Cause, Pacemaker, Sight};
use crate::peers::Peers;
use crate::tally::Tally;
use crate::term::Term;
use crate::view_change::Head;
use crate::wants::Wants;
use fetch::Lag;
use turn::Turn;

/// One replica of the protocol, as a value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Machine {
    pub(crate) config: Config,
    pub(crate) now: Now,
    /// The view last entered.
    pub(crate) view: View,
    /// The view entered before it: votes of it may still complete a certificate (R4).
    pub(crate) previous: Option<View>,
    /// The highest view that a VIEW-CHANGE of this replica names, or the view entered. No vote below it (R5).
    pub(crate) promised: View,
    /// That VIEW-CHANGE, until its view or a higher one is entered.
    pub(crate) view_change: Option<ViewChange>,
    /// The highest prepared certificate, by view, then number.
    pub(crate) prepared: Option<Certificate>,
    pub(crate) chain: Chain,
    pub(crate) term: Term,
    /// Proposals of the view promised, which is still to be entered.
    pub(crate) early: BTreeMap<BlockNumber, Proposal>,
    pub(crate) tally: Tally,
    /// Of each validator the VIEW-CHANGE for the highest view, where that is above the view entered.
    pub(crate) changes: BTreeMap<ValidatorIndex, ViewChange>,
    pub(crate) pace: Pacemaker,
    /// Why this replica suspects the view promised, if it does.
    pub(crate) cause: Option<Cause>,
    pub(crate) peers: Peers,
    pub(crate) wants: Wants,
    pub(crate) lag: Lag,
    pub(crate) convictions: Convictions,
    /// Up to here the certificates are on disk.
    pub(crate) logged: BlockNumber,
    pub(crate) wake: Option<Now>,
}

impl Machine {
    /// A machine without a past: the epoch's view 0, or an observer's start on a later block.
    #[must_use]
    pub fn new(config: Config, base: Base, now: Now) -> Self {
        let others = config.set.indices().filter(|index| *index != config.me);
        let mut machine = Self {
            now,
            view: View(0),
            previous: None,
            promised: View(0),
            view_change: None,
            prepared: None,
            logged: base.header.number,
            chain: Chain::new(base, now),
            term: Term::new(None, Head::of_epoch(), now),
            early: BTreeMap::new(),
            tally: Tally::new(config.set.epoch, config.quorum()),
            changes: BTreeMap::new(),
            pace: Pacemaker::new(config.parameters, now),
            cause: None,
            peers: Peers::new(others),
            wants: Wants::default(),
            lag: Lag::default(),
            convictions: Convictions::default(),
            wake: None,
            config,
        };
        machine.anchor();
        machine
    }

    /// Takes one input at a time `now`, and says what is to be done about it. A `now` below an earlier one counts as
    /// the earlier one.
    #[must_use]
    pub fn step(&mut self, now: Now, input: Input, signer: &dyn Signer) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut turn = Turn::new(signer);
        self.take(input, &mut turn);
        self.make_progress(&mut turn);
        self.look_at_clocks(&mut turn);
        self.make_progress(&mut turn);
        self.fetch_missing(&mut turn);
        self.catch_up(&mut turn);
        self.set_alarm(&mut turn);
        invariants::check(self);
        turn.into_effects()
    }

    /// The view this replica entered last.
    #[must_use]
    pub fn view(&self) -> View {
        self.view
    }

    /// What this replica may propose now: it is the primary, has prepared the head (R7) and the block before, and the
    /// window is open.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        let last = self.term.last.filter(|_| self.may_vote() && self.is_primary())?;
        let number = last.number.checked_add(1)?;
        let open = number <= self.window_end() && number > self.term.floor;
        let free = !self.term.proposals.contains_key(&number) && self.chain.is_complete(last);
        (open && free).then_some(Slot { view: self.view, number, parent: last.hash })
    }

    fn take(&mut self, input: Input, turn: &mut Turn<'_>) {
        match input {
            Input::Message { from, message } => self.on_message(from, message, turn),
            Input::Valid { hash } => self.on_valid(hash),
            Input::Invalid { hash } => self.on_invalid(hash),
            Input::Obtained { header } => self.on_obtained(header),
            Input::Propose { header, bundles } => self.on_propose(header, bundles, turn),
            Input::Certified { header, certificate } => self.on_certified(header, certificate),
            Input::Work(work) => self.pace.work = work,
            Input::Convicted(culprit) => self.convictions.convict(culprit),
            Input::SuspectPrimary => self.pace.on_blame(self.now),
            Input::Connected(peer) => self.on_connected(peer, turn),
            Input::Lost { peer, refused } => self.pace.on_lost(self.now, peer, refused),
            Input::Tick => {}
        }
    }

    fn on_message(&mut self, from: ValidatorIndex, message: Message, turn: &mut Turn<'_>) {
        if message.epoch() != self.config.set.epoch {
            // It counts nowhere here, whatever it says.
            return;
        }
        match message {
            Message::Proposal(it) => self.on_proposal(it, turn),
            Message::Vote(it) => self.on_vote(&it, turn),
            Message::ViewChange(it) => self.on_view_change(from, it, turn),
            Message::NewView(it) => self.on_new_view(from, it, turn),
            Message::Suspect(it) => self.on_suspect(&it, turn),
            Message::Certificate(it) => self.on_last_certificate(from, it, turn),
        }
    }

    /// Follows all consequences. Ends because each of them is taken at most once: blocks become final, votes are cast
    /// and views are left, and none of that is ever undone.
    fn make_progress(&mut self, turn: &mut Turn<'_>) {
        loop {
            let moved = self.try_certify(turn)
                || self.try_leave(turn)
                || self.try_open_view(turn)
                || self.try_prepare(turn)
                || self.try_commit(turn);
            if !moved {
                return;
            }
        }
    }

    fn look_at_clocks(&mut self, turn: &mut Turn<'_>) {
        self.pace.set_busy(self.now, self.pace.work || self.is_in_flight());
        if self.is_changing() && self.wanting(self.promised) >= self.config.quorum() {
            self.pace.on_quorum(self.now);
        }
        #[cfg(feature = "bugs")]
        if self.is_changing() && self.config.parameters.bug == Some(crate::Bug::TimeoutWithoutQuorum) {
            self.pace.on_quorum(self.now);
        }
        self.cause = self.pace.cause(self.sight());
        if self.pace.says_suspect(self.now, self.cause.is_some() || self.is_overtaken()) {
            let suspect = self.build_suspect(turn);
            turn.send(Target::All, Message::Suspect(suspect));
        }
        let hangs = self.pace.work || self.is_in_flight() || self.is_changing() || self.is_overtaken();
        if self.pace.says_again(self.now, hangs) {
            self.repeat_to_all(turn);
        }
    }

    fn set_alarm(&mut self, turn: &mut Turn<'_>) {
        let strikes = [self.pace.next_strike(self.sight()), self.wants.next_at(), self.lag_strike()];
        let wake = strikes.into_iter().flatten().filter(|at| *at > self.now).min();
        if wake != self.wake {
            self.wake = wake;
            if let Some(at) = wake {
                turn.emit(Effect::WakeAt(at));
            }
        }
    }

    pub(crate) fn sight(&self) -> Sight {
        let primary = self.config.primary(self.promised);
        let fault = self.convictions.has(primary) || (!self.is_changing() && self.term.fault);
        let other = (primary != self.config.me).then_some(primary);
        Sight { now: self.now, changing: self.is_changing(), primary: other, fault }
    }

    /// Whether a view was left and none entered since.
    pub(crate) fn is_changing(&self) -> bool {
        self.promised > self.view
    }

    /// Whether this replica is the primary of the view it is in.
    pub(crate) fn is_primary(&self) -> bool {
        self.config.primary(self.view) == self.config.me
    }

    /// Whether this replica may prepare: it hasn't left the view (R5), and the others haven't left it behind.
    pub(crate) fn may_vote(&self) -> bool {
        !self.is_changing() && self.chain.view() <= Some(self.view)
    }

    /// Whether f + 1 have shown to be in a view above, or a block was certified in one: its NEW-VIEW is missing here.
    pub(crate) fn is_overtaken(&self) -> bool {
        let above = self.peers.above(self.promised) > self.config.set.faulty_max();
        above || self.chain.view() > Some(self.promised)
    }

    /// Whether a block is proposed, prepared or certified that isn't final here yet.
    pub(crate) fn is_in_flight(&self) -> bool {
        let tip = self.chain.tip().number;
        let above = |number: BlockNumber| number > tip;
        let term = &self.term;
        term.proposals.keys().chain(term.prepares.keys()).chain(term.prepared.keys()).copied().any(above)
            || term.head.block.is_some_and(|head| above(head.number))
            || self.prepared.as_ref().is_some_and(|prepared| above(prepared.number))
            || self.chain.waiting().next().is_some()
    }

    /// The highest number that may be prepared: block s once s - W is certified.
    pub(crate) fn window_end(&self) -> BlockNumber {
        self.chain.tip().number.saturating_add(self.config.parameters.window)
    }

    /// The highest number that is kept. The others' window may be ahead of this one by as much as is in flight.
    pub(crate) fn horizon(&self) -> BlockNumber {
        self.window_end().saturating_add(self.config.parameters.window)
    }
}
