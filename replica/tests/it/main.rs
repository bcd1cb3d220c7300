//! The replica from outside: whole replicas that hear of each other through their effects alone, with the vote log
//! that ships over a disk in memory.

mod cluster;
mod epochs;
mod ledger;
mod people;
mod rejoin;
mod stories;
