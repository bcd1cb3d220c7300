//! The replica from outside: whole replicas that hear of each other through their effects alone, with the vote log
//! that ships over a disk in memory.

mod censorship;
mod cluster;
mod download;
mod epochs;
mod evidence;
mod evidence_golden;
mod ledger;
mod people;
mod quotas;
mod rejoin;
mod snapshot;
mod snapshot_golden;
mod snapshot_world;
mod stories;
