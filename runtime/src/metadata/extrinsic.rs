//! What an extrinsic is made of: version 4 with five extensions, the names and order of which clients know.

use frame_metadata::v14::SignedExtensionMetadata;
use frame_metadata::{v14, v15};
use scale_info::{MetaType, TypeInfo, meta_type};
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::{AccountId, H256};

use super::foreign::{Era, MultiAddress, MultiSignature, UncheckedExtrinsic};
use crate::call::Call;

/// The only version there is.
const VERSION: u8 = 4;

/// Refuses signatures made for another version of the runtime.
#[derive(TypeInfo)]
pub(crate) struct CheckSpecVersion;

/// Refuses signatures made for another encoding of calls.
#[derive(TypeInfo)]
pub(crate) struct CheckTxVersion;

/// Refuses signatures made for another network.
#[derive(TypeInfo)]
pub(crate) struct CheckGenesis;

/// Refuses what is older than its era.
#[derive(TypeInfo)]
pub(crate) struct CheckMortality(Era);

/// Refuses what isn't the account's next extrinsic.
#[derive(TypeInfo)]
pub(crate) struct CheckNonce(
    #[codec(compact)]
    #[expect(dead_code, reason = "described, never made")]
    Nonce,
);

pub(crate) type Address = MultiAddress<AccountId, ()>;
pub(crate) type Extra = (CheckSpecVersion, CheckTxVersion, CheckGenesis, CheckMortality, CheckNonce);

/// An extrinsic as an argument of a runtime API.
pub(crate) type Described = UncheckedExtrinsic<Address, Call, MultiSignature, Extra>;

/// The extensions: what each adds to the extrinsic, and what to the signed bytes only.
fn extensions() -> Vec<SignedExtensionMetadata> {
    let extension = |identifier: &'static str, ty: MetaType, additional_signed: MetaType| SignedExtensionMetadata {
        identifier,
        ty,
        additional_signed,
    };
    vec![
        extension("CheckSpecVersion", meta_type::<CheckSpecVersion>(), meta_type::<u32>()),
        extension("CheckTxVersion", meta_type::<CheckTxVersion>(), meta_type::<u32>()),
        extension("CheckGenesis", meta_type::<CheckGenesis>(), meta_type::<H256>()),
        extension("CheckMortality", meta_type::<CheckMortality>(), meta_type::<H256>()),
        extension("CheckNonce", meta_type::<CheckNonce>(), meta_type::<()>()),
    ]
}

pub(super) fn v14() -> v14::ExtrinsicMetadata {
    v14::ExtrinsicMetadata { ty: meta_type::<Described>(), version: VERSION, signed_extensions: extensions() }
}

pub(super) fn v15() -> v15::ExtrinsicMetadata {
    let signed_extensions = extensions().into_iter().map(|extension| {
        let SignedExtensionMetadata { identifier, ty, additional_signed } = extension;
        v15::SignedExtensionMetadata { identifier, ty, additional_signed }
    });
    v15::ExtrinsicMetadata {
        version: VERSION,
        address_ty: meta_type::<Address>(),
        call_ty: meta_type::<Call>(),
        signature_ty: meta_type::<MultiSignature>(),
        extra_ty: meta_type::<Extra>(),
        signed_extensions: signed_extensions.collect(),
    }
}
