//! The shipped machine under every order of events that its bounds allow, as a model for `stateright`.
//!
//! # What is explored
//!
//! Four validators of which one lies: three real [`Machine`](tierchain_consensus::Machine)s, and a menu
//! ([`liar`]). Everything that anybody honest said stays on the network for ever and may be delivered to anybody, at
//! any time, in any order, any number of times or never. Blocks up to a height, all of them in flight at once, and
//! views up to a bound; at every moment any replica may lose its patience.
//!
//! # What is abstracted, and why that is sound
//!
//! - **Time doesn't pass.** Every step is at time 0. What clocks decide, the model decides: a replica leaves its view
//!   whenever the model says so, which is what happens when its own time-out has struck (`SuspectPrimary`) and the liar
//!   suspects the view too (f + 1). So SUSPECT of the honest need not travel, repeats add nothing to a network that
//!   forgets nothing, and all clock fields of a machine stay as they were.
//! - **A machine is its essence** ([`Machine::essence`](tierchain_consensus::Machine::essence)): what is left out
//!   decides about patience, courtesy and whom to ask, never about what may be said; the first machine of an essence
//!   stands for all of them. Who exactly signed a certificate is left out, in machines and in words: no rule asks for
//!   their names.
//! - **What the receiver would only keep is postponed** ([`moves`]): votes come as quorums.
//! - **A proposal is checked at once**, and one of the right form is valid: a late answer is a late delivery of the
//!   proposal. Blocks that are asked for come when the model likes, or never.
//! - **Names** ([`symmetry`]): honest validators whose turn as a primary is over are interchangeable.
//! - **Signatures** aren't made: the liar never speaks in another's name, and whatever it shows exists ([`talk`]).
//!
//! Evidence isn't among the properties: whether a receiver still remembers what would convict somebody is what the
//! essence leaves out. Not in the model either, but in the simulator and in `tests/it/explore.rs`: crashes and recovery, catch-up over ranges,
//! invalid bodies, more than four validators.

pub(crate) mod cast;
pub(crate) mod liar;
pub(crate) mod library;
pub(crate) mod mistake;
pub(crate) mod model;
pub(crate) mod moves;
pub(crate) mod node;
pub(crate) mod properties;
pub(crate) mod search;
pub(crate) mod symmetry;
pub(crate) mod talk;
pub(crate) mod words;
