//! One story for each rule and sentence of design 5: given this machine, on this input, exactly these effects.
//!
//! Four validators, this one is number 1 unless the story says otherwise, so view 0 belongs to number 0 and view 1 to
//! this one.

mod evidence;
mod normal_case;
mod recovery;
mod repeats;
mod suspicion;
mod view_change;

use tierchain_consensus::{Effect, Input, Machine, Message, Record, Target, Vote, VoteKind};
use tierchain_primitives::ValidatorIndex;
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::header::Header;

use crate::cast::{self, base, block, certificate, config, genesis, proposal, vote};

/// A machine, and who it is.
struct Replica {
    machine: Machine,
    me: u16,
    now: u64,
}

impl Replica {
    fn new(me: u16) -> Self {
        Self { machine: Machine::new(config(4, me, 8), base(), 0), me, now: 0 }
    }

    /// The effects of an input, alarms aside.
    fn on(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.machine.step(self.now, input, &cast::signer(self.me));
        effects.into_iter().filter(|effect| !matches!(effect, Effect::WakeAt(_))).collect()
    }

    fn hears(&mut self, message: Message) -> Vec<Effect> {
        assert_eq!(cast::check(&message, 4), Ok(()), "stories tell of verified messages");
        self.on(Input::Message { from: ValidatorIndex(3), message })
    }

    fn hears_votes(&mut self, kind: VoteKind, voters: &[u16], view: u64, header: &Header) -> Vec<Effect> {
        voters.iter().flat_map(|voter| self.hears(Message::Vote(vote(kind, *voter, view, header)))).collect()
    }

    fn at(&mut self, now: u64) -> Vec<Effect> {
        self.now = now;
        self.on(Input::Tick)
    }

    /// Takes a block of view 0 through its check and prepares it.
    fn prepares(&mut self, header: &Header) -> Vec<Effect> {
        let mut effects = self.hears(Message::Proposal(proposal(0, 0, header)));
        effects.extend(self.on(Input::Valid { hash: header.hash() }));
        effects
    }

    /// Takes a block of view 0 all the way.
    fn finalises(&mut self, header: &Header) {
        self.prepares(header);
        self.hears_votes(VoteKind::Prepare, &[0, 2], 0, header);
        self.hears_votes(VoteKind::Commit, &[0, 2], 0, header);
        assert_eq!(self.machine.status().final_hash, header.hash());
    }
}

/// Blocks 1 to `count` by validator 0.
fn blocks(count: usize) -> Vec<Header> {
    let mut chain = vec![genesis()];
    for salt in 1..=count as u64 {
        chain.push(block(chain.last().expect("starts with genesis"), 0, salt));
    }
    chain.split_off(1)
}

fn prepared(voters: &[u16], view: u64, header: &Header) -> Certificate {
    certificate(CertificateKind::Prepared, voters, view, header)
}

fn committed(voters: &[u16], view: u64, header: &Header) -> Certificate {
    certificate(CertificateKind::Committed, voters, view, header)
}

fn own(kind: VoteKind, view: u64, header: &Header) -> Vote {
    vote(kind, 1, view, header)
}

fn record_vote(vote: &Vote) -> Effect {
    Effect::Record(Record::Vote(vote.clone()))
}

fn send(message: Message) -> Effect {
    Effect::Send { to: Target::All, message }
}

fn send_vote(vote: &Vote) -> Effect {
    send(Message::Vote(vote.clone()))
}

fn is_vote(effect: &Effect) -> bool {
    matches!(effect, Effect::Send { message: Message::Vote(_), .. })
}

fn check(view: u64, header: &Header) -> Effect {
    let view = tierchain_primitives::View(view);
    Effect::Check { view, hash: header.hash(), header: header.clone(), bundles: Vec::new() }
}

fn finals(effects: &[Effect]) -> Vec<u32> {
    let number = |effect: &Effect| match effect {
        Effect::Final { header, .. } => Some(header.number),
        _ => None,
    };
    effects.iter().filter_map(number).collect()
}
