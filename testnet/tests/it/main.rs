//! Whole networks of real processes: what the issue of the main job promises, one file a scenario.
//!
//! Each scenario has a network of its own, in a temporary folder and on ports of its own, and ends its processes by
//! pid. They run one after the other, because a network wants the whole machine. Nothing here waits for a fixed time
//! where it can wait for an outcome; what must *not* happen is watched for some seconds.

mod harness;

mod agent_dies;
mod all_validators_die;
mod attested;
mod audit;
mod audit_tenant;
mod bad_input;
mod bad_start;
mod closed_pipes;
mod directives;
mod epochs;
mod governance;
mod graceful_stop;
mod joins_by_snapshot;
mod live;
mod lying_validator;
mod malformed;
mod moves;
mod nova;
mod observer;
mod one_validator_dies;
mod recording;
mod rejoin;
mod roles;
mod service_check;
mod silent_host;
mod tracked;
mod two_validators_die;
mod witnesses;
mod write_before_speak;
