//! The chain specification, taken from the node's sources: what an operator was sent is believed, or every problem of it
//! is named.

#[path = "../../node/src/chain_spec/document.rs"]
mod document;
#[path = "../../node/src/chain_spec/problem.rs"]
mod problem;
#[path = "../../node/src/chain_spec/resolve.rs"]
mod resolve;
#[path = "../../node/src/chain_spec/sites.rs"]
mod sites;
#[path = "../../node/src/chain_spec/spec.rs"]
mod spec;

use document::{ChainType, Document};
use spec::{ChainSpec, Validator};

/// JSON of a specification. One that is believed makes a block 0, and is legal to the runtime as well.
pub fn fuzz_chain_spec(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Document>(bytes) else { return };
    let again = serde_json::to_vec(&document).expect("it came from JSON");
    assert_eq!(serde_json::from_slice::<Document>(&again).ok().as_ref(), Some(&document), "it says the same again");
    let (spec, problems) = ChainSpec::from_document(&document);
    assert_eq!(spec.is_none(), problems.has_errors(), "it is believed, or an error says why not");
    let Some(spec) = spec else { return };
    assert!(spec.validators.len() >= if document.chain_type == ChainType::Development { 1 } else { 4 });
    assert_eq!(spec.validator_set().len(), spec.validators.len());
    assert!(spec.genesis.check().iter().all(tierchain_runtime::GenesisProblem::is_warning));
    assert_eq!(spec.genesis_hash(), spec.genesis_hash());
}
