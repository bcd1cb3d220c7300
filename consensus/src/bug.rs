//! Known bugs, put in on purpose to see that the simulator finds them.
//!
//! Each is one `if` at the place it breaks, compiled under the feature `bugs` alone: a node doesn't contain them.

/// A bug.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Bug {
    /// Consensus messages leave before the records they rest on are on disk.
    VoteBeforeWal,
    /// 2f votes are a quorum.
    QuorumOfTwoF,
    /// A view's head is found among commit certificates alone.
    PreparedIgnored,
    /// Time-outs double without end.
    UncappedTimeouts,
    /// A new view prepares the blocks up to its head from the bottom up.
    BottomUp,
    /// The head is the highest number, and of those the highest view.
    NumberBeforeView,
    /// Votes of different views add up.
    ViewsMixed,
    /// A primary opens its view with its own VIEW-CHANGE, and everybody follows.
    NewViewWithoutProof,
    /// A commit leaves though the prepared certificate isn't on disk.
    CommitBeforePrepared,
    /// A prepare leaves though the body isn't on disk.
    PrepareBeforeBody,
    /// A validator leaves the view when it alone has lost the primary.
    LoneLoss,
    /// A validator without its vote log starts a new one and votes.
    AmnesiacVotes,
    /// The time-out of a view begins before a quorum wants it.
    TimeoutWithoutQuorum,
    /// In the next epoch those that left the set still count: the old set and the next vote together.
    BothSets,
    /// A replica goes on to the next epoch as soon as it has executed the change, wherever it is.
    EndsWhenExecuted,
    /// Who lost its vote log votes as soon as its rejoin is executed, in the epoch in which it forgot.
    RejoinsAtOnce,
    /// Who lost its database votes again in epochs below the one that its vote log binds it to.
    VotesBelowLog,
    /// Replicas take the default quota for the network's own.
    QuotaUnknown,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::VoteBeforeWal,
        Self::QuorumOfTwoF,
        Self::PreparedIgnored,
        Self::UncappedTimeouts,
        Self::BottomUp,
        Self::NumberBeforeView,
        Self::ViewsMixed,
        Self::NewViewWithoutProof,
        Self::CommitBeforePrepared,
        Self::PrepareBeforeBody,
        Self::LoneLoss,
        Self::AmnesiacVotes,
        Self::TimeoutWithoutQuorum,
        Self::BothSets,
        Self::EndsWhenExecuted,
        Self::RejoinsAtOnce,
        Self::VotesBelowLog,
        Self::QuotaUnknown,
    ];
}

impl core::str::FromStr for Bug {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|bug| format!("{bug:?}") == name);
        found.ok_or_else(|| format!("no bug is called {name}; there are {:?}", Self::ALL))
    }
}
