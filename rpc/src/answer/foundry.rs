//! Answers of `foundry_*`.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;

use crate::api::FoundryApiServer;
use crate::backend::Backend;
use crate::error::CountTooLarge;
use crate::limits::LEDGER_ITEMS_MAX;
use crate::types::{Hash, ImageInfo, Page};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl FoundryApiServer for Answer {
    fn image(&self, provider: Hash, image: Hash) -> RpcResult<Option<ImageInfo>> {
        Ok(self.backend.image(&provider.0, &image.0))
    }

    fn images(&self, provider: Hash, cursor: Option<u64>, count: u32) -> RpcResult<Page<ImageInfo, u64>> {
        let count = CountTooLarge::check("images", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.images(&provider.0, cursor.unwrap_or_default(), count))
    }
}
