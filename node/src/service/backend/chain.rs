//! Final blocks.

use std::sync::Arc;

use tierchain_primitives::header::Header;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_rpc::backend::{ChainBackend, FinalBlock, FinalHead};
use tokio::sync::broadcast;

use super::NodeApi;

impl ChainBackend for NodeApi {
    fn finalized(&self) -> Arc<FinalHead> {
        self.shared.finalized()
    }

    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        // A block may be committed and not announced yet: nobody hears of it before that.
        (number <= self.shared.finalized().header.number).then(|| self.shared.db.hash_of(number))?
    }

    fn header(&self, hash: &H256) -> Option<Header> {
        self.shared.db.header(self.shared.number_of(hash)?)
    }

    fn block(&self, hash: &H256) -> Option<FinalBlock> {
        let number = self.shared.number_of(hash)?;
        let db = &self.shared.db;
        let header = db.header(number)?;
        let extrinsics = db.body(number)?;
        Some(FinalBlock { header, extrinsics, certificate: db.certificate(number) })
    }

    fn heads(&self) -> broadcast::Receiver<Arc<FinalHead>> {
        self.shared.heads.subscribe()
    }
}
