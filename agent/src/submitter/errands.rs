//! Errands: calls of the hypervisor's account that belong to no server's life. An acceptance or an answer to a
//! directive, an attestation, what a tracker reported. Each is sent again until the ledger has decided on it, and each is
//! of a kind whose repeat changes nothing there.

use tierchain_client::{ItemRefused, Outcome};
use tierchain_primitives::ledger::Uuid;
use tierchain_runtime::Call;

/// By what an errand is known to who asked for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum ErrandKey {
    /// The acceptance of a directive.
    Accept(u64),
    /// The answer to a directive: done, or failed.
    Answer(u64),
    /// An attestation that the host was watched.
    Attest,
    /// What the tracker of a server reported.
    Guest(Uuid),
    /// The arrival of a server from another host.
    Arrival(Uuid),
}

/// A call to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Errand {
    /// By what it is known. A second one with the same key waits for the first.
    pub(crate) key: ErrandKey,
    /// The call.
    pub(crate) call: Call,
}

/// What the ledger decided: the refused items of a batch, or why the call failed.
pub(crate) type Decision = Result<Vec<ItemRefused>, String>;

/// Errands that aren't decided, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Errands {
    waiting: Vec<(Errand, bool)>,
}

impl Errands {
    /// Takes an errand.
    pub(super) fn add(&mut self, errand: Errand) {
        self.waiting.push((errand, false));
    }

    /// Whether nothing is left to do.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The next one to send; it is on its way from now on.
    pub(super) fn next(&mut self) -> Option<(ErrandKey, Call)> {
        let busy = |at: usize, key| self.waiting[..at].iter().any(|(before, _)| before.key == key);
        let at = (0..self.waiting.len()).find(|at| {
            let (errand, sent) = &self.waiting[*at];
            !sent && !busy(*at, errand.key)
        })?;
        let (errand, sent) = &mut self.waiting[at];
        *sent = true;
        Some((errand.key, errand.call.clone()))
    }

    /// Something came of one that was sent: its decision, or none where another extrinsic took its nonce and it has to
    /// be sent again.
    pub(super) fn on_outcome(&mut self, key: &ErrandKey, outcome: Outcome) -> Option<Decision> {
        let at = self.waiting.iter().position(|(errand, sent)| *sent && errand.key == *key)?;
        let decision = match outcome {
            Outcome::Unknown => {
                self.waiting[at].1 = false;
                return None;
            }
            Outcome::Succeeded { refused } => Ok(refused),
            Outcome::Failed(reason) => Err(reason),
        };
        self.waiting.remove(at);
        Some(decision)
    }
}

#[cfg(test)]
mod tests {
    use tierchain_runtime::system;

    use super::*;

    fn errand(key: ErrandKey, text: &str) -> Errand {
        Errand { key, call: Call::System(system::Call::Remark { remark: text.as_bytes().to_vec() }) }
    }

    #[test]
    fn errands_go_in_order_and_again_until_they_are_decided() {
        let mut errands = Errands::default();
        for (key, text) in [(ErrandKey::Accept(1), "a"), (ErrandKey::Attest, "b"), (ErrandKey::Attest, "c")] {
            errands.add(errand(key, text));
        }
        let sent =
            |errands: &mut Errands| core::iter::from_fn(|| errands.next()).map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(sent(&mut errands), [ErrandKey::Accept(1), ErrandKey::Attest], "the second of a kind waits");
        assert_eq!(errands.on_outcome(&ErrandKey::Accept(1), Outcome::Unknown), None);
        assert_eq!(sent(&mut errands), [ErrandKey::Accept(1)], "somebody took its nonce");
        let failed = Outcome::Failed("Directives.DirectiveOverdue".into());
        assert!(errands.on_outcome(&ErrandKey::Accept(1), failed).is_some_and(|decision| decision.is_err()));
        let done = Outcome::Succeeded { refused: Vec::new() };
        assert_eq!(errands.on_outcome(&ErrandKey::Attest, done.clone()), Some(Ok(Vec::new())));
        assert_eq!(errands.next(), Some((ErrandKey::Attest, errand(ErrandKey::Attest, "c").call)));
        assert!(errands.on_outcome(&ErrandKey::Attest, done).is_some() && errands.is_empty());
    }
}
