//! Certificates: taken from votes, from peers and from catch-up, and applied in order (R4).

use tierchain_primitives::ValidatorIndex;
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::header::Header;

use super::Machine;
use super::turn::Turn;
use crate::chain::BlockRef;
use crate::effect::{Effect, Record};

impl Machine {
    /// A peer says which certificate is its last. It may be all that it can say: who hears too few votes for a quorum,
    /// and none of the blocks, has nothing to vote on.
    pub(super) fn on_last_certificate(&mut self, from: ValidatorIndex, certificate: Certificate, turn: &mut Turn<'_>) {
        let lacking = certificate.number.saturating_add(1);
        if self.has_had(lacking) {
            self.help(from, lacking, turn);
        }
        self.on_certificate(from, certificate);
    }

    /// A commit certificate from a peer, or found in one of its messages.
    pub(super) fn on_certificate(&mut self, from: ValidatorIndex, certificate: Certificate) {
        if certificate.kind != CertificateKind::Committed {
            return;
        }
        self.lag.hear(certificate.number, from);
        if certificate.number <= self.horizon() {
            self.chain.wait(certificate);
        }
    }

    /// A block from catch-up. Those beyond the horizon come again when it is their turn.
    pub(super) fn on_certified(&mut self, header: Header, certificate: Certificate) {
        let fits = certificate.kind == CertificateKind::Committed
            && certificate.epoch == self.config.set.epoch
            && certificate.number == header.number
            && certificate.hash == header.hash();
        if fits && header.number <= self.horizon() {
            self.chain.hold(header);
            self.chain.wait(certificate);
        }
    }

    /// A block that was asked for.
    pub(super) fn on_obtained(&mut self, header: Header) {
        if self.wants.has(BlockRef::of(&header)) {
            self.chain.hold(header);
        }
    }

    /// R4: q commits make a block final, in whichever view they were completed; blocks become final in order.
    pub(super) fn try_certify(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some((header, certificate)) = self.chain.next() else { return false };
        let (header, certificate) = (header.clone(), certificate.clone());
        let number = certificate.number;
        if number > self.logged {
            turn.record(Record::Certified(certificate.clone()));
            self.logged = number;
        }
        turn.emit(Effect::Final { header: header.clone(), certificate: certificate.clone() });
        let took = self.term.prepared_at.get(&number).map(|at| self.now.saturating_sub(*at));
        let keep = self.config.parameters.window as usize;
        self.chain.advance(header, certificate, self.now, keep);
        self.tally.retain(|place| place.number > number);
        self.early.retain(|early, _| *early > number);
        self.term.on_final(number);
        self.term.fertile = true;
        self.anchor();
        self.pace.on_certificate(self.now, took);
        true
    }
}
