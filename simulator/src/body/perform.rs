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
                let parcel = Parcel::Sync(message.encode().into());
                scene.cast.instances(to).into_iter().for_each(|to| self.post(to, parcel.clone(), scene));
            }
            Effect::GossipBundle(bundle) => self.post_to_all(&Parcel::Bundle(bundle.encode().into()), scene),
            Effect::GossipBlock(block) => {
                if scene.profile.observers > 0 {
                    self.post_to_all(&Parcel::Block(block.encode().into()), scene);
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
            Effect::Evidence(evidence) => {
                scene.witness.on_evidence(self.number, &evidence, &*scene.verifier);
                self.database.keep_evidence((*evidence).clone());
            }
            Effect::Diverged { number, here, there } => scene.witness.on_diverged(self.number, number, here, there),
            Effect::EpochBegan { begins_after, set } => scene.trace.note(scene.queue.now(), || {
                format!("{}: epoch {} of {} begins after block {begins_after}", self.number, set.epoch, set.len())
            }),
            Effect::WakeAt(at) => self.wake_at(at, scene),
        }
    }

    fn send_consensus(&mut self, to: Recipients, message: &Message, scene: &mut Scene) {
        scene.witness.on_said(self.number, message);
        scene.trace.note(scene.queue.now(), || format!("{} says {}", self.number, summary(message)));
        let parcel = Parcel::Consensus(message.encode().into());
        let validators: Vec<Member> = match to {
            Recipients::All => scene.set.keys.iter().map(|key| Member::Validator(*key)).collect(),
            Recipients::One(key) => vec![Member::Validator(key)],
        };
        let me = scene.member(self.number);
        for validator in validators.into_iter().filter(|validator| *validator != me) {
            scene.cast.instances(validator).into_iter().for_each(|to| self.post(to, parcel.clone(), scene));
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
