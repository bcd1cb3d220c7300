//! What comes over the wire: decoded within limits, verified, handed to the driver. Whoever sends garbage is reported.

use std::sync::Arc;

use parity_scale_codec::DecodeAll;
use tierchain_consensus::{Message, Strict, verify, verify_certificate};
use tierchain_network::{Cause, Channel, Event, Events, Offence, PeerId, Role, Topic, Verdict as Judgement};
use tierchain_primitives::{BlockNumber, H256};
use tierchain_replica::wire::{CertifiedBlock, RANGE_BLOCKS_MAX, RANGE_BYTES_MAX, SignedBundle, SyncMessage};
use tierchain_replica::{Entry, Input, Member, OpenBundle, Verdict};
use tierchain_runtime::Checked;

use super::perform::vote_kind;
use super::shared::Shared;
use crate::telemetry::metric;

/// What is wrong with a message.
type Refused = Result<(), Offence>;

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
        Event::Connected { peer, role, .. } => {
            shared.driver.input(Input::Connected(shared.directory.member(peer, role)));
        }
        Event::Lost { peer, role, cause } => {
            tracing::debug!(%peer, ?role, %cause, "lost");
            let refused = cause == Cause::Refused;
            shared.driver.input(Input::Lost { peer: shared.directory.member(peer, role), refused });
        }
        Event::Message { peer, role, channel, bytes } => {
            let taken = match channel {
                Channel::Consensus => on_consensus(shared, role, &bytes),
                Channel::Sync => on_sync(shared, peer, role, &bytes),
            };
            report(shared, peer, taken);
        }
        Event::Gossip { peer, topic, bytes, id } => {
            let shared = shared.clone();
            tokio::task::spawn_blocking(move || {
                let taken = match topic {
                    Topic::Bundles => on_gossiped_bundle(&shared, &bytes),
                    Topic::Blocks => on_gossiped_block(&shared, &bytes),
                };
                let judgement = if taken.is_ok() { Judgement::Accept } else { Judgement::Reject };
                shared.network.validate_gossip(id, judgement);
                report(&shared, peer, taken);
            });
        }
        _ => {}
    }
}

fn report(shared: &Shared, peer: PeerId, taken: Refused) {
    if let Err(offence) = taken {
        tracing::debug!(%peer, ?offence, "a message was refused");
        shared.network.report(peer, offence);
    }
}

fn on_consensus(shared: &Shared, role: Role, bytes: &[u8]) -> Refused {
    let Role::Validator(from) = role else { return Err(Offence::Invalid) };
    let message = Message::decode_all(&mut &*bytes).map_err(|_| Offence::Undecodable)?;
    if !shared.is_validator {
        return Ok(());
    }
    verify(&message, &shared.set, &shared.genesis).map_err(|error| {
        tracing::debug!(%error, from = from.0, "a consensus message doesn't verify");
        Offence::Invalid
    })?;
    if let Some(kind) = vote_kind(&message) {
        metrics::counter!(metric::VOTES_RECEIVED, "kind" => kind).increment(1);
    }
    shared.driver.input(Input::Consensus { from, message });
    Ok(())
}

fn on_sync(shared: &Arc<Shared>, peer: PeerId, role: Role, bytes: &[u8]) -> Refused {
    let from = shared.directory.member(peer, role);
    let message = SyncMessage::decode_all(&mut &*bytes).map_err(|_| Offence::Undecodable)?;
    match message {
        SyncMessage::BundleRequest { digest } => shared.driver.input(Input::BundleRequest { from, digest }),
        SyncMessage::BlockRequest { number, hash } => {
            shared.driver.input(Input::BlockRequest { from, number, hash });
        }
        SyncMessage::Height { number } => shared.driver.input(Input::Height { from, number }),
        SyncMessage::Missing { hash } => tracing::debug!(%peer, %hash, "a peer hasn't got what we asked for"),
        SyncMessage::Snapshot(message) => shared.desk.take(peer, message),
        SyncMessage::Bundle(bundle) => aside(shared, peer, move |shared| open_bundle(shared, bundle)),
        SyncMessage::Block { header, body } => aside(shared, peer, move |shared| {
            if tierchain_primitives::header::extrinsics_root(&body) != header.extrinsics_root {
                return Err(Offence::Invalid);
            }
            shared.driver.input(Input::Block { header, body: take_apart(&body)? });
            Ok(())
        }),
        SyncMessage::RangeRequest { from: first } => aside(shared, peer, move |shared| {
            serve_range(shared, peer, first);
            Ok(())
        }),
        SyncMessage::Range { blocks } => aside(shared, peer, move |shared| on_range(shared, from, blocks)),
    }
    Ok(())
}

/// Does what takes time on another thread.
fn aside(shared: &Arc<Shared>, peer: PeerId, act: impl FnOnce(&Shared) -> Refused + Send + 'static) {
    let shared = shared.clone();
    tokio::task::spawn_blocking(move || {
        let taken = act(&shared);
        report(&shared, peer, taken);
    });
}

fn take_apart(body: &[Vec<u8>]) -> Result<Arc<Vec<Checked>>, Offence> {
    let checked: Result<Vec<Checked>, _> = body.iter().map(|bytes| tierchain_runtime::check(bytes)).collect();
    checked.map(Arc::new).map_err(|_| Offence::Invalid)
}

fn on_gossiped_bundle(shared: &Shared, bytes: &[u8]) -> Refused {
    let bundle = SignedBundle::decode_all(&mut &*bytes).map_err(|_| Offence::Undecodable)?;
    open_bundle(shared, bundle)
}

/// Takes a bundle apart and verifies what can be verified now.
fn open_bundle(shared: &Shared, bundle: SignedBundle) -> Refused {
    if !bundle.is_signed(&shared.genesis, &shared.set, &Strict) {
        return Err(Offence::Invalid);
    }
    if !shared.is_validator {
        return Ok(());
    }
    let following = shared.finalized().header.number.saturating_add(1);
    let checked: Vec<Checked> =
        bundle.bundle.extrinsics.iter().filter_map(|bytes| tierchain_runtime::check(bytes).ok()).collect();
    let birth = |checked: &Checked| shared.db.hash_of(checked.extrinsic.era.birth(following));
    let known: Vec<(Checked, H256)> =
        checked.iter().filter_map(|checked| Some((checked.clone(), birth(checked)?))).collect();
    let mut verdicts = shared.verifier.verify(&known).into_iter().zip(known);
    let mut next = verdicts.next();
    let entry = |checked: Checked| {
        let verdict = match &next {
            Some((holds, (of, birth))) if of.hash == checked.hash => {
                let verdict = if *holds { Verdict::Holds { birth: *birth } } else { Verdict::Fails { birth: *birth } };
                next = verdicts.next();
                verdict
            }
            _ => Verdict::Unknown,
        };
        Entry { checked, verdict }
    };
    let entries = checked.into_iter().map(entry).collect();
    let digest = bundle.bundle.digest();
    shared.driver.input(Input::Bundle(OpenBundle { digest, signed: Arc::new(bundle), entries }));
    Ok(())
}

fn on_gossiped_block(shared: &Shared, bytes: &[u8]) -> Refused {
    let block = CertifiedBlock::decode_all(&mut &*bytes).map_err(|_| Offence::Undecodable)?;
    let body = verify_block(shared, &block)?;
    if block.header.number > shared.finalized().header.number {
        shared.driver.input(Input::Gossiped { block, body });
    }
    Ok(())
}

fn on_range(shared: &Shared, from: Member, blocks: Vec<CertifiedBlock>) -> Refused {
    let mut verified = Vec::with_capacity(blocks.len());
    for block in blocks {
        let body = verify_block(shared, &block)?;
        verified.push((block, body));
    }
    shared.driver.input(Input::Range { from, blocks: verified });
    Ok(())
}

fn verify_block(shared: &Shared, block: &CertifiedBlock) -> Result<Arc<Vec<Checked>>, Offence> {
    let is_final = block.certificate.kind == tierchain_primitives::certificate::CertificateKind::Committed;
    if !is_final || !block.is_whole() {
        return Err(Offence::Invalid);
    }
    verify_certificate(&Strict, &block.certificate, &shared.set, &shared.genesis).map_err(|_| Offence::Invalid)?;
    take_apart(&block.body)
}

/// Sends certified blocks from `first` on, as many as fit.
fn serve_range(shared: &Shared, peer: PeerId, first: BlockNumber) {
    let mut blocks = Vec::new();
    let mut bytes = 0;
    let last = shared.finalized().header.number;
    for number in first..=last {
        let Some(block) = read_block(shared, number) else { break };
        bytes += block.body.iter().map(Vec::len).sum::<usize>();
        if blocks.len() == RANGE_BLOCKS_MAX || (bytes > RANGE_BYTES_MAX && !blocks.is_empty()) {
            break;
        }
        blocks.push(block);
    }
    let message = parity_scale_codec::Encode::encode(&SyncMessage::Range { blocks });
    if let Err(error) = shared.network.send(peer, Channel::Sync, message) {
        tracing::debug!(%error, "a range wasn't sent");
    }
}

fn read_block(shared: &Shared, number: BlockNumber) -> Option<CertifiedBlock> {
    let header = shared.db.header(number)?;
    let body = shared.db.body(number)?;
    let certificate = shared.db.certificate(number)?;
    Some(CertifiedBlock { header, body, certificate })
}
