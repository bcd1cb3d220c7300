//! Tools around local networks: load and its figures, reports for demos, recordings that a seed makes.
//!
//! Whatever starts and stops processes is in `scripts/`; this crate only talks to nodes that run.

pub mod load;
pub mod nova_log;
pub mod report;
