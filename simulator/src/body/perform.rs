//! The replica's effects, performed.

use parity_scale_codec::Encode;
use tierchain_consensus::Message;
use tierchain_primitives::H256;
use tierchain_replica::{Effect, ExecuteJob, Member, Recipients, Refusal, Ticket};

use super::Body;
use crate::event::{Event, Parcel};
use crate::scene::Scene;

impl Body {
    pub(super) fn perform(&mut self, effect: Effect, scene: &mut Scene) {
        match effect {
            Effect::SendConsensus { to, message } => self.send_consensus(to, &message, scene),
            Effect::SendSync { to, message } => {
                let to = scene.number_of(to);
                scene.send(self.number, to, Parcel::Sync(message.encode().into()));
            }
            Effect::GossipBundle(bundle) => scene.send_to_all(self.number, &Parcel::Bundle(bundle.encode().into())),
            Effect::GossipBlock(block) => {
                if scene.profile.observers > 0 {
                    scene.send_to_all(self.number, &Parcel::Block(block.encode().into()));
                }
            }
            Effect::Answer { ticket, result } => self.answer(ticket, result, scene),
            Effect::Execute(job) => self.queue_for_execution(job, scene),
            Effect::Verify { digest, entries } => {
                let lasts = scene.lasts(scene.profile.verification);
                let event = Event::Verified { who: self.number, life: self.life, digest, entries };
                scene.queue.after(lasts, event);
            }
            Effect::Dropped { hash, reason } => {
                let height = self.process.as_ref().map_or(0, |process| process.replica.chain().last().header.number);
                scene.witness.on_dropped(self.number, height, hash, reason);
            }
            Effect::Evidence(evidence) => scene.witness.on_evidence(self.number, &evidence),
            Effect::Diverged { number, here, there } => scene.witness.on_diverged(self.number, number, here, there),
            Effect::EpochBegan { begins_after, set } => scene.trace.note(scene.queue.now(), || {
                format!("{}: epoch {} of {} begins after block {begins_after}", self.number, set.epoch, set.len())
            }),
            Effect::WakeAt(at) => self.wake_at(at, scene),
        }
    }

    fn send_consensus(&self, to: Recipients, message: &Message, scene: &mut Scene) {
        scene.witness.on_said(self.number, message);
        scene.trace.note(scene.queue.now(), || format!("{} says {}", self.number, summary(message)));
        let parcel = Parcel::Consensus(message.encode().into());
        match to {
            Recipients::All => {
                for index in scene.set.indices().filter(|index| index.as_usize() != self.number) {
                    scene.send(self.number, index.as_usize(), parcel.clone());
                }
            }
            Recipients::One(key) => {
                let to = scene.number_of(Member::Validator(key));
                scene.send(self.number, to, parcel);
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, result: Result<H256, Refusal>, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        let Some((hash, death)) = process.submitted.remove(&ticket) else { return };
        match result {
            Ok(_) | Err(Refusal::AlreadyKnown) => scene.witness.on_answered(self.number, hash, death),
            Err(refusal) => {
                scene.trace.note(scene.queue.now(), || format!("{} refuses {hash}: {refusal}", self.number));
            }
        }
    }

    fn queue_for_execution(&mut self, job: ExecuteJob, scene: &mut Scene) {
        let number = job.header.number;
        scene.trace.mark(u64::from(number));
        scene.trace.note(scene.queue.now(), || {
            format!("{}: block {number} {} is final, {} extrinsics", self.number, job.hash, job.body.len())
        });
        scene.witness.on_final(self.number, &job, &*scene.verifier);
        let Some(process) = &mut self.process else { return };
        process.jobs.push_back(job);
        if process.jobs.len() == 1 {
            let lasts = scene.lasts(scene.profile.execution);
            scene.queue.after(lasts, Event::Executed(self.number, self.life));
        }
    }

    fn wake_at(&mut self, at: u64, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        let now = process.clock(scene.queue.now()).monotonic;
        scene.witness.on_wake_wanted(self.number, at, now);
        if process.wake.is_none_or(|known| at < known) {
            process.wake = Some(at);
            scene.queue.at(process.clocks.time_of(at), Event::Wake(self.number, self.life, at));
        }
    }
}

/// A consensus message in a few words.
fn summary(message: &Message) -> String {
    match message {
        Message::Proposal(it) => {
            let (number, bundles) = (it.header.number, it.bundles.len());
            format!("proposal view {} block {number} {} of {bundles} bundles", it.view, it.header.hash())
        }
        Message::Vote(it) => format!("{:?} view {} block {} {}", it.kind, it.view, it.number, it.hash),
        Message::ViewChange(it) => format!("VIEW-CHANGE {}", it.view),
        Message::NewView(it) => format!("NEW-VIEW {}", it.view),
        Message::Suspect(it) => format!("SUSPECT {}", it.view),
        Message::Certificate(it) => format!("certificate view {} block {}", it.view, it.number),
    }
}
