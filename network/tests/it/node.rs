//! A node of the tests, and the small chain it belongs to.

use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tierchain_network::{Config, Event, Events, Handle, Member, Members, Multiaddr, PeerId, Role, peer_id};
use tierchain_primitives::H256;
use tokio::runtime::{Builder, Runtime};

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The chain of the tests.
pub(crate) const CHAIN: H256 = H256([0xcc; 32]);

/// A free port below those that the system gives to outgoing connections, and to no other node of this process.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let offset = u16::try_from(std::process::id() % 1_000).expect("below 1000") * 16;
        let port = 10_000 + (offset + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The loopback address with this port.
pub(crate) fn loopback(port: u16) -> Multiaddr {
    format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("a well formed address")
}

/// The same for QUIC.
fn loopback_quic(port: u16) -> Multiaddr {
    format!("/ip4/127.0.0.1/udp/{port}/quic-v1").parse().expect("a well formed address")
}

/// The identity of node `index`.
pub(crate) fn seed(index: usize) -> [u8; 32] {
    [u8::try_from(index).expect("few nodes") + 1; 32]
}

/// The members of a test: validators first, observers after them, each with its port.
pub(crate) struct Chain {
    pub(crate) members: Members,
    ports: Vec<u16>,
    quic: bool,
}

impl Chain {
    pub(crate) fn new(validators: usize, observers: usize) -> Self {
        let ports: Vec<_> = (0..validators + observers).map(|_| free_port()).collect();
        let member = |(index, port): (usize, &u16)| {
            let role = if index < validators { Role::Validator } else { Role::Observer };
            (peer_id(&seed(index)), Member { role, addresses: vec![loopback(*port)] })
        };
        let members = ports.iter().enumerate().map(member).collect();
        Self { members, ports, quic: false }
    }

    /// The same members, over QUIC alone.
    pub(crate) fn over_quic(mut self) -> Self {
        for (index, port) in self.ports.iter().enumerate() {
            let member = self.members.get_mut(&peer_id(&seed(index))).expect("made with this seed");
            member.addresses = vec![loopback_quic(*port)];
        }
        Self { quic: true, ..self }
    }

    pub(crate) fn config(&self, index: usize) -> Config {
        let mut config = Config::new(seed(index), CHAIN, self.members.clone());
        config.quic = self.quic;
        config.listen.push(if self.quic { loopback_quic } else { loopback }(self.ports[index]));
        config
    }

    pub(crate) fn port(&self, index: usize) -> u16 {
        self.ports[index]
    }

    pub(crate) fn start(&self, index: usize) -> Node {
        Node::start(self.config(index))
    }

    /// Starts all nodes and waits until each is connected to all others that it talks to.
    pub(crate) fn start_all(&self) -> Vec<Node> {
        let mut nodes: Vec<_> = (0..self.ports.len()).map(|index| self.start(index)).collect();
        for node in &mut nodes {
            for index in 0..self.ports.len() {
                let peer = peer_id(&seed(index));
                let is_dialled = self.members[&peer].role.is_validator() || node.is_validator;
                if peer != node.id() && is_dialled {
                    node.until_connected(peer);
                }
            }
        }
        // Crossed dials settle, and what the start was like is no test's business.
        std::thread::sleep(Duration::from_millis(100));
        for node in &mut nodes {
            while node.events.try_next().is_some() {}
        }
        nodes
    }
}

/// A running node.
pub(crate) struct Node {
    pub(crate) handle: Handle,
    pub(crate) events: Events,
    pub(crate) is_validator: bool,
    runtime: Runtime,
}

impl Node {
    pub(crate) fn start(config: Config) -> Self {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads are to be had");
        let is_validator = config.members[&peer_id(&config.identity_seed)].role.is_validator();
        let (handle, events) = runtime.block_on(tierchain_network::start(config)).expect("the settings are sound");
        Self { handle, events, is_validator, runtime }
    }

    pub(crate) fn id(&self) -> PeerId {
        self.handle.local_peer()
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The next event, if one comes in time.
    pub(crate) fn next_within(&mut self, patience: Duration) -> Option<Event> {
        let next = async { tokio::time::timeout(patience, self.events.next()).await };
        self.runtime.block_on(next).ok().flatten()
    }

    /// Reads events until `pick` takes one; the others are dropped.
    pub(crate) fn until<T>(&mut self, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        while let Some(event) = self.next_within(end.saturating_duration_since(Instant::now())) {
            if let Some(found) = pick(event) {
                return found;
            }
        }
        panic!("waited in vain for {what}");
    }

    /// Waits for a connection, unless it stands already.
    pub(crate) fn until_connected(&mut self, who: PeerId) {
        if self.handle.peers().iter().any(|info| info.peer == who) {
            return;
        }
        self.until("a connection", |event| match event {
            Event::Connected { peer, .. } if peer == who => Some(()),
            _ => None,
        });
    }

    /// Waits for the next message.
    pub(crate) fn message(&mut self) -> (PeerId, Vec<u8>) {
        self.until("a message", |event| match event {
            Event::Message { peer, bytes, .. } => Some((peer, bytes)),
            _ => None,
        })
    }

    /// Ends as a killed process does: without a word.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_background();
    }
}
