//! The replica's effects, performed.

use std::sync::Arc;

use parity_scale_codec::Encode;
use tierchain_consensus::{Message, VoteKind};
use tierchain_network::{Audience, Channel, Topic};
use tierchain_primitives::H256;
use tierchain_primitives::header::Header;
use tierchain_replica::evidence::Evidence;
use tierchain_replica::wire::SyncMessage;
use tierchain_replica::{DropReason, Effect, Input, Member, Recipients, Verdict};
use tierchain_rpc::types::{Hash, TransactionStatus};
use tierchain_runtime::Checked;

use super::departures::{Cause, Departed};
use super::driver::Driver;
use super::evidence;
use crate::telemetry::metric;

impl Driver {
    /// Performs one effect. What can't be delivered is dropped: the protocol repeats what matters.
    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::SendConsensus { to, message } => self.send_consensus(to, &message),
            Effect::SendSync { to, message } => self.send_sync(to, &message),
            Effect::GossipBundle(bundle) => self.gossip(Topic::Bundles, bundle.encode()),
            Effect::GossipBlock(block) => {
                if self.shared.directory.has_followers() {
                    self.gossip(Topic::Blocks, block.encode());
                }
            }
            Effect::Answer { ticket, result } => self.answer(ticket, result),
            Effect::Execute(job) => {
                self.note_finality(&job.header);
                // An error says that the executor has ended, which it does only after the driver.
                let _ = self.jobs.send(job);
            }
            Effect::Verify { digest, entries } => self.verify(digest, entries),
            Effect::Dropped { hash, reason } => self.note_departure(&hash, reason),
            Effect::Evidence(evidence) => {
                evidence::keep(&self.shared.db, &evidence);
                report_evidence(&evidence);
                self.shared.note_evidence(evidence);
            }
            Effect::Implausible { maker, signer } => tracing::warn!(
                %maker,
                %signer,
                "a validator hands out extrinsics of an account that doesn't stand, or with nonces far ahead: they aren't \
                 held. Said once in an epoch; ask its operator, and remove it if it goes on"
            ),
            Effect::Diverged { number, here, there } => tracing::error!(
                number,
                %here,
                %there,
                "this node's state differs from the one that a primary names: compare both with the other validators"
            ),
            Effect::EpochBegan { begins_after, set } => {
                tracing::info!(epoch = set.epoch.0, validators = set.len(), begins_after, "an epoch begins");
                self.shared.begin_epoch(begins_after, &set);
            }
            Effect::WakeAt(at) => self.wake_at(at),
        }
    }

    /// An accepted extrinsic will not be included: whoever asks for it by its hash is told why, now and later.
    fn note_departure(&self, hash: &H256, reason: DropReason) {
        if self.shared.db.extrinsic(hash).is_some() {
            return;
        }
        let cause = Cause::from(reason);
        let status = match &cause {
            Cause::Expired | Cause::Invalid { .. } => TransactionStatus::Invalid,
            Cause::Usurped { by } => TransactionStatus::Usurped(Hash(*by)),
            Cause::Dropped { .. } => TransactionStatus::Dropped,
        };
        let departed =
            Departed { cause, number: self.shared.finalized().header.number, at: self.shared.clock.now().wall };
        self.shared.departures.note(&self.shared.db, hash, &departed);
        self.shared.watchers.tell(hash, &status);
    }

    fn note_finality(&self, header: &Header) {
        let Ok(pre) = header.pre_runtime() else { return };
        let ms = self.shared.clock.now().wall.saturating_sub(pre.timestamp);
        metrics::histogram!(metric::FINALITY_SECONDS).record(ms as f64 / 1_000.0);
    }

    fn send_consensus(&self, to: Recipients, message: &Message) {
        if let Some(kind) = vote_kind(message) {
            metrics::counter!(metric::VOTES_SENT, "kind" => kind).increment(1);
        }
        if matches!(message, Message::ViewChange(_)) {
            metrics::counter!(metric::VIEW_CHANGES).increment(1);
        }
        match to {
            Recipients::All => {
                let sent = self.shared.network.broadcast(Audience::Validators, Channel::Consensus, message.encode());
                if let Err(error) = sent {
                    tracing::debug!(%error, "a consensus message wasn't sent");
                }
            }
            Recipients::One(key) => self.send(Member::Validator(key), Channel::Consensus, message.encode()),
        }
    }

    fn send_sync(&self, to: Member, message: &SyncMessage) {
        if matches!(message, SyncMessage::RangeRequest { .. })
            && let Some(peer) = self.shared.directory.peer(to)
        {
            // Before it is sent: the answer comes on another thread.
            self.shared.ranges.on_asked(peer);
        }
        self.send(to, Channel::Sync, message.encode());
    }

    fn send(&self, to: Member, channel: Channel, bytes: Vec<u8>) {
        let Some(peer) = self.shared.directory.peer(to) else { return };
        if let Err(error) = self.shared.network.send(peer, channel, bytes) {
            tracing::debug!(%error, "a message wasn't sent");
        }
    }

    fn gossip(&self, topic: Topic, bytes: Vec<u8>) {
        if let Err(error) = self.shared.network.gossip(topic, bytes) {
            tracing::debug!(%error, "a message wasn't gossiped");
        }
    }

    fn verify(&self, digest: H256, entries: Vec<(Checked, H256)>) {
        let shared = Arc::clone(&self.shared);
        self.runtime.spawn_blocking(move || {
            let verdict = |(holds, (_, birth)): (bool, &(Checked, H256))| match holds {
                true => Verdict::Holds { birth: *birth },
                false => Verdict::Fails { birth: *birth },
            };
            let verdicts = shared.verifier.verify(&entries).into_iter().zip(&entries).map(verdict).collect();
            shared.driver.input(Input::Verdicts { digest, verdicts });
        });
    }
}

/// The label of a message in the metrics of votes.
pub(super) fn vote_kind(message: &Message) -> Option<&'static str> {
    match message {
        Message::Vote(vote) => Some(match vote.kind {
            VoteKind::Prepare => "prepare",
            VoteKind::Commit => "commit",
        }),
        Message::ViewChange(_) => Some("view_change"),
        Message::Suspect(_) => Some("suspect"),
        Message::Proposal(_) | Message::NewView(_) | Message::Certificate(_) => None,
    }
}

fn report_evidence(evidence: &Evidence) {
    let topic = evidence.topic();
    metrics::counter!(metric::EVIDENCE, "validator" => topic.culprit.to_string()).increment(1);
    tracing::warn!(
        validator = topic.culprit.0,
        epoch = topic.epoch.0,
        view = topic.view.0,
        number = topic.number,
        "a validator signed what no honest one signs: `tierchain evidence list` shows it"
    );
}
