//! The APIs that Substrate clients call by themselves, in Substrate's names, versions and types.

use parity_scale_codec::{Decode, Encode, Error, Input};
use scale_info::{Type, TypeInfo};
use tierchain_primitives::limits::EXTRINSIC_BYTES_MAX;
use tierchain_primitives::{AccountId, H256};

use super::method::{Api, Method};
use crate::check::price;
use crate::dispatch::{DispatchClass, Weight};
use crate::metadata::Described;
use crate::validity::{self, TransactionSource};
use crate::weights::Weights;
use crate::{bounded, chains, metadata, runtime_version, system};

/// Metadata as bytes.
#[derive(Encode, TypeInfo)]
struct OpaqueMetadata(Vec<u8>);

/// What an extrinsic costs.
#[derive(Encode, TypeInfo)]
struct RuntimeDispatchInfo {
    weight: Weight,
    class: DispatchClass,
    partial_fee: u128,
}

/// An extrinsic as bytes, its length prefix included.
struct OpaqueExtrinsic(Vec<u8>);

impl Decode for OpaqueExtrinsic {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self(bounded::bytes(input, EXTRINSIC_BYTES_MAX)?.encode()))
    }
}

impl TypeInfo for OpaqueExtrinsic {
    type Identity = Self;

    fn type_info() -> Type {
        Described::type_info()
    }
}

pub(super) fn apis() -> [Api; 5] {
    [core(), metadata(), account_nonce(), transaction_queue(), transaction_payment()]
}

fn core() -> Api {
    let version = Method::new("version", &[], "The runtime's version.", |_, ()| runtime_version());
    Api::new("Core", 5, "The runtime itself.", vec![version])
}

fn metadata() -> Api {
    let methods = vec![
        Method::new("metadata", &[], "Metadata of version 14.", |_, ()| OpaqueMetadata(metadata::v14())),
        Method::new(
            "metadata_at_version",
            &["version"],
            "Metadata of that version, where it is served.",
            |_, (version,): (u32,)| metadata::at_version(version).map(OpaqueMetadata),
        ),
        Method::new("metadata_versions", &[], "The versions that are served.", |_, ()| metadata::VERSIONS.to_vec()),
    ];
    Api::new("Metadata", 2, "What the runtime says about itself.", methods)
}

fn account_nonce() -> Api {
    let docs = "The nonce of the account's next extrinsic, as this block leaves it.";
    let nonce = Method::new("account_nonce", &["account"], docs, |state, (account,): (AccountId,)| {
        system::account(state, &account).map_or(0, |info| info.nonce)
    });
    Api::new("AccountNonceApi", 1, "Nonces.", vec![nonce])
}

fn transaction_queue() -> Api {
    let docs = "Whether an extrinsic could be included after this block, the hash of which is the last argument.";
    let validate = Method::new(
        "validate_transaction",
        &["source", "tx", "block_hash"],
        docs,
        |state, (_, extrinsic, block): (TransactionSource, OpaqueExtrinsic, H256)| {
            validity::validate(state, &extrinsic.0, block)
        },
    );
    Api::new("TaggedTransactionQueue", 3, "Whether extrinsics are valid.", vec![validate])
}

fn transaction_payment() -> Api {
    let docs = "What an extrinsic costs. The fee is always 0: members carry the network.";
    let info = Method::new("query_info", &["uxt", "len"], docs, |state, (extrinsic, _): (OpaqueExtrinsic, u32)| {
        let weights = Weights::new(chains::parameters(state).block_nonce_bits);
        // What isn't an extrinsic costs nothing: it is never executed.
        let micros = price(&extrinsic.0, &weights).unwrap_or(0);
        RuntimeDispatchInfo { weight: Weight::of_micros(micros), class: DispatchClass::Normal, partial_fee: 0 }
    });
    Api::new("TransactionPaymentApi", 4, "What extrinsics cost.", vec![info])
}
