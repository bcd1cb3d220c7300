//! Every door that bytes from outside come through, as functions that must hold whatever comes.
//!
//! A target is `fuzz_<name>(&[u8])`: it panics when something is wrong. libFuzzer calls it (`fuzz_targets/`, feature
//! `libfuzzer`), and `tests/corpus.rs` replays what was collected in `corpus/<name>/` on a stable toolchain.

mod api;
mod audit;
mod birth;
// The machine's own test world: its liars and disks are driven by bytes here instead of a seed.
#[allow(dead_code)]
#[path = "../../consensus/tests/it/byzantine.rs"]
mod byzantine;
mod calls;
#[allow(dead_code)]
#[path = "../../consensus/tests/it/cast.rs"]
mod cast;
// The agent is a binary: its vocabulary and its readers are taken from its sources.
#[allow(dead_code)]
#[path = "../../agent/src/channel.rs"]
mod channel;
// The node is a binary: its specification is taken from its sources.
#[allow(dead_code)]
mod chain_spec;
mod decode;
mod evidence;
mod frame;
mod guest;
mod log;
mod machine;
#[allow(dead_code)]
#[path = "../../node/src/peer_id.rs"]
mod peer_id;
mod random;
// JSON-RPC's types need neither its server nor its client.
#[allow(dead_code)]
mod rpc_types;
mod seal;
#[allow(dead_code)]
#[path = "../../agent/src/sighting.rs"]
mod sighting;
mod snapshot;
mod source;
mod text;
#[allow(dead_code)]
#[path = "../../consensus/tests/it/world.rs"]
mod world;

pub use api::fuzz_api;
pub use audit::{fuzz_audit_bundle, fuzz_visits};
pub use birth::fuzz_birth_request;
pub use calls::fuzz_calls;
pub use chain_spec::fuzz_chain_spec;
pub use decode::{
    fuzz_bundle, fuzz_certificate, fuzz_certified_block, fuzz_epoch_proof, fuzz_extrinsic, fuzz_header, fuzz_message,
    fuzz_record, fuzz_sync_message,
};
pub use evidence::{fuzz_evidence, fuzz_lineage, fuzz_topic};
pub use frame::fuzz_frame;
pub use guest::fuzz_channel;
pub use log::{fuzz_log, fuzz_torn_log};
pub use machine::{fuzz_input, fuzz_machine};
pub use rpc_types::fuzz_rpc_types;
pub use seal::fuzz_seal;
pub use snapshot::{fuzz_chunk, fuzz_manifest};
pub use text::{fuzz_account, fuzz_base58, fuzz_libvirt, fuzz_nova, fuzz_process_line, fuzz_secret};

/// A target: its name, and what must hold of any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 34] = [
    ("account", fuzz_account),
    ("api", fuzz_api),
    ("audit_bundle", fuzz_audit_bundle),
    ("base58", fuzz_base58),
    ("birth_request", fuzz_birth_request),
    ("bundle", fuzz_bundle),
    ("calls", fuzz_calls),
    ("certificate", fuzz_certificate),
    ("certified_block", fuzz_certified_block),
    ("chain_spec", fuzz_chain_spec),
    ("channel", fuzz_channel),
    ("chunk", fuzz_chunk),
    ("epoch_proof", fuzz_epoch_proof),
    ("evidence", fuzz_evidence),
    ("extrinsic", fuzz_extrinsic),
    ("frame", fuzz_frame),
    ("header", fuzz_header),
    ("input", fuzz_input),
    ("libvirt", fuzz_libvirt),
    ("lineage", fuzz_lineage),
    ("log", fuzz_log),
    ("machine", fuzz_machine),
    ("manifest", fuzz_manifest),
    ("message", fuzz_message),
    ("nova", fuzz_nova),
    ("process_line", fuzz_process_line),
    ("record", fuzz_record),
    ("rpc_types", fuzz_rpc_types),
    ("seal", fuzz_seal),
    ("secret", fuzz_secret),
    ("sync_message", fuzz_sync_message),
    ("topic", fuzz_topic),
    ("torn_log", fuzz_torn_log),
    ("visits", fuzz_visits),
];
