//! The runtime from outside: blocks of extrinsics in, state, entity blocks and meta blocks out.

mod api;
mod births;
mod directives;
mod directives_properties;
mod epochs;
mod genesis;
mod golden;
mod governance;
mod grants;
mod hosts;
mod lives;
mod meta;
mod metadata;
mod moves;
mod moving;
mod parties;
mod properties;
mod quotas;
mod recording;
mod rejoin;
mod set_changes;
mod system;
mod world;
