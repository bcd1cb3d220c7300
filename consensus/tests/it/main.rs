//! The machine through its public face: a story for every sentence of the protocol, and random exploration of many
//! machines, liars among them.

mod byzantine;
mod cast;
mod charge;
mod codec;
mod explore;
mod random;
mod stories;
mod verify;
mod world;
