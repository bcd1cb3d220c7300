//! Tools around local networks: load and its figures, faults and theirs, reports for demos, recordings that a seed
//! makes, a closed loop with its steps.
//!
//! `cluster` starts and stops processes for tests and fault scenarios; whatever a person keeps running is started by
//! `scripts/`. All else only talks to nodes that run.

// Both macros panic when their reader has gone away.
#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

pub mod cluster;
pub mod faults;
pub mod live;
pub mod load;
pub mod nova_log;
pub mod report;
