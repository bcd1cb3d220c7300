//! What comes over the wire: read by `tierchain_replica::inbound` on the runtime's threads, handed to the driver. Whoever
//! sends garbage is reported.

use std::sync::Arc;

use parity_scale_codec::Encode;
use tierchain_consensus::{Strict, Verify};
use tierchain_network::{Cause, Channel, Event, Events, Offence, PeerId, Topic, Verdict as Judgement};
use tierchain_primitives::certificate::Certificate;
use tierchain_primitives::header::Header;
use tierchain_primitives::ports::ChainRead;
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::evidence;
use tierchain_replica::inbound::{Inbound, Refused, Senses, decode_sync, range};
use tierchain_replica::wire::{CertifiedBlock, SyncMessage};
use tierchain_replica::{Input, Member};
use tierchain_runtime::Checked;

use super::perform::vote_kind;
use super::shared::Shared;
use crate::telemetry::metric;

/// What a message comes to.
type Taken = Result<Option<Input>, Refused>;

impl ChainRead for Shared {
    fn block_hash(&self, number: BlockNumber) -> Option<H256> {
        self.db.hash_of(number)
    }
}

impl Senses for Shared {
    fn consensus(&self) -> &dyn Verify {
        &Strict
    }

    fn extrinsics_hold(&self, entries: &[(Checked, H256)]) -> Vec<bool> {
        self.verifier.verify(entries)
    }

    fn height(&self) -> BlockNumber {
        self.finalized().header.number
    }

    fn certified_header(&self, number: BlockNumber) -> Option<(Header, Certificate)> {
        Some((self.db.header(number)?, self.db.certificate(number)?))
    }

    fn wants_evidence(&self, topic: &evidence::Topic) -> bool {
        self.is_news(topic)
    }
}

/// Reads the network's events until it is shut down, first those that were heard before the service ran.
pub(crate) async fn run(shared: Arc<Shared>, heard: Vec<Event>, mut events: Events) {
    for event in heard {
        on_event(&shared, event);
    }
    while let Some(event) = events.next().await {
        on_event(&shared, event);
    }
}

fn on_event(shared: &Arc<Shared>, event: Event) {
    match event {
        Event::Connected { peer, .. } => shared.driver.input(Input::Connected(shared.directory.on_connected(peer))),
        Event::Lost { peer, role, cause } => {
            tracing::debug!(%peer, ?role, %cause, "lost");
            let refused = cause == Cause::Refused;
            shared.ranges.on_lost(peer);
            shared.driver.input(Input::Lost { peer: shared.directory.on_lost(peer), refused });
        }
        Event::Message { peer, channel, bytes, .. } => match channel {
            Channel::Consensus => on_consensus(shared, peer, &bytes),
            Channel::Sync => on_sync(shared, peer, &bytes),
        },
        Event::Gossip { peer, topic, bytes, id } => {
            let shared = shared.clone();
            tokio::task::spawn_blocking(move || {
                let taken = look(&shared, |inbound| match topic {
                    Topic::Bundles => inbound.gossiped_bundle(&bytes),
                    Topic::Blocks => inbound.gossiped_block(&bytes),
                });
                shared.network.validate_gossip(id, judgement(&taken));
                hand_on(&shared, peer, taken);
            });
        }
        _ => {}
    }
}

/// Looks at a message with the epochs known now.
fn look(shared: &Shared, read: impl FnOnce(&Inbound<'_, Shared>) -> Taken) -> Taken {
    let epochs = shared.epochs();
    let is_seated = shared.seat(&epochs).is_some();
    read(&Inbound { genesis: shared.genesis, epochs: &epochs, is_seated, senses: shared })
}

fn hand_on(shared: &Shared, peer: PeerId, taken: Taken) {
    match taken {
        Ok(Some(input)) => shared.driver.input(input),
        Ok(None) => {}
        Err(refused) => {
            tracing::debug!(%peer, %refused, "a message was refused");
            if refused.is_offence() {
                shared.network.report(peer, offence(&refused));
            }
        }
    }
}

fn offence(refused: &Refused) -> Offence {
    if matches!(refused, Refused::Undecodable(_)) { Offence::Undecodable } else { Offence::Invalid }
}

fn judgement(taken: &Taken) -> Judgement {
    match taken {
        Ok(_) => Judgement::Accept,
        Err(refused) if refused.is_offence() => Judgement::Reject,
        Err(_) => Judgement::Ignore,
    }
}

fn on_consensus(shared: &Shared, peer: PeerId, bytes: &[u8]) {
    let from = shared.directory.member(peer);
    let taken = look(shared, |inbound| inbound.consensus(from, bytes));
    if let Ok(Some(Input::Consensus { message, .. })) = &taken
        && let Some(kind) = vote_kind(message)
    {
        metrics::counter!(metric::VOTES_RECEIVED, "kind" => kind).increment(1);
    }
    hand_on(shared, peer, taken);
}

fn on_sync(shared: &Arc<Shared>, peer: PeerId, bytes: &[u8]) {
    let from = shared.directory.member(peer);
    match decode_sync(bytes) {
        Err(refused) => hand_on(shared, peer, Err(refused)),
        Ok(SyncMessage::RangeRequest { from: first }) => {
            if shared.ranges.begin(peer) {
                aside(shared, move |shared| serve_range(shared, peer, first));
            } else {
                tracing::debug!(%peer, first, "asks for a range while it is given another");
            }
        }
        Ok(SyncMessage::Range { .. }) if !shared.ranges.on_answer(peer) => {
            tracing::debug!(%peer, "a range that nobody asked for");
        }
        Ok(SyncMessage::Missing { hash }) => tracing::debug!(%peer, %hash, "a peer hasn't got what we asked for"),
        Ok(message @ (SyncMessage::Bundle(_) | SyncMessage::Block { .. } | SyncMessage::Range { .. })) => {
            aside(shared, move |shared| read_sync(shared, peer, from, message));
        }
        // An answer that comes after the join is through isn't worth a word.
        Ok(SyncMessage::Snapshot(message)) => shared.desk.take(peer, message),
        Ok(message) => read_sync(shared, peer, from, message),
    }
}

fn read_sync(shared: &Shared, peer: PeerId, from: Member, message: SyncMessage) {
    hand_on(shared, peer, look(shared, |inbound| inbound.sync(from, message)));
}

/// Does what takes time on another thread.
fn aside(shared: &Arc<Shared>, act: impl FnOnce(&Shared) + Send + 'static) {
    let shared = shared.clone();
    tokio::task::spawn_blocking(move || act(&shared));
}

/// Sends certified blocks from `first` on, as many as fit.
fn serve_range(shared: &Shared, peer: PeerId, first: BlockNumber) {
    let answer = range(first, shared.height(), |number| read_block(shared, number));
    // Before it is sent: the next request may be quick.
    shared.ranges.end(peer);
    if let Err(error) = shared.network.send(peer, Channel::Sync, answer.encode()) {
        tracing::debug!(%error, "a range wasn't sent");
    }
}

fn read_block(shared: &Shared, number: BlockNumber) -> Option<CertifiedBlock> {
    let header = shared.db.header(number)?;
    let body = shared.db.body(number)?;
    let certificate = shared.db.certificate(number)?;
    Some(CertifiedBlock { header, body, certificate })
}
