//! A validator of ours in a node's place: it holds the node's keys, speaks the network's protocol, and signs whatever it
//! is told to. No node is made to say two things, so a lie takes a liar.

use std::time::{Duration, Instant};

use parity_scale_codec::{DecodeAll, Encode};
use tierchain_consensus::{Message, NewView, Proposal, ViewChange, Vote, VoteKind};
use tierchain_network::{Audience, Channel, Config, Event, Events, Handle, Member, Members, Role};
use tierchain_network::{parse_address, peer_id};
use tierchain_primitives::bundle::Bundle;
use tierchain_primitives::certificate::{Certificate, SignedKind, signed_bytes};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::header::{Header, PreRuntime};
use tierchain_primitives::{BlockNumber, Epoch, H256, ValidatorIndex, View};
use tierchain_replica::wire::{SignedBundle, SyncMessage};
use tierchain_testnet::cluster::{VALIDATORS, key};
use tokio::runtime::{Builder, Runtime};

use super::{PATIENCE, World, until};

/// The only epoch of the networks it lies to.
const EPOCH: Epoch = Epoch(0);

/// Speaks for one validator.
pub(crate) struct Liar {
    me: ValidatorIndex,
    key: KeyPair,
    genesis: H256,
    network: Handle,
    events: Events,
    runtime: Runtime,
}

impl Liar {
    /// Takes the place of a validator that doesn't run, on a chain that is in its first epoch.
    pub(crate) fn join(world: &World, node: u16, genesis: H256) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("one thread");
        let (network, events) =
            runtime.block_on(tierchain_network::start(config(world, node, genesis))).expect("the node's port is free");
        Self { me: ValidatorIndex(node), key: key(&format!("consensus-{node}")), genesis, network, events, runtime }
    }

    /// Waits until it is connected to this many of the others.
    pub(crate) fn meets(&self, others: usize) {
        until("the liar is connected", || (self.network.peers().len() == others).then_some(()));
    }

    /// Forgets what it was told so far: what it hears next is news.
    pub(crate) fn stops_its_ears(&mut self) {
        while self.events.try_next().is_some() {}
    }

    /// Listens until something is said that it wants to hear.
    ///
    /// # Panics
    /// When nobody says it.
    pub(crate) fn hears<T>(&mut self, what: &str, mut pick: impl FnMut(Message) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let event = self.next_within(left).unwrap_or_else(|| panic!("the liar waited in vain for {what}"));
            let Event::Message { channel: Channel::Consensus, bytes, .. } = event else { continue };
            let message = Message::decode_all(&mut bytes.as_slice()).expect("an honest node's message");
            if let Some(found) = pick(message) {
                return found;
            }
        }
    }

    /// Says it to every validator that it is connected to.
    pub(crate) fn says(&self, message: &Message) {
        let said = self.network.broadcast(Audience::Validators, Channel::Consensus, message.encode());
        said.expect("a message within the limits");
    }

    /// A block of its own on a parent, one of as many as there are salts. What it says of the state is wrong.
    pub(crate) fn block(&self, number: BlockNumber, parent: H256, salt: u8) -> Header {
        let pre = PreRuntime { proposer: self.me, timestamp: 1, executed: 0 };
        Header::new(parent, number, H256([salt; 32]), H256::ZERO, pre)
    }

    /// Its proposal in a view, whose primary it should be.
    pub(crate) fn proposal(&self, view: View, header: Header) -> Message {
        let signature = self.signs(SignedKind::Proposal, view, header.number, &header.hash());
        Message::Proposal(Proposal { epoch: EPOCH, view, header, bundles: Vec::new(), signature })
    }

    /// Its vote.
    pub(crate) fn vote(&self, kind: VoteKind, view: View, number: BlockNumber, hash: H256) -> Message {
        let signature = self.signs(kind.signed(), view, number, &hash);
        Message::Vote(Vote { kind, epoch: EPOCH, view, number, hash, voter: self.me, signature })
    }

    /// Its VIEW-CHANGE, which shows no prepared certificate.
    pub(crate) fn view_change(&self, view: View, certified: Option<Certificate>) -> ViewChange {
        let (sender, signature) = (self.me, Signature::ZERO);
        let mut change = ViewChange { epoch: EPOCH, view, sender, certified, prepared: None, signature };
        change.signature = self.signs(SignedKind::ViewChange, view, 0, &change.content_hash());
        change
    }

    /// Its NEW-VIEW, by the VIEW-CHANGEs of others and one of its own.
    pub(crate) fn new_view(&self, others: &[ViewChange], own: ViewChange) -> Message {
        let view = own.view;
        let mut proof = [others, &[own]].concat();
        proof.sort_by_key(|change| change.sender);
        let mut new_view = NewView { epoch: EPOCH, view, sender: self.me, proof, signature: Signature::ZERO };
        new_view.signature = self.signs(SignedKind::NewView, view, 0, &new_view.content_hash());
        Message::NewView(new_view)
    }

    /// Hands everybody a bundle of its own, gathered at a block.
    pub(crate) fn spreads(&self, at: BlockNumber, extrinsics: Vec<Vec<u8>>) {
        let bundle = Bundle { extrinsics };
        let signature = self.signs(SignedKind::Bundle, View(0), at, &bundle.digest());
        let signed = SignedBundle { epoch: EPOCH, maker: self.me, at, bundle, signature };
        let said = self.network.broadcast(Audience::All, Channel::Sync, SyncMessage::Bundle(signed).encode());
        said.expect("a bundle within the limits");
    }

    fn signs(&self, kind: SignedKind, view: View, number: BlockNumber, hash: &H256) -> Signature {
        self.key.sign(&signed_bytes(&self.genesis, EPOCH, kind, view, number, hash))
    }

    fn next_within(&mut self, limit: Duration) -> Option<Event> {
        let next = async { tokio::time::timeout(limit, self.events.next()).await };
        self.runtime.block_on(next).ok().flatten()
    }
}

/// The network as the node in this place would join it.
fn config(world: &World, node: u16, genesis: H256) -> Config {
    let address = |at: std::net::SocketAddr| {
        parse_address(&format!("/ip4/{}/tcp/{}", at.ip(), at.port())).expect("a place on loopback")
    };
    let identity = |node: u16| key(&format!("network-{node}")).seed();
    let member = |node: u16| {
        let addresses = vec![address(world.place(node).dialled)];
        (peer_id(&identity(node)), Member { role: Role::Validator, addresses })
    };
    let members: Members = (0..VALIDATORS).map(member).collect();
    let mut config = Config::new(identity(node), genesis, members);
    config.listen.push(address(world.place(node).listen));
    config
}
