//! TCP forwarders between processes: each node is dialled at a forwarder's port, which passes the connection on to it.
//!
//! Who dials is found by the system's own tables: the process that owns the other end of the connection. While a pair is
//! cut, its bytes wait here, and new connections stand but say nothing, as behind a cable that was pulled. When one side
//! of a connection ends, the other is reset.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Pair;
use crate::cluster::{Place, Ports, VALIDATORS};

/// Bytes that are passed on at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks on their way in one direction of one connection; beyond them the sender waits.
const CHUNKS_MAX: usize = 256;

/// What the forwarders share.
struct Board {
    /// Which pairs are cut, the smaller node first.
    cut: watch::Sender<BTreeSet<Pair>>,
    /// Process numbers by node.
    pids: Mutex<Vec<Option<u32>>>,
    delay: Duration,
}

/// A forwarder a node; they end when dropped.
pub(crate) struct Forwarders {
    ports: Ports,
    board: Arc<Board>,
    tasks: Vec<JoinHandle<()>>,
}

impl Forwarders {
    pub(crate) async fn lay(ports: Ports, delay: Duration) -> anyhow::Result<Self> {
        let board = Arc::new(Board { cut: watch::Sender::default(), pids: Mutex::default(), delay });
        let mut tasks = Vec::new();
        for node in 0..VALIDATORS {
            let at = (Ipv4Addr::LOCALHOST, ports.forwarder(node));
            let listener = TcpListener::bind(at).await.with_context(|| format!("cannot listen on {at:?}"))?;
            let target = SocketAddr::from((Ipv4Addr::LOCALHOST, ports.network(node)));
            tasks.push(tokio::spawn(accept(board.clone(), node, listener, target)));
        }
        Ok(Self { ports, board, tasks })
    }

    pub(crate) fn place(&self, node: u16) -> Place {
        let dialled = SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.forwarder(node)));
        Place { dialled, ..self.ports.place(node) }
    }

    pub(crate) fn set_pids(&self, pids: Vec<Option<u32>>) {
        *self.board.pids.lock().unwrap_or_else(PoisonError::into_inner) = pids;
    }

    pub(crate) fn set(&self, pairs: &[Pair], cut: bool) {
        self.board.cut.send_modify(|all| {
            for pair in pairs.iter().map(|(a, b)| ordered(*a, *b)) {
                if cut {
                    all.insert(pair)
                } else {
                    all.remove(&pair)
                };
            }
        });
    }
}

impl Drop for Forwarders {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn ordered(a: u16, b: u16) -> Pair {
    (a.min(b), a.max(b))
}

async fn accept(board: Arc<Board>, node: u16, listener: TcpListener, target: SocketAddr) {
    // An error on accepting is a connection that went before it was taken.
    loop {
        let Ok((stream, from)) = listener.accept().await else { continue };
        tokio::spawn(forward(board.clone(), node, stream, from, target));
    }
}

/// Passes one connection on. Whoever isn't a node of ours is turned away.
async fn forward(board: Arc<Board>, node: u16, inbound: TcpStream, from: SocketAddr, target: SocketAddr) {
    // Dropped, a connection is reset and not closed in order: so the end of a process looks like one.
    let _ = inbound.set_zero_linger();
    let Some(dialler) = board.owner_of(from.port()) else { return };
    let pair = ordered(dialler, node);
    open(&mut board.cut.subscribe(), pair).await;
    let Ok(outbound) = TcpStream::connect(target).await else { return };
    for stream in [&inbound, &outbound] {
        let _ = stream.set_zero_linger();
        let _ = stream.set_nodelay(true);
    }
    let (near, far) = (inbound.into_split(), outbound.into_split());
    let pump = |from, to| pump(from, to, board.cut.subscribe(), pair, board.delay);
    tokio::select! {
        () = pump(near.0, far.1) => {}
        () = pump(far.0, near.1) => {}
    }
}

/// Waits until a pair isn't cut.
async fn open(cut: &mut watch::Receiver<BTreeSet<Pair>>, pair: Pair) {
    // An error says that the forwarders were dropped.
    let _ = cut.wait_for(|all| !all.contains(&pair)).await;
}

/// Passes bytes in one direction, each after the delay and while the pair isn't cut, until either side ends.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut cut: watch::Receiver<BTreeSet<Pair>>,
    pair: Pair,
    delay: Duration,
) {
    let (chunks, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_MAX);
    let read = async move {
        let mut buffer = vec![0; CHUNK_BYTES];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            if chunks.send((Instant::now() + delay, buffer[..count].to_vec())).await.is_err() {
                break;
            }
        }
    };
    let write = async {
        while let Some((at, chunk)) = due.recv().await {
            tokio::time::sleep_until(at).await;
            open(&mut cut, pair).await;
            if to.write_all(&chunk).await.is_err() {
                return;
            }
        }
    };
    // The reader's end lets the writer end, once it has passed on what was read.
    tokio::join!(read, write);
    // Nobody learns of an end through a cut.
    open(&mut cut, pair).await;
}

impl Board {
    /// The node whose process holds the local end of a connection that comes from this port.
    fn owner_of(&self, port: u16) -> Option<u16> {
        let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
        let inode = inode_of(&table, port)?;
        let pids = self.pids.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let owner = pids.iter().position(|pid| pid.is_some_and(|pid| holds(pid, inode)))?;
        u16::try_from(owner).ok()
    }
}

/// The inode of the connected socket with this local port, in the form of `/proc/net/tcp`.
fn inode_of(table: &str, port: u16) -> Option<u64> {
    const ESTABLISHED: &str = "01";
    let local = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let is_it = fields.get(1)?.ends_with(&local) && *fields.get(3)? == ESTABLISHED;
        if is_it { fields.get(9)?.parse().ok() } else { None }
    })
}

/// Whether a process has this socket open.
fn holds(pid: u32, inode: u64) -> bool {
    let wanted = format!("socket:[{inode}]");
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to == Path::new(&wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_connection_is_found() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                     0: 0100007F:2774 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1\n\
                     1: 0100007F:2774 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 12 1\n";
        assert_eq!(inode_of(table, 10_100), Some(12));
        assert_eq!(inode_of(table, 8_080), None);

        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("some port is free");
        let address = listener.local_addr().expect("it listens");
        let client = std::net::TcpStream::connect(address).expect("somebody listens");
        let port = client.local_addr().expect("it is connected").port();
        let board = Board {
            cut: watch::Sender::default(),
            pids: Mutex::new(vec![Some(1), Some(std::process::id())]),
            delay: Duration::ZERO,
        };
        assert_eq!(board.owner_of(port), Some(1));
        *board.pids.lock().expect("nobody panicked") = vec![None];
        assert_eq!(board.owner_of(port), None);
    }
}
