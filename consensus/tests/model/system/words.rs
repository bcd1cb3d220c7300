//! What validators can say in the model, without the names of who signed a certificate: any quorum's is as good.

use tierchain_consensus::VoteKind;

/// A validator of the model.
pub(crate) type Who = u8;

/// A block, by its place in the [`Library`](super::library::Library).
pub(crate) type BlockId = u16;

/// A word, by its place in the [`Library`](super::library::Library).
pub(crate) type WordId = u16;

/// What a certificate says: this block, in this view.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Mark {
    pub(crate) view: u8,
    pub(crate) block: BlockId,
}

/// A VIEW-CHANGE.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Change {
    pub(crate) view: u8,
    pub(crate) sender: Who,
    pub(crate) certified: Option<Mark>,
    pub(crate) prepared: Option<Mark>,
}

/// A message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Word {
    /// The primary of the view proposes the block.
    Proposal(Mark),
    /// A prepare or a commit.
    Vote { kind: VoteKind, mark: Mark, voter: Who },
    /// As many of the honest have prepared as a quorum needs with the liar; who doesn't matter any more.
    Settled(Mark),
    /// A promise to leave.
    Change(Change),
    /// The primary opens the view with this proof, reduced by [`reduced`].
    NewView { view: u8, proof: Vec<Change> },
    /// A commit certificate.
    Certificate(Mark),
}

impl Word {
    /// The same said by validators of other names.
    pub(crate) fn renamed(&self, naming: [Who; 4]) -> Self {
        let of = |who: Who| naming[usize::from(who)];
        match self {
            Self::Proposal(_) | Self::Settled(_) | Self::NewView { .. } | Self::Certificate(_) => self.clone(),
            Self::Vote { kind, mark, voter } => Self::Vote { kind: *kind, mark: *mark, voter: of(*voter) },
            Self::Change(it) => Self::Change(Change { sender: of(it.sender), ..*it }),
        }
    }
}

/// A proof with all that its reader makes of it and nothing else: the commit certificates in it and, when that is higher
/// than all of them that are of lower views than the one opened, the highest prepared certificate. Whose VIEW-CHANGEs
/// they were doesn't matter to anybody.
pub(crate) fn reduced(proof: &[Change], order: impl Fn(&Mark) -> (u32, u32)) -> Vec<Change> {
    let mut certified: Vec<Mark> = proof.iter().filter_map(|change| change.certified).collect();
    certified.sort_unstable();
    certified.dedup();
    let highest = proof.iter().filter_map(|change| change.prepared).max_by_key(&order);
    let opened = proof.first().map_or(0, |change| change.view);
    let below = certified.iter().filter(|other| other.view < opened);
    let above = |mark: &Mark| below.clone().all(|other| order(mark) > order(other));
    let prepared = highest.filter(above);
    let parts = (0..).zip(proof);
    parts
        .map(|(sender, change)| Change {
            view: change.view,
            sender,
            certified: certified.get(usize::from(sender)).copied(),
            prepared: prepared.filter(|_| sender == 0),
        })
        .collect()
}
