//! State after a block.

use std::sync::Arc;

use tierchain_primitives::H256;
use tierchain_primitives::ports::StateChange;
use tierchain_rpc::backend::{CallError, StateBackend, StateError};
use tierchain_rpc::types::RuntimeVersion;
use tierchain_runtime::api::ApiError;
use tierchain_runtime::runtime_version;

use super::NodeApi;
use crate::service::ledger::StateAt;

/// More blocks than any call into the runtime lasts.
const CALL_LASTS_BLOCKS: tierchain_primitives::BlockNumber = 64;

impl NodeApi {
    /// Reads at a block, or says why that can't be done.
    fn read_at<T, E>(
        &self,
        at: &H256,
        read: impl FnOnce(tierchain_primitives::BlockNumber) -> Result<T, E>,
    ) -> Result<T, StateError> {
        let number = self.shared.number_of(at).ok_or(StateError::UnknownBlock(*at))?;
        let pruned = |oldest| StateError::Pruned { hash: *at, number, oldest };
        read(number).map_err(|_| pruned(self.shared.db.lowest_state_height()))
    }
}

impl StateBackend for NodeApi {
    fn storage(&self, at: &H256, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.read_at(at, |number| self.shared.db.state_at(key, number))
    }

    fn keys(&self, at: &H256, prefix: &[u8], after: Option<&[u8]>, count: usize) -> Result<Vec<Vec<u8>>, StateError> {
        self.read_at(at, |number| self.shared.db.view().keys_paged(prefix, count, after, Some(number)))
    }

    fn changes(&self, block: &H256) -> Option<Arc<Vec<StateChange>>> {
        self.shared.changes(block)
    }

    fn runtime_version(&self, at: &H256) -> Result<RuntimeVersion, StateError> {
        self.shared.number_of(at).ok_or(StateError::UnknownBlock(*at))?;
        let version = runtime_version();
        Ok(RuntimeVersion {
            spec_name: version.spec_name,
            impl_name: version.impl_name,
            authoring_version: version.authoring_version,
            spec_version: version.spec_version,
            impl_version: version.impl_version,
            apis: version.apis.into_iter().map(|(id, version)| (id.to_vec().into(), version)).collect(),
            transaction_version: version.transaction_version,
            state_version: version.state_version,
        })
    }

    fn metadata(&self, at: &H256) -> Result<Vec<u8>, CallError> {
        self.shared.number_of(at).ok_or(StateError::UnknownBlock(*at))?;
        Ok(tierchain_runtime::metadata::v14())
    }

    fn call(&self, at: &H256, function: &str, arguments: &[u8]) -> Result<Vec<u8>, CallError> {
        let number = self.shared.number_of(at).ok_or(StateError::UnknownBlock(*at))?;
        let oldest = self.shared.db.lowest_state_height();
        // A runtime expects to find what it wrote: the state must not go while the call lasts.
        if oldest > 0 && number < oldest.saturating_add(CALL_LASTS_BLOCKS) {
            return Err(
                StateError::Pruned { hash: *at, number, oldest: oldest.saturating_add(CALL_LASTS_BLOCKS) }.into()
            );
        }
        let state = StateAt::new(&self.shared.db, number);
        let answer = tierchain_runtime::api::call(&state, function, arguments);
        if !state.is_whole() {
            return Err(StateError::Pruned { hash: *at, number, oldest }.into());
        }
        let refused = |error: ApiError| CallError::Refused { function: shown(function), reason: error.to_string() };
        answer.map_err(refused)
    }
}

/// A name that may be anybody's text.
fn shown(function: &str) -> String {
    function.chars().take(80).collect()
}
