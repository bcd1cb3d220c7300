//! Clients for programs of ours: connect by URL, then call the generated traits of [`crate::api`].

mod tls;

use std::path::PathBuf;
use std::time::Duration;

use jsonrpsee::core::client::{BatchResponse, ClientT, SubscriptionClientT};
pub use jsonrpsee::core::client::{Error, Subscription};
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee::core::traits::ToRpcParams;
use jsonrpsee::http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee::ws_client::{PingConfig, WsClient, WsClientBuilder};
use serde::de::DeserializeOwned;
use tokio_rustls::rustls::ClientConfig;

pub use self::tls::{ClientIdentity, ClientTls};
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
    #[error(
        "the RPC address {0:?} begins with none of http://, ws://, https://, wss://: a node answers the first two on \
         its RPC port, or the last two if it was started with --rpc-tls-cert"
    )]
    Scheme(String),
    /// Certificates were given for a URL without TLS.
    #[error(
        "the RPC address {0:?} isn't one with TLS, though certificates were given: begin it with https:// or wss://"
    )]
    Plain(String),
    /// A certificate or key that can't be used.
    #[error("cannot use {path} for TLS: {reason}: give PEM files with --rpc-ca, --rpc-cert, --rpc-key")]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The node doesn't answer.
    #[error("cannot reach the node at {url}: {source}: check that it runs and that --rpc-port matches")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        source: Box<Error>,
    },
}

/// Connects to a node by `ws://host:port`, `http://host:port`, or over TLS by `wss://` and `https://`, believing the
/// system's authorities. Each call waits at most `call_wait` for its answer. Over HTTP nothing is sent yet, so an absent
/// node is noticed at the first call.
///
/// # Errors
/// [`ConnectError`] says what is wrong with the URL or the node.
pub async fn connect(url: &str, call_wait: Duration) -> Result<Client, ConnectError> {
    connect_by(url, call_wait, None).await
}

/// Connects to a node as [`connect`] does, over TLS with certificates of one's own where there are some.
///
/// # Errors
/// [`ConnectError`] says what is wrong with the URL, the files or the node.
pub async fn connect_by(url: &str, call_wait: Duration, tls: Option<&ClientTls>) -> Result<Client, ConnectError> {
    let (is_http, is_tls) = match url.split_once("://") {
        Some(("http", _)) => (true, false),
        Some(("https", _)) => (true, true),
        Some(("ws", _)) => (false, false),
        Some(("wss", _)) => (false, true),
        _ => return Err(ConnectError::Scheme(url.into())),
    };
    if tls.is_some() && !is_tls {
        return Err(ConnectError::Plain(url.into()));
    }
    if is_tls {
        tls::choose_provider();
    }
    let tls = tls.map(ClientTls::config).transpose()?;
    let client = if is_http { http(url, call_wait, tls) } else { web_socket(url, call_wait, tls).await };
    client.map_err(|source| ConnectError::Unreachable { url: url.into(), source: Box::new(source) })
}

fn http(url: &str, call_wait: Duration, tls: Option<ClientConfig>) -> Result<Client, Error> {
    let mut builder = HttpClientBuilder::default()
        .max_request_size(REQUEST_BYTES_MAX)
        .max_response_size(RESPONSE_BYTES_MAX)
        .connect_timeout(CONNECT_WAIT)
        .request_timeout(call_wait);
    if let Some(config) = tls {
        builder = builder.with_custom_cert_store(config);
    }
    builder.build(url).map(Client::Http)
}

async fn web_socket(url: &str, call_wait: Duration, tls: Option<ClientConfig>) -> Result<Client, Error> {
    let mut builder = WsClientBuilder::default()
        .max_request_size(REQUEST_BYTES_MAX)
        .max_response_size(RESPONSE_BYTES_MAX)
        .connection_timeout(CONNECT_WAIT)
        .request_timeout(call_wait)
        .enable_ws_ping(PingConfig::default().ping_interval(PING_EVERY));
    if let Some(config) = tls {
        builder = builder.with_custom_cert_store(config);
    }
    builder.build(url).await.map(Client::Ws)
}

/// The refusal in the error of a submission; none where something else went wrong (the connection, the time-out).
#[must_use]
pub fn refusal(error: &Error) -> Option<Refusal> {
    let Error::Call(call) = error else { return None };
    serde_json::from_str(call.data()?.get()).ok()
}

/// What the node says, or else what the connection says, down to its cause.
#[must_use]
pub fn message(error: &Error) -> String {
    if let Error::Call(call) = error {
        return call.message().to_owned();
    }
    let causes = core::iter::successors(Some(error as &dyn core::error::Error), |cause| cause.source());
    causes.map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        // Some causes tell those below them, too.
        above if above.contains(&cause) => said,
        above => format!("{above}: {cause}"),
    })
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

#[cfg(test)]
mod tests {
    use std::io;

    use jsonrpsee::types::ErrorObject;

    use super::*;

    #[test]
    fn a_message_goes_down_to_the_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("client error (Connect)")]
        struct Connect(#[source] io::Error);
        let refused = Connect(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(message(&Error::Transport(refused.into())), "client error (Connect): connection refused");
        let said = ErrorObject::owned(5001, "there is no chain X", None::<()>);
        assert_eq!(message(&Error::Call(said)), "there is no chain X");
    }
}
