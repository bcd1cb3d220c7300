//! What the unit tests of this crate build on: a chain of headers.

use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::{H256, ValidatorIndex};

/// Block 0.
pub(crate) fn genesis() -> Header {
    let pre = PreRuntime { proposer: ValidatorIndex(0), timestamp: 0, executed: 0 };
    Header::new(H256::ZERO, 0, H256::ZERO, H256::ZERO, pre)
}

/// A child of `parent` by `proposer`; `salt` tells siblings apart.
pub(crate) fn block(parent: &Header, proposer: u16, salt: u8) -> Header {
    let timestamp = u64::from(parent.number) + 1;
    let pre = PreRuntime { proposer: ValidatorIndex(proposer), timestamp, executed: 0 };
    Header::new(parent.hash(), parent.number + 1, H256::ZERO, H256([salt; 32]), pre)
}
