//! What a node is asked, over its RPC.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use jsonrpsee::core::client::Error;
use tierchain_primitives::H256;
use tierchain_primitives::hash::twox_128;
use tierchain_rpc::api::{AuthorApiClient, ChainApiClient, ConsensusApiClient, StateApiClient, SystemApiClient};
use tierchain_rpc::client::{Client, connect, refusal};
use tierchain_rpc::types::{
    Address, AnyNumber, Bytes, ConsensusStatus, ExtrinsicState, ExtrinsicStatus, Hash, ListOrValue, Refusal,
};
use tierchain_testnet::cluster::public_key;
use tokio::runtime::Runtime;

use super::until;

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(10);

/// Keys and values per call.
const PAGE: u32 = 1_000;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().expect("one thread")
});

/// Waits for an answer.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// A refused extrinsic.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Refused {
    /// The JSON-RPC error's code.
    pub(crate) code: i32,
    /// Its text for people.
    pub(crate) message: String,
    /// Its data for programs.
    pub(crate) data: Box<Refusal>,
}

/// A node that may or may not run.
pub(crate) struct Node {
    pub(crate) index: u16,
    pub(crate) client: Client,
}

impl Node {
    /// The node at an address. Nothing is sent yet.
    pub(crate) fn at(index: u16, url: &str) -> Self {
        let client = wait_for(connect(url, CALL_WAIT)).expect("an address over HTTP, where nothing is sent yet");
        Self { index, client }
    }

    /// What consensus says of itself; none when the node doesn't answer.
    pub(crate) fn status(&self) -> Option<ConsensusStatus> {
        wait_for(self.client.consensus_status()).ok()
    }

    /// Its newest final block; none when the node doesn't answer.
    pub(crate) fn height(&self) -> Option<u32> {
        Some(self.status()?.height)
    }

    /// How many nodes it is connected to; none when it doesn't answer.
    pub(crate) fn peers(&self) -> Option<usize> {
        Some(wait_for(self.client.health()).ok()?.peers)
    }

    /// Hashes of blocks 0 to `height`; none for those it doesn't have.
    pub(crate) fn block_hashes(&self, height: u32) -> Vec<Option<Hash>> {
        let page = |first: u32| {
            let numbers = (first..=height).take(PAGE as usize).map(AnyNumber::from).collect();
            match wait_for(self.client.block_hash(Some(ListOrValue::List(numbers)))).expect("chain_getBlockHash") {
                ListOrValue::List(hashes) => hashes,
                ListOrValue::Value(hash) => vec![hash],
            }
        };
        (0..=height).step_by(PAGE as usize).flat_map(page).collect()
    }

    /// Hash of block 0.
    pub(crate) fn genesis(&self) -> H256 {
        self.block_hashes(0)[0].expect("every node has block 0").0
    }

    /// The next nonce of a named account, those in the pool counted.
    pub(crate) fn next_nonce(&self, name: &str) -> u32 {
        wait_for(self.client.account_next_index(Address(public_key(name)))).expect("system_accountNextIndex")
    }

    /// Hands an extrinsic in.
    pub(crate) fn submit(&self, bytes: &[u8]) -> Result<H256, Refused> {
        match wait_for(self.client.submit_extrinsic(Bytes(bytes.to_vec()))) {
            Ok(hash) => Ok(hash.0),
            Err(error) => {
                let data = refusal(&error).unwrap_or_else(|| panic!("node {}: {error}", self.index));
                let Error::Call(call) = error else { unreachable!("only a call's error has data") };
                Err(Refused { code: call.code(), message: call.message().to_owned(), data: Box::new(data) })
            }
        }
    }

    /// What is known of an extrinsic.
    pub(crate) fn extrinsic_status(&self, hash: H256) -> Option<ExtrinsicStatus> {
        wait_for(self.client.extrinsic_status(Hash(hash))).ok()
    }

    /// What became of an extrinsic, once it is final here.
    pub(crate) fn outcome(&self, hash: H256) -> ExtrinsicStatus {
        until("the extrinsic is final", || {
            let status = self.extrinsic_status(hash)?;
            matches!(status.state, ExtrinsicState::Succeeded | ExtrinsicState::Failed).then_some(status)
        })
    }

    /// The whole state by raw key, but for what every block changes: `system` (and with it the accounts' nonces) and
    /// the time.
    pub(crate) fn state_without_system(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let every_block = [twox_128(b"System"), twox_128(b"Timestamp")];
        let mut keys: Vec<Bytes> = Vec::new();
        loop {
            let page = wait_for(self.client.keys_paged(None, PAGE, keys.last().cloned(), None));
            let page = page.expect("state_getKeysPaged");
            let is_last = page.len() < PAGE as usize;
            keys.extend(page);
            if is_last {
                break;
            }
        }
        keys.retain(|key| every_block.iter().all(|prefix| !key.0.starts_with(prefix)));
        let pages = keys.chunks(PAGE as usize);
        let read = |page: &[Bytes]| wait_for(self.client.query_storage_at(page.to_vec(), None));
        let sets = pages.flat_map(|page| read(page).expect("state_queryStorageAt"));
        let values = sets.flat_map(|set| set.changes);
        values.map(|(key, value)| (key.0, value.expect("a key that was just listed").0)).collect()
    }
}
