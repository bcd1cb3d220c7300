//! A small service beside the nodes: few methods, small requests, each connection with methods of its own, so that they
//! know who asks.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::Methods;
use jsonrpsee::server::{
    BatchRequestConfig, ServerBuilder, ServerConfig as Limits, serve_with_graceful_shutdown, stop_channel,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::ServerError;
use super::stream::GuardedStream;

/// Pause after an error of accepting, which mostly means that no file descriptor is left.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// A connection that doesn't take what is sent to it for so long is closed.
const WRITE_STALL_MAX: Duration = Duration::from_secs(15);

/// A connection that sends nothing for so long is closed: an answer may take half of it.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Most bytes of an answer.
const RESPONSE_BYTES_MAX: u32 = 64 * 1024;

/// Where a small service listens, and its bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SmallService {
    /// Address and port; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Most bytes of a request.
    pub request_bytes_max: u32,
    /// Most connections at once.
    pub connections_max: u32,
}

impl SmallService {
    /// Starts it on the current tokio runtime; it ends with that. `methods` are made for each connection, from the address
    /// at its other end. Gives the address it listens on, with the port that was chosen.
    ///
    /// # Errors
    /// [`ServerError`] when the address can't be listened on.
    pub async fn start(
        self,
        methods: impl Fn(IpAddr) -> Methods + Send + Sync + 'static,
    ) -> Result<SocketAddr, ServerError> {
        let failed = |source| ServerError::of(self.listen, source);
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        tokio::spawn(self.accept(listener, methods));
        Ok(address)
    }

    async fn accept(self, listener: TcpListener, methods: impl Fn(IpAddr) -> Methods) {
        let limits = Limits::builder()
            .max_request_body_size(self.request_bytes_max)
            .max_response_body_size(RESPONSE_BYTES_MAX)
            .max_connections(self.connections_max)
            .set_batch_request_config(BatchRequestConfig::Disabled)
            .build();
        let builder = ServerBuilder::new().set_config(limits).to_service_builder();
        let places = Arc::new(Semaphore::new(usize::try_from(self.connections_max).unwrap_or(usize::MAX)));
        // Nobody stops it but the end of the process, so the handle is kept for as long.
        let (stop, _handle) = stop_channel();
        loop {
            let (socket, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(RETRY_AFTER).await;
                    continue;
                }
            };
            let Some(stream) = admit(socket, &places) else { continue };
            let service = builder.clone().build(methods(peer.ip()), stop.clone());
            let stopped = stop.clone().shutdown();
            tokio::spawn(async move {
                if let Err(error) = serve_with_graceful_shutdown(stream, service, stopped).await {
                    tracing::debug!(%error, "a connection ends");
                }
            });
        }
    }
}

/// A connection that there is a place for.
fn admit(socket: TcpStream, places: &Arc<Semaphore>) -> Option<GuardedStream> {
    let place = Arc::clone(places).try_acquire_owned().ok()?;
    socket.set_nodelay(true).ok()?;
    Some(GuardedStream::new(socket, place, WRITE_STALL_MAX, SILENCE_MAX))
}
