//! The replica's effects, performed.

use parity_scale_codec::Encode;
use tierchain_consensus::Message;
use tierchain_primitives::H256;
use tierchain_replica::{Effect, ExecuteJob, Member, Recipients, Refusal, Ticket};

use super::{Body, Submitted};
use crate::event::{Event, Parcel};
use crate::scene::Scene;

impl Body {
    pub(super) fn perform(&mut self, effect: Effect, scene: &mut Scene) {
        match effect {
            Effect::SendConsensus { to, message } => self.send_consensus(to, &message, scene),
            Effect::SendSync { to, message } => {
                let parcel = Parcel::Sync(message.encode().into());
                let bearers = self.directory.bearers(&scene.cast, to);
                bearers.into_iter().for_each(|to| self.post(to, parcel.clone(), scene));
            }
            Effect::GossipBundle(bundle) => self.post_to_all(&Parcel::Bundle(bundle.encode().into()), scene),
            Effect::GossipBlock(block) => {
                if scene.profile.observers > 0 || scene.profile.reform.is_some() {
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
                let Some(process) = &self.process else { return };
                scene.witness.on_dropped(self.number, &process.replica, hash, reason);
            }
            Effect::Evidence(evidence) => {
                scene.witness.on_evidence(self.number, &evidence, &*scene.verifier);
                self.database.keep_evidence((*evidence).clone());
            }
            Effect::Implausible { maker, .. } => scene.witness.on_implausible(self.number, &maker),
            Effect::Diverged { number, here, there } => scene.witness.on_diverged(self.number, number, here, there),
            Effect::EpochBegan { begins_after, set } => {
                scene.trace.note(scene.queue.now(), || {
                    let seated = scene.cast.seated(&set);
                    format!("{}: epoch {} of {seated:?} begins after block {begins_after}", self.number, set.epoch)
                });
                let renamed = self.directory.set_epoch(&scene.cast, &set);
                self.rename(renamed, scene);
            }
            Effect::WakeAt(at) => self.wake_at(at, scene),
        }
    }

    fn send_consensus(&mut self, to: Recipients, message: &Message, scene: &mut Scene) {
        scene.witness.on_said(self.number, message);
        scene.trace.note(scene.queue.now(), || format!("{} says {}", self.number, summary(message)));
        let parcel = Parcel::Consensus(message.encode().into());
        let to: Vec<usize> = match to {
            Recipients::All => {
                let all = self.directory.validators(&scene.cast).into_iter();
                all.flat_map(|candidate| scene.cast.instances_of(candidate)).collect()
            }
            Recipients::One(key) => self.directory.bearers(&scene.cast, Member::Validator(key)),
        };
        let me = self.number;
        let others: Vec<usize> = to.into_iter().filter(|to| !scene.cast.are_one(*to, me)).collect();
        others.into_iter().for_each(|to| self.post(to, parcel.clone(), scene));
    }

    fn answer(&mut self, ticket: Ticket, result: Result<H256, Refusal>, scene: &mut Scene) {
        let Some(process) = &mut self.process else { return };
        let Some(Submitted { hash, death, taken_at }) = process.submitted.remove(&ticket) else { return };
        match result {
            Ok(_) | Err(Refusal::AlreadyKnown) => {
                scene.witness.on_answered(self.number, &process.replica, hash, death);
            }
            Err(refusal) => {
                if let (Refusal::OverQuota { who, .. }, Some(last)) = (&refusal, taken_at) {
                    // What became final later in this turn doesn't count: where the member's clock is slow, a bucket
                    // drains by the blocks' times, and a newer block's may leave room that the decision couldn't see.
                    // A turn takes no time, so the clock shows what it showed then.
                    let now = process.clock(scene.queue.now()).wall;
                    scene.witness.on_over_quota(self.number, who, last, now);
                }
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
