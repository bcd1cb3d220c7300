//! The simulator: many replicas, one seed, a bad day.
//!
//! Whole replicas, the very ones that ship, with the vote log that ships, in a dream body: virtual time, a network that
//! loses, doubles, delays and cuts, disks that tear writes and forget what wasn't synced, processes that end between any
//! two effects. Messages travel encoded and are decoded and verified on arrival. First a day with faults, then the
//! network heals and must recover by itself.
//!
//! ```text
//! campaign ── many seeds ── world ── bodies (replica, vote log, database, clocks)
//!    │                        ├───── scene (queue, network, chance, witness)
//!  journal                    ├───── workload (clients)          └── invariants, one property per file
//!                             └───── council (operators who change the set)
//! ```
//!
//! A run is a function of its options: the same seed gives the same run to the byte, so a failure is a command line.
//! Up to f validators lie, each in a way of its own: they are whole replicas whose words are bent on the way out
//! (`adversaries`, one kind per file).

pub mod adversaries;
pub mod body;
pub mod campaign;
pub mod cast;
pub mod client;
pub mod clock;
pub mod council;
pub mod database;
pub mod directory;
pub mod disk;
pub mod event;
pub mod failed;
pub mod faults;
pub mod invariants;
pub mod journal;
pub mod mix;
pub mod network;
pub mod people;
pub mod profile;
pub mod queue;
pub mod random;
pub mod reform;
pub mod scene;
pub mod signing;
pub mod summary;
pub mod trace;
pub mod workload;
pub mod world;
