//! Whether an extrinsic could be included after a block, in Substrate's words: for clients that ask beforehand.
//!
//! It asks what a proposal's check asks (signature, account, nonce, era, weight, quota), over the state of one block. It
//! decides nothing: what is submitted is judged by whoever holds the pool.

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::extrinsic::{Era, Extrinsic, ExtrinsicError};
use tierchain_primitives::limits::{BLOCK_WEIGHT_MAX, NONCE_AHEAD_MAX};
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{BlockNumber, H256};

use crate::check::{CheckError, check};
use crate::version::VERSIONS;
use crate::weights::Weights;
use crate::{chains, registry, system, timestamp};

/// Where an extrinsic comes from. It makes no difference here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum TransactionSource {
    /// It stands in a block.
    #[codec(index = 0)]
    InBlock,
    /// The node made it.
    #[codec(index = 1)]
    Local,
    /// A client sent it.
    #[codec(index = 2)]
    External,
}

/// What a pool needs to know of a valid extrinsic.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ValidTransaction {
    /// Always 0: nobody buys a better place.
    pub priority: u64,
    /// What must be included before: the account's extrinsic with the nonce before, if that is missing.
    pub requires: Vec<Vec<u8>>,
    /// What others may require: account and nonce.
    pub provides: Vec<Vec<u8>>,
    /// For how many blocks it stays valid.
    pub longevity: u64,
    /// Always: every validator may include it.
    pub propagate: bool,
}

/// Why an extrinsic isn't valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum TransactionValidityError {
    /// It can't be included.
    #[codec(index = 0)]
    Invalid(InvalidTransaction),
    /// Not used by us.
    #[codec(index = 1)]
    Unknown(UnknownTransaction),
}

/// Why an extrinsic can't be included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum InvalidTransaction {
    /// It isn't an extrinsic with a call of this runtime.
    #[codec(index = 0)]
    Call,
    /// Not used by us: there are no fees.
    #[codec(index = 1)]
    Payment,
    /// Its nonce is too far ahead to wait.
    #[codec(index = 2)]
    Future,
    /// Its nonce is used up.
    #[codec(index = 3)]
    Stale,
    /// Its signature doesn't hold for this network and runtime version, or isn't ed25519.
    #[codec(index = 4)]
    BadProof,
    /// Its era is over, or begins at a block that isn't known.
    #[codec(index = 5)]
    AncientBirthBlock,
    /// It fits no block, or its account has used up its quota.
    #[codec(index = 6)]
    ExhaustsResources,
    /// Not used by us.
    #[codec(index = 7)]
    Custom(u8),
    /// Not used by us.
    #[codec(index = 8)]
    BadMandatory,
    /// Not used by us.
    #[codec(index = 9)]
    MandatoryValidation,
    /// Its account isn't admitted.
    #[codec(index = 10)]
    BadSigner,
    /// Not used by us.
    #[codec(index = 11)]
    IndeterminateImplicit,
    /// Not used by us.
    #[codec(index = 12)]
    UnknownOrigin,
}

/// Why it isn't known whether an extrinsic is valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum UnknownTransaction {
    /// Not used by us.
    #[codec(index = 0)]
    CannotLookup,
    /// Not used by us.
    #[codec(index = 1)]
    NoUnsignedValidator,
    /// Not used by us.
    #[codec(index = 2)]
    Custom(u8),
}

impl From<InvalidTransaction> for TransactionValidityError {
    fn from(invalid: InvalidTransaction) -> Self {
        Self::Invalid(invalid)
    }
}

/// Whether an extrinsic could be included after the block with the hash `block`, which made this state.
///
/// # Errors
/// Why it could not.
pub fn validate(
    state: &dyn StateRead,
    bytes: &[u8],
    block: H256,
) -> Result<ValidTransaction, TransactionValidityError> {
    let checked = check(bytes).map_err(refused)?;
    let Extrinsic { signer, era, nonce, .. } = checked.extrinsic;
    let account = system::account(state, &signer).ok_or(InvalidTransaction::BadSigner)?;
    if nonce < account.nonce {
        return Err(InvalidTransaction::Stale.into());
    }
    if nonce - account.nonce > NONCE_AHEAD_MAX {
        return Err(InvalidTransaction::Future.into());
    }
    let number = system::NUMBER.get(state).unwrap_or(0);
    let birth = era.birth(number.saturating_add(1));
    let hash_of = |wanted| hash_of(state, wanted, number, block).ok_or(InvalidTransaction::AncientBirthBlock);
    let (genesis, born) = (hash_of(0)?, hash_of(birth)?);
    if !checked.extrinsic.verify(VERSIONS, &genesis, &born) {
        return Err(InvalidTransaction::BadProof.into());
    }
    if checked.weight_at(&Weights::new(chains::parameters(state).block_nonce_bits)) > BLOCK_WEIGHT_MAX {
        return Err(InvalidTransaction::ExhaustsResources.into());
    }
    let quota = account.allowance.quota.unwrap_or_else(|| registry::quota(state));
    let now = timestamp::NOW.get(state).unwrap_or(0);
    if !quota.admits(account.allowance.spent.level_at(now, &quota), checked.call.is_milestone()) {
        return Err(InvalidTransaction::ExhaustsResources.into());
    }
    let tag = |nonce: u32| (signer, nonce).encode();
    let requires = if nonce > account.nonce { vec![tag(nonce - 1)] } else { Vec::new() };
    let longevity = longevity(era, birth, number);
    Ok(ValidTransaction { priority: 0, requires, provides: vec![tag(nonce)], longevity, propagate: true })
}

fn refused(error: CheckError) -> InvalidTransaction {
    match error {
        CheckError::Extrinsic(ExtrinsicError::Scheme(_)) => InvalidTransaction::BadProof,
        CheckError::NonceSpent => InvalidTransaction::Stale,
        CheckError::Extrinsic(_) | CheckError::Call(_) => InvalidTransaction::Call,
    }
}

/// Hash of a block up to this one, the number of which is `number`: its state knows those of its ancestors only.
fn hash_of(state: &dyn StateRead, wanted: BlockNumber, number: BlockNumber, block: H256) -> Option<H256> {
    if wanted == number { Some(block) } else { system::BLOCK_HASH.get(state, &wanted) }
}

/// For how many blocks after `number` it can be included.
fn longevity(era: Era, birth: BlockNumber, number: BlockNumber) -> u64 {
    era.death(birth).map_or(u64::MAX, |death| u64::from(death.saturating_sub(number.saturating_add(1))))
}
