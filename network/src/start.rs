//! Starting: checks the settings, opens the listeners and lets the driver run.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use libp2p::core::transport::ListenerId;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, Swarm, TransportError};
use tokio::sync::mpsc;

use crate::behaviour::{self, Behaviour};
use crate::cause;
use crate::config::Config;
use crate::driver::{Driver, Inputs, Settings};
use crate::error::StartError;
use crate::event::Events;
use crate::handle::{Directory, Handle};
use crate::peers::Peers;

/// How long a listener gets to say where it listens.
const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);

/// Gossip messages of ours that may wait for the driver.
const GOSSIP_QUEUE: usize = 256;

/// Starts the network on the current tokio runtime. Returns once it listens; peers are dialled from then on.
pub async fn start(config: Config) -> Result<(Handle, Events), StartError> {
    let checked = config.check()?;
    let mut swarm = behaviour::build(&checked)?;
    let listening = listen(&mut swarm, &checked.config.listen).await?;
    let config = checked.config;

    let mut peers = Peers::new(checked.local, checked.bootnodes, config.timing, config.limits);
    peers.set_members(&config.members, false, Instant::now());
    let settings = Settings { chain: config.chain, role: checked.role, timing: config.timing, quic: config.quic };
    let directory = Arc::new(Directory::new(checked.local, listening));
    let (sender, events) = Events::new();
    let (commands, commands_in) = mpsc::unbounded_channel();
    let (gossip, gossip_in) = mpsc::channel(GOSSIP_QUEUE);
    let (driver, notes) = Driver::new(swarm, peers, settings, directory.clone(), sender);
    tokio::spawn(driver.run(Inputs { commands: commands_in, gossip: gossip_in }, notes));
    Ok((Handle::new(directory, commands, gossip), events))
}

/// Opens all listeners and returns where they really listen.
async fn listen(swarm: &mut Swarm<Behaviour>, addresses: &[Multiaddr]) -> Result<Vec<Multiaddr>, StartError> {
    let mut waiting = Vec::new();
    for address in addresses {
        check_port_free(address)?;
        let id = swarm.listen_on(address.clone()).map_err(|error| listen_error(address, error))?;
        waiting.push((id, address.clone()));
    }
    let mut listening = Vec::new();
    let all_listen = collect_addresses(swarm, &mut waiting, &mut listening);
    if let Ok(result) = tokio::time::timeout(LISTEN_TIMEOUT, all_listen).await {
        result?;
    }
    match waiting.into_iter().next() {
        Some((_, address)) => Err(StartError::Listen { address, source: io::ErrorKind::TimedOut.into() }),
        None => Ok(listening),
    }
}

/// Takes each listener from `waiting` that says where it listens, until none is left.
async fn collect_addresses(
    swarm: &mut Swarm<Behaviour>,
    waiting: &mut Vec<(ListenerId, Multiaddr)>,
    listening: &mut Vec<Multiaddr>,
) -> Result<(), StartError> {
    while !waiting.is_empty() {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { listener_id, address } => {
                waiting.retain(|(id, _)| *id != listener_id);
                listening.push(address);
            }
            SwarmEvent::ListenerClosed { listener_id, reason: Err(source), .. } => {
                if let Some((_, address)) = waiting.iter().find(|(id, _)| *id == listener_id) {
                    return Err(StartError::Listen { address: address.clone(), source });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The transport shares ports among sockets of one user, so it would join another node's port without complaint, and
/// the two would steal each other's connections. A plain bind tells.
fn check_port_free(address: &Multiaddr) -> Result<(), StartError> {
    let Some(socket) = tcp_socket(address) else { return Ok(()) };
    match TcpListener::bind(socket) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Err(StartError::PortInUse { address: address.clone() })
        }
        _ => Ok(()),
    }
}

fn tcp_socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip: IpAddr = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

fn listen_error(address: &Multiaddr, error: TransportError<io::Error>) -> StartError {
    let address = address.clone();
    match error {
        TransportError::MultiaddrNotSupported(_) => StartError::Unsupported { address },
        TransportError::Other(source) => match cause::system_kind(&source) {
            Some(io::ErrorKind::AddrInUse) => StartError::PortInUse { address },
            _ => StartError::Listen { address, source },
        },
    }
}
