//! The runtime from outside: blocks of extrinsics in, state, entity blocks and meta blocks out.

mod births;
mod genesis;
mod golden;
mod lives;
mod meta;
mod moves;
mod properties;
mod recording;
mod system;
mod world;
