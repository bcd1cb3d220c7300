//! The ledger as programs that write to it need it: a small port, behind which is one validator's RPC or, in tests,
//! memory.

use tierchain_primitives::extrinsic::{Nonce, RuntimeVersions};
use tierchain_primitives::ledger::{EntityBlock, ServerId, ServerState, Uuid};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{AccountId, BlockNumber, H256};

/// Most blocks that are asked for at once.
pub const BLOCKS_MAX: u32 = 256;

/// One validator, asked for what is final there.
#[expect(async_fn_in_trait, reason = "programs of ours run it on one thread")]
pub trait Ledger {
    /// What to call it in messages.
    fn name(&self) -> &str;

    /// Which chain it is of.
    async fn chain(&self) -> Result<Chain, AskError>;

    /// Number of the newest final block.
    async fn height(&self) -> Result<BlockNumber, AskError>;

    /// Hash of a final block.
    async fn block_hash(&self, number: BlockNumber) -> Result<Option<H256>, AskError>;

    /// How many extrinsics of an account are executed.
    async fn nonce(&self, account: &AccountId) -> Result<Nonce, AskError>;

    /// One life of a server, the newest where no generation is given.
    async fn life(&self, uuid: Uuid, generation: Option<u32>) -> Result<Option<LifeView>, AskError>;

    /// Some blocks of a life's chain from `from` on, at most [`BLOCKS_MAX`].
    async fn blocks(&self, server: ServerId, from: u32, count: u32) -> Result<Vec<EntityBlock>, AskError>;

    /// A value of the newest final state, by its storage key.
    async fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, AskError>;

    /// Hands in an extrinsic; answered when it is in the validator's log.
    async fn submit(&self, extrinsic: &[u8]) -> Result<(), SubmitError>;

    /// What became of an extrinsic.
    async fn outcome(&self, extrinsic: &H256) -> Result<Outcome, AskError>;
}

/// What every signature covers, and how many validators there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Hash of block 0.
    pub genesis: H256,
    /// The runtime's versions.
    pub versions: RuntimeVersions,
    /// How many validators vote.
    pub validators: usize,
}

/// A server's life as it stands on the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifeView {
    /// The server and which of its lives.
    pub server: ServerId,
    /// When it was born; none while it is only announced.
    pub born: Option<Micros>,
    /// Hash of its end block.
    pub end: Option<H256>,
    /// Whether it is linked into its meta-chain.
    pub anchored: bool,
    /// The state last written.
    pub state: Option<ServerState>,
    /// Length of its chain.
    pub blocks: u32,
    /// Hash of its newest block.
    pub head: Option<H256>,
    /// Late events counted beside it.
    pub late: u64,
    /// The number each writer's next event must have.
    pub next: Vec<(AccountId, u64)>,
}

impl LifeView {
    /// The number that a writer's next event must have.
    pub fn next_of(&self, writer: &AccountId) -> u64 {
        self.next.iter().find(|(account, _)| account == writer).map_or(0, |(_, next)| *next)
    }
}

/// What became of an extrinsic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It isn't final, as far as this validator knows.
    Unknown,
    /// It is final and was executed; some of its items may have been refused.
    Succeeded {
        /// The refused ones.
        refused: Vec<ItemRefused>,
    },
    /// It is final and failed: nothing changed but the nonce. The sentence has the error's name and its remedy.
    Failed(String),
}

/// An item of a batch that was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemRefused {
    /// Its place in the batch.
    pub index: u32,
    /// The error's name, and the number that was expected.
    pub error: String,
}

/// A question that got no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct AskError(pub String);

/// An extrinsic that was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SubmitError {
    /// The validator can't be reached, or can't take it now: send it again.
    #[error("{0}")]
    Later(String),
    /// It can't be taken in this form by anybody, ever.
    #[error("{0}")]
    Never(String),
}
