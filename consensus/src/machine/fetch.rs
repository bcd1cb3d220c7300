//! Getting what others have: single blocks that a quorum vouches for, and whole ranges when far behind.

use tierchain_primitives::{BlockNumber, ValidatorIndex};

use super::Machine;
use super::turn::Turn;
use crate::chain::{BlockRef, Path};
use crate::effect::Effect;
use crate::input::Now;
use crate::message::VoteKind;
use crate::tally::Place;

/// How far the others are ahead, as far as is known here.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Lag {
    /// The highest certified block heard of, and from whom.
    heard: Option<(BlockNumber, ValidatorIndex)>,
    /// Since when the block after this one lacks its certificate although one above it is certified.
    gap: Option<(BlockNumber, Now)>,
    /// What was told last, and when.
    told: Option<(BlockNumber, Now)>,
}

impl Lag {
    /// A certificate for this block is known to `peer`.
    pub(super) fn hear(&mut self, number: BlockNumber, peer: ValidatorIndex) {
        if self.heard.is_none_or(|(highest, _)| number > highest) {
            self.heard = Some((number, peer));
        }
    }

    /// The highest certified block heard of.
    pub(crate) fn heard(&self) -> Option<(BlockNumber, ValidatorIndex)> {
        self.heard
    }
}

impl Machine {
    /// Asks for the blocks that are missing. A head is needed at once; anything else is probably on its way.
    pub(super) fn fetch_missing(&mut self, turn: &mut Turn<'_>) {
        let missing = self.missing();
        self.wants.update(missing);
        let due = self.wants.due(self.now, self.config.parameters.repeat_ms_min);
        due.into_iter().for_each(|effect| turn.emit(effect));
    }

    /// Says that ranges have to be caught up: at once when a whole window behind, and within the window when the next
    /// certificate doesn't come by itself. Said again while that lasts.
    pub(super) fn catch_up(&mut self, turn: &mut Turn<'_>) {
        let tip = self.chain.tip().number;
        let Some((number, peer)) = self.ahead().filter(|(number, _)| *number > tip.saturating_add(1)) else {
            self.lag.gap = None;
            return;
        };
        let since = match self.lag.gap {
            Some((at, since)) if at == tip => since,
            _ => self.now,
        };
        self.lag.gap = Some((tip, since));
        let long = self.now >= since.saturating_add(self.config.parameters.repeat_ms_min);
        let again = self.config.parameters.repeat_ms_max;
        let news = self.lag.told.is_none_or(|(told, at)| number > told || self.now >= at.saturating_add(again));
        if news && (long || number > self.window_end()) {
            self.lag.told = Some((number, self.now));
            turn.emit(Effect::Behind { number, peer });
        }
    }

    /// When [`Machine::catch_up`] has to look again.
    pub(super) fn lag_strike(&self) -> Option<Now> {
        let (_, since) = self.lag.gap?;
        let look = since.saturating_add(self.config.parameters.repeat_ms_min);
        let again = self.lag.told.map(|(_, at)| at.saturating_add(self.config.parameters.repeat_ms_max));
        if look > self.now { Some(look) } else { again }
    }

    /// The highest block that is certified as far as this replica knows: by a certificate, or because f + 1 vote on
    /// blocks whose window starts there.
    pub(crate) fn ahead(&self) -> Option<(BlockNumber, ValidatorIndex)> {
        let window = self.config.parameters.window;
        let voted = self.peers.reached(self.config.set.faulty_max() + 1);
        let shown = voted.map(|(number, peer)| (number.saturating_sub(window), peer));
        self.lag.heard().max(shown)
    }

    fn missing(&self) -> Vec<(BlockRef, Vec<ValidatorIndex>, Now)> {
        let soon = self.now.saturating_add(self.config.parameters.obtain_ms);
        let mut missing: Vec<_> = self.missing_head().into_iter().map(|(block, who)| (block, who, self.now)).collect();
        for certificate in self.chain.waiting() {
            let voters = certificate.votes.iter().map(|(voter, _)| *voter).collect();
            missing.extend(self.gap_below(BlockRef::certified_by(certificate)).map(|block| (block, voters, soon)));
        }
        if let Some((number, hash)) = self.term.prepared.last_key_value() {
            let place = Place { view: self.view, number: *number, kind: VoteKind::Prepare };
            let gap = self.gap_below(BlockRef { number: *number, hash: *hash });
            missing.extend(gap.map(|block| (block, self.tally.voters(place, hash), soon)));
        }
        missing.iter_mut().for_each(|(_, holders, _)| self.keep_others(holders));
        missing
    }

    /// This replica doesn't ask itself; where it alone is known to have voted (after a restart), it asks everybody.
    fn keep_others(&self, holders: &mut Vec<ValidatorIndex>) {
        holders.retain(|holder| *holder != self.config.me);
        if holders.is_empty() {
            holders.extend(self.peers.iter().map(|(index, _)| index));
        }
    }

    fn missing_head(&self) -> Option<(BlockRef, Vec<ValidatorIndex>)> {
        let head = self.term.head.block.filter(|head| !self.is_changing() && head.number <= self.window_end())?;
        Some((self.gap_below(head)?, self.term.head.holders.clone()))
    }

    /// The first block that isn't held on the way down from this one.
    fn gap_below(&self, block: BlockRef) -> Option<BlockRef> {
        match self.chain.path(block) {
            Path::Missing(missing, _) => Some(missing),
            Path::Complete(_) | Path::Elsewhere => None,
        }
    }
}
