//! Substrate's types that this runtime describes to clients and hardly ever makes: of an address, a signature or a
//! dispatch error it uses one variant, yet clients look for all of them.

#![expect(dead_code, reason = "described, never made")]

use core::marker::PhantomData;
use std::sync::LazyLock;

use parity_scale_codec::Encode;
use scale_info::build::{Fields, Variants};
use scale_info::{Path, Type, TypeInfo};
use tierchain_primitives::header::DigestItem;
use tierchain_primitives::limits::{BLOCK_BYTES_MAX, BLOCK_WEIGHT_MAX};

use crate::dispatch::{ModuleError, Weight};

/// The runtime as a whole.
#[derive(TypeInfo)]
pub(crate) struct Runtime;

/// An extrinsic as bytes; clients read its parts off the parameters.
#[derive(TypeInfo)]
pub(crate) struct UncheckedExtrinsic<Address, Call, Signature, Extra>(
    Vec<u8>,
    PhantomData<(Address, Call, Signature, Extra)>,
);

/// Who signs an extrinsic. This chain accepts `Id` only.
#[derive(TypeInfo)]
pub(crate) enum MultiAddress<AccountId, AccountIndex> {
    Id(AccountId),
    Index(#[codec(compact)] AccountIndex),
    Raw(Vec<u8>),
    Address32([u8; 32]),
    Address20([u8; 20]),
}

/// The signature of an extrinsic. This chain accepts `Ed25519` only.
#[derive(TypeInfo)]
pub(crate) enum MultiSignature {
    Ed25519([u8; 64]),
    Sr25519([u8; 64]),
    Ecdsa([u8; 65]),
}

/// How long an extrinsic may be included: one byte that says immortal, or two that say period and phase.
pub(crate) struct Era;

static MORTAL: LazyLock<Vec<String>> = LazyLock::new(|| (1..=u8::MAX).map(|low| format!("Mortal{low}")).collect());

impl TypeInfo for Era {
    type Identity = Self;

    fn type_info() -> Type {
        let immortal = Variants::new().variant("Immortal", |variant| variant.index(0));
        let variants = (1..=u8::MAX).zip(MORTAL.iter()).fold(immortal, |variants, (low, name)| {
            let high = || Fields::unnamed().field(|field| field.ty::<u8>());
            variants.variant(name.as_str(), |variant| variant.index(low).fields(high()))
        });
        Type::builder().path(Path::new("Era", module_path!())).variant(variants)
    }
}

/// A header's digest.
#[derive(TypeInfo)]
pub(crate) struct Digest {
    logs: Vec<DigestItem>,
}

/// Why a call failed. This runtime fails with `Module` only.
#[derive(TypeInfo)]
pub(crate) enum DispatchError {
    Other,
    CannotLookup,
    BadOrigin,
    Module(ModuleError),
    ConsumerRemaining,
    NoProviders,
    TooManyConsumers,
    Token(TokenError),
    Arithmetic(ArithmeticError),
    Transactional(TransactionalError),
    Exhausted,
    Corruption,
    Unavailable,
    RootNotAllowed,
}

/// Why something about a token failed. There are no tokens here.
#[derive(TypeInfo)]
pub(crate) enum TokenError {
    FundsUnavailable,
    OnlyProvider,
    BelowMinimum,
    CannotCreate,
    UnknownAsset,
    Frozen,
    Unsupported,
    CannotCreateHold,
    NotExpendable,
    Blocked,
}

/// Why a calculation failed.
#[derive(TypeInfo)]
pub(crate) enum ArithmeticError {
    Underflow,
    Overflow,
    DivisionByZero,
}

/// Why a storage transaction failed.
#[derive(TypeInfo)]
pub(crate) enum TransactionalError {
    LimitReached,
    NoLayer,
}

/// One value per class of calls.
#[derive(Clone, Copy, Encode, TypeInfo)]
pub(crate) struct PerDispatchClass<T> {
    normal: T,
    operational: T,
    mandatory: T,
}

/// How much of a block the calls of one class may take.
#[derive(Clone, Copy, Encode, TypeInfo)]
pub(crate) struct WeightsPerClass {
    base_extrinsic: Weight,
    max_extrinsic: Option<Weight>,
    max_total: Option<Weight>,
    reserved: Option<Weight>,
}

/// How much a block's calls may take.
#[derive(Encode, TypeInfo)]
pub(crate) struct BlockWeights {
    base_block: Weight,
    max_block: Weight,
    per_class: PerDispatchClass<WeightsPerClass>,
}

impl BlockWeights {
    /// One limit for all: an extrinsic may take a whole block.
    pub(crate) fn of_this_runtime() -> Self {
        let none = Weight { ref_time: 0, proof_size: 0 };
        let most = Weight::of_micros(BLOCK_WEIGHT_MAX);
        let class = WeightsPerClass {
            base_extrinsic: none,
            max_extrinsic: Some(most),
            max_total: Some(most),
            reserved: Some(none),
        };
        Self { base_block: none, max_block: most, per_class: PerDispatchClass::all(class) }
    }
}

/// How many bytes a block's extrinsics may have.
#[derive(Encode, TypeInfo)]
pub(crate) struct BlockLength {
    max: PerDispatchClass<u32>,
}

impl BlockLength {
    /// One limit for all.
    pub(crate) fn of_this_runtime() -> Self {
        Self { max: PerDispatchClass::all(u32::try_from(BLOCK_BYTES_MAX).expect("a block has some MiB at most")) }
    }
}

impl<T: Copy> PerDispatchClass<T> {
    fn all(value: T) -> Self {
        Self { normal: value, operational: value, mandatory: value }
    }
}

/// What a read and a write of state cost apart from the call.
#[derive(Encode, TypeInfo)]
pub(crate) struct RuntimeDbWeight {
    read: u64,
    write: u64,
}

impl RuntimeDbWeight {
    /// Nothing: the price of a call covers the records that it touches.
    pub(crate) const INCLUDED: Self = Self { read: 0, write: 0 };
}
