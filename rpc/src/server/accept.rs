//! Accepting connections. A loop of our own, because a slow or silent connection can only be closed at its socket.

use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::Methods;
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::{StopHandle, TowerServiceBuilder, serve_with_graceful_shutdown};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower::layer::util::Identity;

use super::door::{DoorLayer, Rules};
use super::front::Front;
use super::health::HealthCheck;
use super::origin::Origins;
use super::stream::GuardedStream;
use crate::error::code::TOO_MANY_CONNECTIONS;

/// Pause after an error of accepting, which mostly means that no file descriptor is left.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// How long telling somebody that there is no place for it may take.
const TURN_AWAY_MAX: Duration = Duration::from_millis(500);

pub(super) struct Acceptor {
    pub(super) listener: TcpListener,
    pub(super) service: TowerServiceBuilder<Identity, Identity>,
    pub(super) methods: Methods,
    pub(super) rules: Rules,
    pub(super) origins: Arc<Origins>,
    pub(super) health: Arc<HealthCheck>,
    pub(super) tls: Option<TlsAcceptor>,
    /// One per connection that may be open.
    pub(super) places: Arc<Semaphore>,
    pub(super) write_stall_max: Duration,
    pub(super) silence_max: Duration,
    pub(super) stop: StopHandle,
}

impl Acceptor {
    /// Accepts until the server stops.
    pub(super) async fn run(self) {
        let stopped = self.stop.clone().shutdown();
        tokio::pin!(stopped);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stopped => return,
            };
            match accepted {
                Ok((socket, _)) => self.admit(socket),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an RPC connection");
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
        }
    }

    /// Serves a connection if there is a place for it, else turns it away.
    fn admit(&self, socket: TcpStream) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::debug!("an RPC connection is turned away: there are as many as allowed");
            if self.tls.is_none() {
                tokio::spawn(turn_away(socket));
            }
            return;
        };
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "an RPC connection closed before it was served");
            return;
        }
        let stream = GuardedStream::new(socket, place, self.write_stall_max, self.silence_max);
        match self.tls.clone() {
            None => self.serve(async { Ok(stream) }),
            Some(acceptor) => self.serve(async move {
                let handshake = tokio::time::timeout(HANDSHAKE_MAX, acceptor.accept(stream));
                handshake.await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
            }),
        }
    }

    /// Serves what comes over a stream once it is there.
    fn serve<T: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
        &self,
        stream: impl Future<Output = std::io::Result<T>> + Send + 'static,
    ) {
        // A service of its own gives the connection an id and a door of its own.
        let door = RpcServiceBuilder::new().layer(DoorLayer::new(self.rules.clone()));
        let service = self.service.clone().set_rpc_middleware(door).build(self.methods.clone(), self.stop.clone());
        let front = Front::new(service, Arc::clone(&self.origins), Arc::clone(&self.health));
        let stopped = self.stop.clone().shutdown();
        tokio::spawn(async move {
            match stream.await {
                Ok(stream) => {
                    if let Err(error) = serve_with_graceful_shutdown(stream, front, stopped).await {
                        tracing::debug!(%error, "an RPC connection ends");
                    }
                }
                Err(error) => tracing::debug!(%error, "an RPC connection failed to agree on TLS"),
            }
        });
    }
}

/// Tells a client that there is no place for it, if it listens; over HTTP, which is what every connection begins with.
async fn turn_away(mut socket: TcpStream) {
    let body = serde_json::json!({
        "jsonrpc": "2.0",
        "id": null,
        "error": {
            "code": TOO_MANY_CONNECTIONS,
            "message": "the node serves as many connections as it is allowed to: retry after 1000 ms, use fewer \
                        connections, or ask another node",
        },
    })
    .to_string();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: \
         close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let told = async {
        socket.write_all(answer.as_bytes()).await?;
        socket.shutdown().await
    };
    // Whoever doesn't take even this is left alone.
    let _ = tokio::time::timeout(TURN_AWAY_MAX, told).await;
}

/// The place of a connection, given back when its stream is dropped, whichever task holds the stream then.
pub(super) type Place = OwnedSemaphorePermit;
