//! What can happen in a run.

use std::rc::Rc;

use tierchain_primitives::H256;
use tierchain_runtime::Checked;

use crate::faults::Fault;
use crate::network::Life;

/// A message as it travels: encoded.
#[derive(Clone, Debug)]
pub enum Parcel {
    /// A consensus message.
    Consensus(Rc<[u8]>),
    /// A request or an answer.
    Sync(Rc<[u8]>),
    /// A bundle, spread to all.
    Bundle(Rc<[u8]>),
    /// A final block, spread to all.
    Block(Rc<[u8]>),
}

/// An event. Those that concern a process name its life: they mean nothing to the next one.
#[derive(Clone, Debug)]
pub enum Event {
    /// A message arrives.
    Deliver {
        /// Who sent it.
        from: usize,
        /// Whom it is for.
        to: usize,
        /// The lives that were connected.
        lives: (Life, Life),
        /// What it is.
        parcel: Parcel,
    },
    /// A member has time for what waits in its inbox.
    Turn(usize, Life),
    /// A member wanted to be woken when its monotonic clock shows this.
    Wake(usize, Life, u64),
    /// A member has executed the next block.
    Executed(usize, Life),
    /// A member has verified signatures of a bundle.
    Verified {
        /// Whose they are to be.
        who: usize,
        /// In which life.
        life: Life,
        /// The bundle.
        digest: H256,
        /// By entry: extrinsic and birth block.
        entries: Vec<(Checked, H256)>,
    },
    /// A member flushes its database.
    Flush(usize, Life),
    /// Two members find out whether they can talk.
    Meet(usize, usize),
    /// A member's process starts.
    Start(usize),
    /// A link is cut in one direction, as one of many times.
    Cut {
        /// From whom nothing comes any more.
        from: usize,
        /// To whom.
        to: usize,
    },
    /// Something goes wrong that was to go wrong later.
    Strike(Fault),
    /// The others are to change their view without this member.
    GoOnWithout(usize),
    /// Cut links and bad weather end.
    Mend,
    /// Somebody makes room on a full disk.
    FreeDisk(usize),
    /// A client does something.
    Client(usize),
    /// The operators do something.
    Council,
    /// A validator without its old vote log looks whether to ask for an epoch in which it votes again.
    Rejoin(usize, Life),
    /// An operator restarts a node with the key that the set in force has.
    ChangeKey(usize),
    /// An extrinsic reaches a validator's door.
    Submit {
        /// The validator.
        to: usize,
        /// The extrinsic.
        bytes: Rc<[u8]>,
    },
}
