//! Reads of the chain itself: headers, bodies, certificates, extrinsics.

use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, H256};

use super::columns::Column;
use super::{Database, decode_own};

impl Database {
    /// The header of block `number`.
    #[must_use]
    pub fn header(&self, number: BlockNumber) -> Option<Header> {
        let bytes = self.get(Column::Headers, &number.to_be_bytes())?;
        Some(decode_own::<(H256, Header)>(&bytes).1)
    }

    /// The hash of block `number`.
    #[must_use]
    pub fn hash_of(&self, number: BlockNumber) -> Option<H256> {
        self.get(Column::Headers, &number.to_be_bytes()).map(|bytes| decode_own(&bytes))
    }

    /// The number of the block with this hash.
    #[must_use]
    pub fn number_of(&self, hash: &H256) -> Option<BlockNumber> {
        self.get(Column::Numbers, hash.as_ref()).map(|bytes| decode_own(&bytes))
    }

    /// The extrinsics of block `number`.
    #[must_use]
    pub fn body(&self, number: BlockNumber) -> Option<Vec<Vec<u8>>> {
        self.get(Column::Bodies, &number.to_be_bytes()).map(|bytes| decode_own(&bytes))
    }

    /// The certificate of block `number` that this node holds; other nodes may hold another one.
    #[must_use]
    pub fn certificate(&self, number: BlockNumber) -> Option<Certificate> {
        self.get(Column::Certificates, &number.to_be_bytes()).map(|bytes| decode_own(&bytes))
    }

    /// Where an extrinsic stands: block number and index in the block.
    #[must_use]
    pub fn extrinsic(&self, hash: &H256) -> Option<(BlockNumber, u32)> {
        self.get(Column::Extrinsics, hash.as_ref()).map(|bytes| decode_own(&bytes))
    }
}
