//! One validator's RPC as a [`Ledger`].

use std::time::Duration;

use jsonrpsee::core::ClientError;
use parity_scale_codec::Decode;
use tierchain_primitives::extrinsic::{Nonce, RuntimeVersions};
use tierchain_primitives::ledger::{EntityBlock, ServerId, Uuid};
use tierchain_primitives::storage_key::{Hasher, map_key, prefix};
use tierchain_primitives::{AccountId, BlockNumber, H256};
use tierchain_rpc::api::{AuthorApiClient, ChainApiClient, ChainsApiClient, ConsensusApiClient, StateApiClient};
use tierchain_rpc::client::{self, Client, ClientTls};
use tierchain_rpc::types::{
    AnyNumber, Bytes, ChainRef, DispatchError, ExtrinsicState, Hash, ListOrValue, RefusalKind, ServerInfo, ServerUuid,
};

use crate::ledger::{AskError, Chain, ItemRefused, Ledger, LifeView, Outcome, SubmitError};

/// How long one call may take.
const CALL_WAIT: Duration = Duration::from_secs(5);

/// An address that isn't one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("--rpc {url} is no address of a validator: {reason}; expected http://HOST:PORT or https://HOST:PORT")]
pub struct UrlError {
    /// The address.
    pub url: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A validator's RPC.
#[derive(Debug)]
pub struct RpcLedger {
    url: String,
    client: Client,
}

impl RpcLedger {
    /// A ledger behind an address. Nothing is sent yet: a validator that is down is found out by the first question.
    ///
    /// # Errors
    /// [`UrlError`] when the text is no address, or the certificates can't be used.
    pub async fn new(url: &str, tls: Option<&ClientTls>) -> Result<Self, UrlError> {
        // A node answers HTTP and WebSocket on one port; HTTP needs no reconnecting.
        let http = url.strip_prefix("ws").map_or_else(|| url.to_owned(), |rest| format!("http{rest}"));
        let wrong = |error: client::ConnectError| UrlError { url: url.into(), reason: error.to_string() };
        Ok(Self { url: url.into(), client: client::connect_by(&http, CALL_WAIT, tls).await.map_err(wrong)? })
    }
}

impl Ledger for RpcLedger {
    fn name(&self) -> &str {
        &self.url
    }

    async fn chain(&self) -> Result<Chain, AskError> {
        let genesis = self.block_hash(0).await?.ok_or_else(|| AskError("it has no genesis block".into()))?;
        let version = self.client.runtime_version(None).await.map_err(ask_error)?;
        let versions = RuntimeVersions { spec: version.spec_version, transaction: version.transaction_version };
        let status = self.client.consensus_status().await.map_err(ask_error)?;
        Ok(Chain { genesis, versions, validators: status.validators.len() })
    }

    async fn height(&self) -> Result<BlockNumber, AskError> {
        let header = self.client.header(None).await.map_err(ask_error)?;
        header.map(|header| header.number.0).ok_or_else(|| AskError("it has no newest block".into()))
    }

    async fn block_hash(&self, number: BlockNumber) -> Result<Option<H256>, AskError> {
        let number = ListOrValue::Value(AnyNumber(number.into()));
        match self.client.block_hash(Some(number)).await.map_err(ask_error)? {
            ListOrValue::Value(hash) => Ok(hash.map(|hash| hash.0)),
            ListOrValue::List(_) => Err(AskError("it answers one number with a list".into())),
        }
    }

    async fn nonce(&self, account: &AccountId) -> Result<Nonce, AskError> {
        let key = map_key(&prefix("System", "Account"), Hasher::Blake2_128Concat, &account.0);
        match self.value(&key).await? {
            None => Ok(0),
            // The nonce is the record's first field.
            Some(value) => {
                Nonce::decode(&mut value.as_slice()).map_err(|_| AskError("its account record is too short".into()))
            }
        }
    }

    async fn life(&self, uuid: Uuid, generation: Option<u32>) -> Result<Option<LifeView>, AskError> {
        let info = self.client.server(ServerUuid(uuid), generation).await.map_err(ask_error)?;
        Ok(info.map(view))
    }

    async fn blocks(&self, server: ServerId, from: u32, count: u32) -> Result<Vec<EntityBlock>, AskError> {
        let blocks = self.client.server_blocks(ChainRef::Server(server), from, count).await.map_err(ask_error)?;
        blocks.iter().map(|block| block.decode().map_err(|error| AskError(error.to_string()))).collect()
    }

    async fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, AskError> {
        let value = self.client.storage(Bytes(key.to_vec()), None).await.map_err(ask_error)?;
        Ok(value.map(|Bytes(value)| value))
    }

    async fn submit(&self, extrinsic: &[u8]) -> Result<(), SubmitError> {
        let Err(error) = self.client.submit_extrinsic(Bytes(extrinsic.to_vec())).await else { return Ok(()) };
        match client::refusal(&error).map(|refusal| refusal.kind) {
            Some(RefusalKind::AlreadyImported) => Ok(()),
            Some(RefusalKind::Undecodable | RefusalKind::TooLong | RefusalKind::BadSignature) => {
                Err(SubmitError::Never(client::message(&error)))
            }
            // A used nonce, an era that is over or not yet begun: the next look at the ledger says what came of it.
            _ => Err(SubmitError::Later(client::message(&error))),
        }
    }

    async fn outcome(&self, extrinsic: &H256) -> Result<Outcome, AskError> {
        let status = self.client.extrinsic_status(Hash(*extrinsic)).await.map_err(ask_error)?;
        let refused = status.items_refused.iter().map(|item| ItemRefused {
            index: item.index,
            error: format!("{}: number {} was expected", item.error, item.expected.0),
        });
        Ok(match (status.state, status.error) {
            // In no block: whether it is worth sending again, the ledger says.
            (
                ExtrinsicState::Unknown
                | ExtrinsicState::Future
                | ExtrinsicState::Ready
                | ExtrinsicState::Expired
                | ExtrinsicState::Usurped
                | ExtrinsicState::Dropped
                | ExtrinsicState::Invalid,
                _,
            ) => Outcome::Unknown,
            (ExtrinsicState::Failed, error) if status.items_refused.is_empty() => {
                Outcome::Failed(error.map_or(status.explanation, sentence))
            }
            // A batch whose every item was refused fails: the items say why.
            (ExtrinsicState::Succeeded | ExtrinsicState::Failed, _) => {
                Outcome::Succeeded { refused: refused.collect() }
            }
        })
    }
}

fn view(info: ServerInfo) -> LifeView {
    LifeView {
        server: info.server.into(),
        born: info.born.map(|born| born.0),
        end: info.end_hash.map(|hash| hash.0),
        anchored: info.anchored,
        state: info.state.map(|state| state.0),
        blocks: info.blocks,
        head: info.head.map(|hash| hash.0),
        late: info.late.0,
        next: info.writers.iter().map(|writer| (writer.account.0, writer.next.0)).collect(),
    }
}

fn sentence(DispatchError { pallet, name, remedy }: DispatchError) -> String {
    format!("{pallet}.{name}: {remedy}")
}

fn ask_error(error: ClientError) -> AskError {
    AskError(client::message(&error))
}
