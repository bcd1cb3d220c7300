//! The network against itself: real sockets on loopback, one runtime per node, so that dropping the runtime is as
//! sudden as a kill.

mod admission;
mod delivery;
mod gossip;
mod loss;
mod node;
mod stopper;
