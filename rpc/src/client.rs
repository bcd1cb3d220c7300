//! Clients for programs of ours: connect by URL, then call the generated traits of [`crate::api`].

use std::time::Duration;

use jsonrpsee::core::client::{BatchResponse, ClientT, SubscriptionClientT};
pub use jsonrpsee::core::client::{Error, Subscription};
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee::core::traits::ToRpcParams;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee::ws_client::{PingConfig, WsClient, WsClientBuilder};
use serde::de::DeserializeOwned;

use crate::types::Refusal;

/// Answers up to this size are taken: as large as a node gives them.
const RESPONSE_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Requests up to this size are sent: as large as a node takes them.
const REQUEST_BYTES_MAX: u32 = 2 * 1024 * 1024;

/// How long connecting may take.
const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// How often a WebSocket is pinged, so that a node that vanished is noticed.
const PING_EVERY: Duration = Duration::from_secs(10);

/// A client of one node.
#[derive(Debug)]
pub enum Client {
    /// A connection per call, no subscriptions.
    Http(HttpClient),
    /// One connection, with subscriptions. It ends with the node: connect again then.
    Ws(WsClient),
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL isn't one that a node answers.
    #[error("the RPC address {0:?} begins with neither http:// nor ws://: a node answers both on its RPC port")]
    Scheme(String),
    /// The node doesn't answer.
    #[error("cannot reach the node at {url}: {source}: check that it runs and that --rpc-port matches")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        source: Box<Error>,
    },
}

/// Connects to a node by `ws://host:port` or `http://host:port`. Each call waits at most `call_wait` for its answer.
/// Over HTTP nothing is sent yet, so an absent node is noticed at the first call.
///
/// # Errors
/// [`ConnectError`] says what is wrong with the URL or the node.
pub async fn connect(url: &str, call_wait: Duration) -> Result<Client, ConnectError> {
    let unreachable = |source| ConnectError::Unreachable { url: url.into(), source: Box::new(source) };
    if url.starts_with("http://") {
        let builder = HttpClientBuilder::default()
            .max_request_size(REQUEST_BYTES_MAX)
            .max_response_size(RESPONSE_BYTES_MAX)
            .connect_timeout(CONNECT_WAIT)
            .request_timeout(call_wait);
        return builder.build(url).map(Client::Http).map_err(unreachable);
    }
    if !url.starts_with("ws://") {
        return Err(ConnectError::Scheme(url.into()));
    }
    let builder = WsClientBuilder::default()
        .max_request_size(REQUEST_BYTES_MAX)
        .max_response_size(RESPONSE_BYTES_MAX)
        .connection_timeout(CONNECT_WAIT)
        .request_timeout(call_wait)
        .enable_ws_ping(PingConfig::default().ping_interval(PING_EVERY));
    builder.build(url).await.map(Client::Ws).map_err(unreachable)
}

/// The refusal in the error of a submission; none where something else went wrong (the connection, the time-out).
#[must_use]
pub fn refusal(error: &Error) -> Option<Refusal> {
    let Error::Call(call) = error else { return None };
    serde_json::from_str(call.data()?.get()).ok()
}

/// What the node says, or else what the connection says.
#[must_use]
pub fn message(error: &Error) -> String {
    match error {
        Error::Call(call) => call.message().to_owned(),
        other => other.to_string(),
    }
}

impl Client {
    /// Whether the connection is still there; always true over HTTP, where each call makes its own.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        match self {
            Self::Http(_) => true,
            Self::Ws(client) => client.is_connected(),
        }
    }
}

impl ClientT for Client {
    async fn notification<P: ToRpcParams + Send>(&self, method: &str, params: P) -> Result<(), Error> {
        match self {
            Self::Http(client) => client.notification(method, params).await,
            Self::Ws(client) => client.notification(method, params).await,
        }
    }

    async fn request<R: DeserializeOwned, P: ToRpcParams + Send>(&self, method: &str, params: P) -> Result<R, Error> {
        match self {
            Self::Http(client) => client.request(method, params).await,
            Self::Ws(client) => client.request(method, params).await,
        }
    }

    async fn batch_request<'a, R: DeserializeOwned + core::fmt::Debug + 'a>(
        &self,
        batch: BatchRequestBuilder<'a>,
    ) -> Result<BatchResponse<'a, R>, Error> {
        match self {
            Self::Http(client) => client.batch_request(batch).await,
            Self::Ws(client) => client.batch_request(batch).await,
        }
    }
}

impl SubscriptionClientT for Client {
    async fn subscribe<'a, N: DeserializeOwned, P: ToRpcParams + Send>(
        &self,
        subscribe_method: &'a str,
        params: P,
        unsubscribe_method: &'a str,
    ) -> Result<Subscription<N>, Error> {
        match self {
            Self::Http(client) => client.subscribe(subscribe_method, params, unsubscribe_method).await,
            Self::Ws(client) => client.subscribe(subscribe_method, params, unsubscribe_method).await,
        }
    }

    async fn subscribe_to_method<N: DeserializeOwned>(&self, method: &str) -> Result<Subscription<N>, Error> {
        match self {
            Self::Http(client) => client.subscribe_to_method(method).await,
            Self::Ws(client) => client.subscribe_to_method(method).await,
        }
    }
}
