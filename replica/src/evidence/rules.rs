//! By which rules a bundle is judged: the runtime of the chain's genesis, proven.
//!
//! Whether an entry of a bundle is an extrinsic, and what its signature covers, depends on the runtime. A chain keeps the
//! one that it began with, whose versions stand in the genesis state under `:code`. Judged by another one's rules an
//! honest validator could be convicted, so evidence of a bundle names its rules, and who has others refuses it.

use parity_scale_codec::{Compact, Decode, DecodeAll, Encode, Error, Input};
use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::RuntimeVersions;
use tierchain_primitives::tree::{Proof, ProofError, leaf_key, value_hash};
use tierchain_runtime::system::CODE_KEY;
use tierchain_runtime::{RuntimeVersion, VERSIONS};

/// Most bytes of what stands under `:code`.
const CODE_BYTES_MAX: usize = 4_096;

/// The runtime of a chain's genesis, with its proof.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct Rules {
    /// What stands under `:code`: Substrate's `RuntimeVersion`.
    pub code: Vec<u8>,
    /// That the genesis state holds it.
    pub proof: Proof,
}

/// Why nobody is judged by these rules here.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RulesError {
    /// The genesis state holds another runtime.
    #[error("the genesis state doesn't hold the runtime that is given with it: {0}")]
    Unproven(#[from] ProofError),
    /// What stands under `:code` isn't a version.
    #[error("what the genesis state holds of its runtime isn't a version of one")]
    NoVersion,
    /// A runtime of other rules than are known here.
    #[error(
        "the chain's runtime has spec version {} and transaction version {}, and the rules of {} and {} are known here: \
         check the bundle with the tierchain of spec version {}", found.spec, found.transaction, known.spec,
        known.transaction, found.spec
    )]
    Other {
        /// Those of the chain.
        found: RuntimeVersions,
        /// Those of this program.
        known: RuntimeVersions,
    },
}

impl Rules {
    /// The storage key of the runtime.
    #[must_use]
    pub fn key() -> &'static [u8] {
        CODE_KEY
    }

    /// The versions of the runtime under a genesis state's root.
    ///
    /// # Errors
    /// The root doesn't prove them, or they are none.
    pub fn versions(&self, state_root: &H256) -> Result<RuntimeVersions, RulesError> {
        self.proof.verify(state_root, &leaf_key(Self::key()), Some(&value_hash(&self.code)))?;
        let version = RuntimeVersion::decode_all(&mut self.code.as_slice()).map_err(|_| RulesError::NoVersion)?;
        Ok(RuntimeVersions { spec: version.spec_version, transaction: version.transaction_version })
    }

    /// Passes the rules that this program knows.
    ///
    /// # Errors
    /// They aren't proven, or they are others.
    pub fn ensure_known(&self, state_root: &H256) -> Result<(), RulesError> {
        match self.versions(state_root)? {
            VERSIONS => Ok(()),
            found => Err(RulesError::Other { found, known: VERSIONS }),
        }
    }
}

impl Decode for Rules {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let count = Compact::<u32>::decode(input)?.0 as usize;
        if count > CODE_BYTES_MAX {
            return Err("a runtime version that is too long".into());
        }
        let mut code = vec![0; count];
        input.read(&mut code)?;
        Ok(Self { code, proof: Proof::decode(input)? })
    }
}
