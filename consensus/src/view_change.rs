//! Where a view starts: the head, computed by everyone from the same NEW-VIEW (R6). Pure.

use tierchain_primitives::ValidatorIndex;
use tierchain_primitives::certificate::Certificate;

use crate::chain::BlockRef;
use crate::message::ViewChange;

/// The block a view starts on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Head {
    /// Which; none is the block the epoch began on.
    pub(crate) block: Option<BlockRef>,
    /// Whether the NEW-VIEW itself shows a commit certificate for it. Then the view's first prepare is for its child.
    pub(crate) certified: bool,
    /// Who signed a certificate for it, and so has it.
    pub(crate) holders: Vec<ValidatorIndex>,
}

impl Head {
    /// The head of view 0, and of a view whose quorum has no certificate at all.
    pub(crate) fn of_epoch() -> Self {
        Self { block: None, certified: true, holders: Vec::new() }
    }

    /// R6: the block of the lexicographic maximum of (view, number) over all certificates of either kind, of views below
    /// the one that is opened.
    ///
    /// By view first: a certificate of a higher view was made by replicas that knew of everything committed below it,
    /// while one of a lower view may have a higher number and yet be on a branch that was given up.
    ///
    /// A certificate of the opened view itself, or of one above, says nothing about what was committed below: by R7 the
    /// view's blocks up to its head are certified one by one, so the newest of them may be far below the head. An honest
    /// sender that learnt it from others still shows what it prepared itself.
    pub(crate) fn of(proof: &[ViewChange]) -> Self {
        Self::by(proof, |certificate| (certificate.view.0, u64::from(certificate.number)))
    }

    /// The block of the certificate that is highest in this order.
    pub(crate) fn by(proof: &[ViewChange], order: impl Fn(&Certificate) -> (u64, u64)) -> Self {
        let below = |certificate: &&Certificate| proof.first().is_some_and(|change| certificate.view < change.view);
        let Some(highest) = certificates(proof).filter(below).max_by_key(|certificate| order(certificate)) else {
            return Self::of_epoch();
        };
        let committed = proof.iter().filter_map(|change| change.certified.as_ref());
        Self {
            block: Some(BlockRef::certified_by(highest)),
            certified: committed.into_iter().any(|certificate| certificate.hash == highest.hash),
            holders: highest.votes.iter().map(|(voter, _)| *voter).collect(),
        }
    }
}

#[cfg(feature = "bugs")]
impl Head {
    /// The newest final block that the proof shows, whatever was prepared above it.
    pub(crate) fn of_certified(proof: &[ViewChange]) -> Self {
        let certified = |change: &ViewChange| ViewChange { prepared: None, ..change.clone() };
        Self::of(&proof.iter().map(certified).collect::<Vec<_>>())
    }
}

/// All certificates in a proof, of either kind.
pub(crate) fn certificates(proof: &[ViewChange]) -> impl Iterator<Item = &Certificate> {
    proof.iter().flat_map(|change| change.certified.iter().chain(&change.prepared))
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::certificate::CertificateKind::{self, Committed, Prepared};
    use tierchain_primitives::crypto::Signature;
    use tierchain_primitives::{Epoch, H256, View};

    use super::*;

    fn certificate(kind: CertificateKind, view: u64, number: u32, hash: u8) -> Certificate {
        let votes = (0..3).map(|voter| (ValidatorIndex(voter), Signature::ZERO)).collect();
        Certificate { kind, epoch: Epoch(0), view: View(view), number, hash: H256([hash; 32]), votes }
    }

    const OPENED: View = View(9);

    fn change(sender: u16, certified: Option<Certificate>, prepared: Option<Certificate>) -> ViewChange {
        let sender = ValidatorIndex(sender);
        ViewChange { epoch: Epoch(0), view: OPENED, sender, certified, prepared, signature: Signature::ZERO }
    }

    fn head(proof: &[ViewChange]) -> (Option<(u32, u8)>, bool) {
        let head = Head::of(proof);
        (head.block.map(|block| (block.number, block.hash.0[0])), head.certified)
    }

    #[test]
    fn r6_a_higher_view_beats_a_higher_number() {
        let proof = [
            change(0, None, Some(certificate(Prepared, 1, 7, 0x17))),
            change(1, None, Some(certificate(Prepared, 2, 5, 0x25))),
            change(2, Some(certificate(Committed, 0, 4, 4)), None),
        ];
        assert_eq!(head(&proof), (Some((5, 0x25)), false));
    }

    #[test]
    fn r6_within_a_view_the_higher_number_wins() {
        let proof = [
            change(0, None, Some(certificate(Prepared, 2, 6, 0x26))),
            change(1, Some(certificate(Committed, 2, 5, 0x25)), Some(certificate(Prepared, 2, 5, 0x25))),
        ];
        assert_eq!(head(&proof), (Some((6, 0x26)), false));
    }

    #[test]
    fn r6_a_commit_certificate_in_the_proof_shows_the_head_certified() {
        let proof = [
            change(0, None, Some(certificate(Prepared, 2, 5, 0x25))),
            change(1, Some(certificate(Committed, 1, 5, 0x25)), None),
        ];
        assert_eq!(head(&proof), (Some((5, 0x25)), true), "whichever view it was certified in");
    }

    #[test]
    fn r6_certificates_of_the_opened_view_or_above_hide_nothing_below() {
        let shown = |view| {
            let learnt = certificate(Committed, view, 6, 0x16);
            head(&[change(0, Some(learnt), Some(certificate(Prepared, 1, 7, 0x17))), change(1, None, None)])
        };
        assert_eq!(shown(OPENED.0 - 1), (Some((6, 0x16)), true));
        assert_eq!(shown(OPENED.0), (Some((7, 0x17)), false));
        assert_eq!(shown(OPENED.0 + 1), (Some((7, 0x17)), false));
    }

    #[test]
    fn r6_without_certificates_the_view_starts_where_the_epoch_began() {
        assert_eq!(head(&[change(0, None, None), change(1, None, None)]), (None, true));
    }
}
