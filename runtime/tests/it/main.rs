//! The runtime from outside: blocks of extrinsics in, state, entity blocks and meta blocks out.

mod api;
mod attestations;
mod bad_input;
mod births;
mod capacity;
mod directives;
mod directives_properties;
mod epochs;
mod foundry;
mod genesis;
mod golden;
mod governance;
mod guests;
mod lives;
mod meta;
mod metadata;
mod moves;
mod properties;
mod recording;
mod rejoin;
mod set_changes;
mod silence;
mod system;
mod witnesses;
mod world;
