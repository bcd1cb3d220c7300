//! The server: HTTP and WebSocket on one port, bounded in everything that a client can make large or slow.

mod accept;
mod budget;
mod class;
mod door;
mod front;
mod health;
mod origin;
mod small;
mod stream;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::Methods;
use jsonrpsee::server::{
    BatchRequestConfig, PingConfig, RandomStringIdProvider, ServerBuilder, ServerConfig as Limits, stop_channel,
};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

pub use self::budget::{ClassUsage, Share, Shares};
pub use self::origin::{ORIGINS, Origins};
pub use self::small::SmallService;
pub use self::tls::TlsFiles;
use crate::answer;
use crate::backend::Backend;
use crate::follow::Reading;
use budget::Budgets;
use door::Rules;
use health::HealthCheck;

/// How long stopping waits for calls that are being answered; a node stops within 2 s altogether.
const STOP_WAIT: Duration = Duration::from_secs(1);

/// Where to listen, and the bounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerConfig {
    /// Address and port; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Most bytes of a request. The longest extrinsic has twice its bytes in hexadecimal digits.
    pub request_bytes_max: u32,
    /// Most bytes of a response.
    pub response_bytes_max: u32,
    /// Most connections at once.
    pub connections_max: u32,
    /// Most subscriptions of one connection.
    pub subscriptions_max: u32,
    /// Most calls in one batch.
    pub batch_calls_max: u32,
    /// Most messages that wait to be sent on one connection; then its subscriptions wait.
    pub messages_waiting_max: u32,
    /// How often a WebSocket is pinged. Clients and proxies drop connections that are silent for 40 s.
    pub ping_every: Duration,
    /// A connection that doesn't take what is sent to it for so long is closed: a slow reader.
    pub write_stall_max: Duration,
    /// A subscriber with a cursor that doesn't take an item for so long is cut off with the reason: before its socket
    /// is, if it reads at all.
    pub item_stall_max: Duration,
    /// A connection that sends nothing for so long, not even the answer to a ping, is closed.
    pub silence_max: Duration,
    /// The calls' budgets.
    pub shares: Shares,
    /// Web pages that may talk to the node.
    pub origins: Origins,
    /// Certificate and key; none speaks plain TCP.
    pub tls: Option<TlsFiles>,
    /// Answers the unsafe methods, too. Listens on loopback only and talks to no web page.
    pub is_admin: bool,
}

impl ServerConfig {
    /// The bounds that fit a node, on one address.
    #[must_use]
    pub fn at(listen: SocketAddr) -> Self {
        Self {
            listen,
            request_bytes_max: 2 * 1024 * 1024,
            response_bytes_max: 16 * 1024 * 1024,
            connections_max: 4_096,
            subscriptions_max: 1_024,
            batch_calls_max: 256,
            messages_waiting_max: 256,
            ping_every: Duration::from_secs(20),
            write_stall_max: Duration::from_secs(15),
            item_stall_max: Duration::from_secs(10),
            silence_max: Duration::from_secs(90),
            shares: Shares::default(),
            origins: Origins::default(),
            tls: None,
            is_admin: false,
        }
    }

    /// The bounds of an administration's listener.
    #[must_use]
    pub fn admin_at(listen: SocketAddr) -> Self {
        Self { connections_max: 16, origins: Origins::none(), is_admin: true, ..Self::at(listen) }
    }

    fn limits(&self) -> Limits {
        let ping = PingConfig::new().ping_interval(self.ping_every).inactive_limit(self.silence_max).max_failures(1);
        Limits::builder()
            .max_request_body_size(self.request_bytes_max)
            .max_response_body_size(self.response_bytes_max)
            .max_connections(self.connections_max)
            .max_subscriptions_per_connection(self.subscriptions_max)
            .set_batch_request_config(BatchRequestConfig::Limit(self.batch_calls_max))
            .set_message_buffer_capacity(self.messages_waiting_max.max(1))
            .set_id_provider(RandomStringIdProvider::new(16))
            .enable_ws_ping(ping)
            .build()
    }
}

/// Why the server can't start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Somebody else has the port.
    #[error(
        "the port {0} is in use: stop the program that has it (`ss -ltnp` names it), or choose another one (--rpc-port \
         or --rpc-admin-port of a node, --listen of a foundry)"
    )]
    InUse(SocketAddr),
    /// The address can't be listened on.
    #[error("cannot listen for RPC on {address}: {source}: choose an address of this machine and a port over 1023")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The administration's listener would be open to others.
    #[error("the RPC administration can't listen on {0}: only loopback addresses are allowed, such as 127.0.0.1")]
    NotLoopback(SocketAddr),
    /// A certificate or key that can't be used.
    #[error(
        "cannot use {path} for TLS: {reason}: give PEM files with --rpc-tls-cert, --rpc-tls-key, --rpc-tls-client-ca"
    )]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl ServerError {
    fn of(address: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse { Self::InUse(address) } else { Self::Listen { address, source } }
    }
}

/// A running server. It goes on when the handle is dropped; [`Self::stop`] ends it.
#[derive(Debug)]
pub struct ServerHandle {
    local_addr: SocketAddr,
    stop: jsonrpsee::server::ServerHandle,
    accepting: JoinHandle<()>,
    meter: Meter,
}

/// Says what a server is doing.
#[derive(Clone, Debug)]
pub struct Meter {
    budgets: Arc<Budgets>,
    places: Arc<Semaphore>,
    connections_max: usize,
}

impl Meter {
    /// Connections that are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections_max - self.places.available_permits()
    }

    /// What each class of calls has done and does.
    #[must_use]
    pub fn classes(&self) -> Vec<ClassUsage> {
        self.budgets.usage()
    }
}

impl ServerHandle {
    /// The address it listens on, with the port that was chosen.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What it is doing.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Accepts nothing more, answers what was asked, and closes all connections, within about a second.
    pub async fn stop(self) {
        // An error says that it has stopped already.
        let _ = self.stop.stop();
        if tokio::time::timeout(STOP_WAIT, self.stop.stopped()).await.is_err() {
            tracing::info!("some RPC calls were still being answered when the server stopped");
        }
        self.accepting.abort();
    }
}

/// Checks that the server's address can be listened on, for a node that starts it only later.
///
/// # Errors
/// [`ServerError::InUse`] and whatever else keeps it from listening.
pub async fn check_address(config: &ServerConfig) -> Result<(), ServerError> {
    let bound = TcpListener::bind(config.listen).await;
    bound.map(drop).map_err(|source| ServerError::of(config.listen, source))
}

/// Starts a server that answers from `backend`, on the current tokio runtime.
///
/// # Errors
/// [`ServerError`] when the address can't be listened on, or TLS can't be spoken.
pub async fn start(config: &ServerConfig, backend: Arc<dyn Backend>) -> Result<ServerHandle, ServerError> {
    if config.is_admin && !config.listen.ip().is_loopback() {
        return Err(ServerError::NotLoopback(config.listen));
    }
    let tls = config.tls.as_ref().map(TlsFiles::acceptor).transpose()?;
    let error = |source| ServerError::of(config.listen, source);
    let listener = TcpListener::bind(config.listen).await.map_err(error)?;
    let local_addr = listener.local_addr().map_err(error)?;
    let (stop_signal, stop) = stop_channel();
    let connections_max = config.connections_max as usize;
    let meter = Meter {
        budgets: Arc::new(Budgets::new(&config.shares)),
        places: Arc::new(Semaphore::new(connections_max)),
        connections_max,
    };
    let unsafe_methods = if config.is_admin { Vec::new() } else { answer::unsafe_methods(&backend) };
    let reading = Reading::new(config.item_stall_max);
    let methods = Methods::from(answer::module(&backend, config.is_admin, &reading));
    let acceptor = accept::Acceptor {
        listener,
        service: ServerBuilder::with_config(config.limits()).to_service_builder(),
        methods: methods.clone(),
        rules: Rules {
            budgets: Arc::clone(&meter.budgets),
            methods,
            unsafe_methods: Arc::new(unsafe_methods),
            response_bytes_max: config.response_bytes_max as usize,
        },
        origins: Arc::new(config.origins.clone()),
        health: Arc::new(HealthCheck::new(backend)),
        tls,
        places: Arc::clone(&meter.places),
        write_stall_max: config.write_stall_max,
        silence_max: config.silence_max,
        stop: stop_signal,
    };
    let accepting = tokio::spawn(acceptor.run());
    let (has_tls, is_admin) = (config.tls.is_some(), config.is_admin);
    tracing::info!(address = %local_addr, has_tls, is_admin, "RPC over HTTP and WebSocket");
    Ok(ServerHandle { local_addr, stop, accepting, meter })
}
