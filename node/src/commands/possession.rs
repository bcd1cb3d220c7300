//! `tierchain key prove-possession`: a new consensus key says whose it will be, where the key is and nothing else.

use std::process::ExitCode;

use anyhow::Context;
use serde::Serialize;
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::registry::possession_bytes;

use super::submit::secret_key;
use super::{print, print_json};
use crate::chain_spec::ChainSpec;
use crate::cli::key::ProvePossessionArgs;

/// What `--json` prints.
#[derive(Serialize)]
struct Possession {
    /// The new consensus key.
    consensus: String,
    /// Who runs the validator.
    operator: String,
    /// The chain.
    genesis: String,
    /// The signature.
    proof: String,
}

/// Performs `key prove-possession`.
pub(super) fn prove_possession(args: &ProvePossessionArgs) -> anyhow::Result<ExitCode> {
    let key = secret_key(&args.key)?;
    let genesis = match (&args.chain, args.genesis) {
        (Some(chain), _) => ChainSpec::load(chain)?.genesis_hash(),
        (None, genesis) => genesis.context("--chain FILE or --genesis HASH is needed")?,
    };
    let proof = format!("0x{}", hex::encode(prove(&key, &genesis, &args.operator).0));
    if !args.json {
        return print(&format!("{proof}\n"));
    }
    let (consensus, operator) = (key.public().to_ss58(), args.operator.to_ss58());
    print_json(&Possession { consensus, operator, genesis: genesis.to_string(), proof })
}

/// A consensus key's proof of possession.
pub(super) fn prove(key: &KeyPair, genesis: &H256, operator: &AccountId) -> Signature {
    key.sign(&possession_bytes(genesis, &key.public(), operator))
}
