//! The foundry: an application beside the nodes, with a key of its own, that makes birth blocks for trackers.
//!
//! ```text
//! tracker ──> door ──> desk ──> judge   (announcement, image, signature)
//!                       │
//!                       └────> f+1 validators, until final ──> answer
//! ```
//!
//! The [`door`] bounds and counts what comes and reads a [`request`] of it; the [`desk`] alone has the key and brings
//! births to the ledger; [`judge`] is a pure function of the ledger's state. Everything is known from the ledger: the
//! foundry keeps nothing that it can't do without, and may be killed at any moment. What was asked before is asked again
//! by the tracker, and has the same answer.
//!
//! Where its account lacks the role foundry it waits for that first ([`role`]). It watches, too ([`watch`]): the end of an orphan that nobody has linked into its meta-chain is anchored when the time
//! for its hypervisor to do so is over. Its [`bookmark`] says from where on to look after a restart; without one all ended
//! servers are listed once. Suspecting a silent host, and giving its servers up, are explicit commands.

mod bookmark;
mod desk;
mod door;
mod ends;
mod judge;
mod pace;
mod request;
mod role;
mod watch;

use std::net::SocketAddr;
use std::path::Path;

use futures::future::try_join_all;
use tierchain_client::{Pacing, Ring, RpcLedger};
use tierchain_primitives::crypto::KeyPair;
use tierchain_rpc::SmallService;
use tierchain_rpc::client::ClientTls;
use tierchain_rpc::foundry_service::{FoundryServiceServer, REQUEST_BYTES_MAX};
use tokio::sync::mpsc;

pub(crate) use judge::{last_sign, next_number};

use bookmark::Bookmark;
use desk::Desk;
use door::Door;
use pace::Pace;
use watch::Watch;

/// Most connections at once.
const CONNECTIONS_MAX: u32 = 1_024;

/// Most requests that wait for the desk.
const REQUESTS_MAX: usize = 256;

/// The validators that a foundry asks, and the certificates for it.
#[derive(Clone, Debug)]
pub(crate) struct Validators {
    /// Their JSON-RPC endpoints.
    pub(crate) urls: Vec<String>,
    /// None where the system's authorities do.
    pub(crate) tls: Option<ClientTls>,
}

/// Runs a foundry until the process ends, from the moment on when its account has the role. `on_ready` is told the address
/// it listens on.
///
/// # Errors
/// When an address is none, or can't be listened on, or the bookmark can't be used.
pub(crate) async fn run(
    key: KeyPair,
    validators: &Validators,
    listen: SocketAddr,
    bookmark: Option<&Path>,
    on_ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let (requests, mut jobs) = mpsc::channel(REQUESTS_MAX);
    let mut desk = Desk::new(ring(validators).await?, key).await;
    // Before trackers can ask: they turn to another foundry where none listens.
    desk.wait_for_role().await;
    let pace = Pace::shared();
    let methods = {
        let requests = requests.clone();
        move |peer| Door::new(peer, pace.clone(), requests.clone()).into_rpc().into()
    };
    let service = SmallService { listen, request_bytes_max: REQUEST_BYTES_MAX, connections_max: CONNECTIONS_MAX };
    let bookmark = bookmark.map(|path| Bookmark::open(path, desk.genesis())).transpose()?;
    let watch = Watch::new(validators.clone(), desk.silence_bound().await, requests, bookmark);
    on_ready(service.start(methods).await?);
    tokio::spawn(watch.run());
    desk.work(&mut jobs).await;
    Ok(())
}

async fn ring(validators: &Validators) -> anyhow::Result<Ring<RpcLedger>> {
    let ledgers = try_join_all(validators.urls.iter().map(|url| RpcLedger::new(url, validators.tls.as_ref()))).await?;
    Ok(Ring::new(ledgers, Pacing::NORMAL))
}
