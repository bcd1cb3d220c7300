//! Chained PBFT as a value: n known validators agree on a hash-linked chain of blocks while at most f of them lie.
//!
//! This page is the protocol; with it alone one can implement it. It is Castro and Liskov's (OSDI '99, cited as PBFT),
//! laid over a chain. The crate has no I/O, no clock, no thread and no key: [`Machine::step`] takes an [`Input`] and
//! the time, and returns [`Effect`]s. Two machines in the same state take the same step, so a machine can be cloned,
//! compared, hashed and explored.
//!
//! # Who
//!
//! n validators, numbered from 0; f = floor((n - 1) / 3) may lie; a *quorum* is q = floor(2n / 3) + 1, so that any two
//! quorums share f + 1 validators, one of them honest. Validator v mod n is the *primary* of *view* v. The set is fixed
//! for an *epoch*; every signature covers domain, genesis hash, epoch, kind, view, number and hash.
//!
//! # The normal case
//!
//! ```text
//!              proposal           prepares            commits
//!  primary  ──┬──────────────┬──────────────────┬──────────────────┬── final
//!             │  ╲           │ ╳  all to all    │ ╳  all to all    │
//!  replica  ──┴───▶ check ───┴──────────────────┴──────────────────┴── final
//!                   │          q prepares:        q commits:
//!                   ▼          prepared           certificate
//!                disk first    certificate        (disk first)
//!                              (disk first)
//!
//!  chain:   … ── certified ── s-2 ── s-1 ── s          blocks above the last certified one are in flight,
//!                             └─ at most W ─┘          each voted on as soon as the one before was prepared
//! ```
//!
//! # The rules
//!
//! - **R1** In a view an honest replica prepares one block per number, ascending, each the child of the one it prepared
//!   before in this view. The first is the head of the view, or the head's child when the NEW-VIEW itself shows the
//!   head certified. Block s is proposed and prepared only once s - W is certified.
//! - **R2** q prepares of one (view, number, hash) are a *prepared certificate*; it covers the ancestors too.
//! - **R3** A replica commits (v, k, B) when it holds a prepared certificate of v for B or a descendant and has sent no
//!   VIEW-CHANGE above v.
//! - **R4** q commits of one (view, number, hash) are the *certificate*, valid whenever completed. Blocks become final
//!   in order. Votes of different views never add up.
//! - **R5** VIEW-CHANGE(v') is signed, durable and binds: no vote below v'. It carries the sender's last certificate and
//!   its highest prepared certificate (by view, then number), with all signatures.
//! - **R6** NEW-VIEW(v') carries VIEW-CHANGEs for v' of q validators. The *head* of v' is the block of the
//!   lexicographic maximum of (view, number) over all certificates of views below v' in them; everyone computes it from
//!   the same proof.
//! - **R7** In v' the head is prepared first and stands for all below it. With its prepared certificate every
//!   uncertified block up to it (at most W) is committed again, so that each gets a certificate of its own. Fresh blocks
//!   start above it and are the primary's own; blocks up to the head keep header, hash, proposer and time.
//!
//! A replica that missed part of a view votes on from the last block certified *in that view*: the certificate stands
//! for the prepares it didn't make. (Without this a restarted follower would be mute until the next view.)
//!
//! # Why it is safe
//!
//! Let (v, B) be committed by q replicas. Each honest one of them held a prepared certificate of v that covers B before
//! it sent any VIEW-CHANGE above v (R3, R5). Every NEW-VIEW above v has q VIEW-CHANGEs, of which at least one is of such
//! a replica, so its maximum is at least (v, number of B). If the maximum is of view v, the prepared blocks of one view
//! lie on one chain (R1: two quorums share an honest replica, which walked from the lower to the higher one), so the
//! head extends B. If it is of a view u between, it was prepared in u, and nothing prepared in u is below u's head or on
//! another chain (R1, R7); u's head extends B by induction. So every later head extends every committed block.
//!
//! *Head first* is what makes the second half true. From the bottom up, (v', low) would be prepared in a view above
//! (v, high) and beat it in the next view change, although (v, high) may be committed.
//!
//! A block certified in view v may stand for own prepares below it: its quorum prepared it in v, and of any two prepared
//! certificates X below Y of which an honest replica prepared X and then jumped over certified blocks to Y, the jump's
//! certificate D completed before Y did and lies between; Y extends D by its walk, and D extends X by the same argument
//! on an earlier pair.
//!
//! # Leaving a view
//!
//! *Suspicion is a hint, VIEW-CHANGE a promise.* A replica has cause to suspect its view when
//! - no certificate came for the *time-out* although there is work: an includable extrinsic, a proposed block without
//!   certificate, an uncovered block, an overdue heartbeat ([`Input::Work`], and what is in flight here);
//! - the primary's connection is lost: at once if a redial was refused, else after 20 ms;
//! - the primary is proven to lie, or proposed what no honest primary proposes;
//! - the replica says so ([`Input::SuspectPrimary`]): a bundle passed over, a stale clock.
//!
//! It repeats SUSPECT(v) while that lasts, **and goes on voting**. The hint expires at its receivers. f + 1 validators
//! that suspect v live or have left it make a replica send VIEW-CHANGE(v + 1); f + 1 VIEW-CHANGEs above make it join the
//! highest view that f + 1 have reached. So f liars, or one flapping link, move nobody, and a quorum is joined at once.
//! A suspicion raised for nothing doubles its delay for a while.
//!
//! *The time-out* is a multiple of the observed commit time within bounds, and starts again with every certificate. A
//! view that was promised has none before VIEW-CHANGEs for it or above are held from q (PBFT 4.5.2): nobody's view runs
//! away in a partition. It doubles for every view in a row that had its quorum and certified nothing, up to a cap.
//!
//! # Nothing is said once
//!
//! On every connect, and while something hangs (first after 100 ms, then ever more slowly up to once a second), a
//! replica repeats its NEW-VIEW or VIEW-CHANGE, its votes in the window, as the primary its proposals, and its last
//! certificate. A peer whose message shows it in a view that is over, or without a certificate that has been here for
//! a while, is given those, and one that suspects alone the newest certificate. A replica overtaken by f + 1 others says
//! SUSPECT of its old view, which shows them just that.
//! What a quorum vouches for and isn't here is asked for ([`Effect::Obtain`]); ranges are caught up ([`Effect::Behind`]).
//!
//! # Write before you speak
//!
//! | before this leaves | this is on disk | as |
//! |---|---|---|
//! | proposal, prepare | header, whole body, the message | staged with the input; [`Record::Proposal`], [`Record::Vote`] |
//! | commit | the prepared certificate that covers it | [`Record::Prepared`], [`Record::Vote`] |
//! | VIEW-CHANGE, NEW-VIEW | the message with all it carries | [`Record::ViewChange`], [`Record::NewView`] |
//! | "final" | the certificate | [`Record::Certified`] |
//!
//! [`Machine::recover`] builds the machine from these; [`Machine::standing`] names the few that still bind.
//!
//! # Where it departs from Castro and Liskov
//!
//! - A chain instead of sequence numbers: a prepared certificate covers the ancestors, so a VIEW-CHANGE carries two
//!   certificates instead of a window of them, and NEW-VIEW proposes nothing again: everyone computes the head.
//! - No checkpoints: each block has a certificate of its own, which is proof to anybody, for ever.
//! - The primary's proposal is no vote; it sends a prepare like everybody.
//! - SUSPECT before VIEW-CHANGE, since leaving a view costs its votes.
//! - Commits go out for blocks that this replica doesn't hold: f + 1 honest ones that prepared do.
//!
//! # Where is what
//!
//! [`message`](Message), [`input`](Input) and [`effect`](Effect) are the vocabulary; `tally` counts, `view_change` computes
//! the head, `pacemaker` knows patience, `term` is what binds in one view, `chain` what is final and held; `machine`
//! decides. `charge` judges evidence. [`verify()`] runs outside, before a message becomes an input. `invariants` names
//! what is always true, and `essence` what a machine is to a model checker.
//!
//! Not here, on purpose: bodies and their validity, clocks and block times, who may join, the next epoch's set. The
//! replica crate answers [`Effect::Check`] for the first two and makes a new machine for a new epoch.

#[cfg(feature = "bugs")]
mod bug;
mod chain;
mod charge;
mod config;
mod effect;
mod essence;
mod evidence;
#[cfg(test)]
mod fixture;
mod input;
mod invariants;
mod machine;
mod message;
mod pacemaker;
mod peers;
mod recover;
mod statement;
mod status;
mod tally;
mod term;
mod verify;
mod view_change;
mod wants;

#[cfg(feature = "bugs")]
pub use bug::Bug;
pub use charge::{Charge, ChargeError};
pub use config::{Base, Config, Parameters, Signer, Slot};
pub use effect::{Effect, Evidence, Record, Target};
pub use essence::Naming;
pub use input::{Input, Now};
pub use machine::Machine;
pub use message::{Message, NewView, Proposal, Suspect, ViewChange, Vote, VoteKind};
pub use statement::{Statement, Subject};
pub use status::{InFlight, Phase, Status, WaitingFor};
pub use verify::{Strict, Verify, VerifyError, verify, verify_certificate, verify_with};
