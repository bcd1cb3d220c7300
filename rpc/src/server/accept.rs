//! Accepting connections. A loop of our own, because a slow or silent connection can only be closed at its socket.

use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::Methods;
use jsonrpsee::server::{StopHandle, TowerServiceBuilder, serve_with_graceful_shutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::layer::util::Identity;

use super::stream::GuardedStream;

/// Pause after an error of accepting, which mostly means that no file descriptor is left.
const RETRY_AFTER: Duration = Duration::from_millis(100);

pub(super) struct Acceptor {
    pub(super) listener: TcpListener,
    pub(super) service: TowerServiceBuilder<Identity, Identity>,
    pub(super) methods: Methods,
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

    /// Serves a connection if there is a place for it, else closes it at once.
    fn admit(&self, socket: TcpStream) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::debug!("an RPC connection is closed: there are as many as allowed");
            return;
        };
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "an RPC connection closed before it was served");
            return;
        }
        let stream = GuardedStream::new(socket, place, self.write_stall_max, self.silence_max);
        // A service of its own gives the connection an id of its own.
        let service = self.service.clone().build(self.methods.clone(), self.stop.clone());
        let stopped = self.stop.clone().shutdown();
        tokio::spawn(async move {
            if let Err(error) = serve_with_graceful_shutdown(stream, service, stopped).await {
                tracing::debug!(%error, "an RPC connection ends");
            }
        });
    }
}

/// The place of a connection, given back when its stream is dropped, whichever task holds the stream then.
pub(super) type Place = OwnedSemaphorePermit;
