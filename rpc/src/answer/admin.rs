//! Answers of the unsafe `system_*` methods.

use std::sync::Arc;

use jsonrpsee::core::RpcResult;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::INVALID_PARAMS_CODE;

use crate::api::AdminApiServer;
use crate::backend::Backend;

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
}

impl AdminApiServer for Answer {
    fn add_log_filter(&self, directives: String) -> RpcResult<()> {
        let wrong = |reason: String| ErrorObjectOwned::owned(INVALID_PARAMS_CODE, reason, None::<()>);
        self.backend.add_log_filter(&directives).map_err(wrong)
    }

    fn reset_log_filter(&self) -> RpcResult<()> {
        self.backend.reset_log_filter();
        Ok(())
    }
}
