//! The names by which Substrate clients know some of our types: they choose decoders by a type's path.

use frame_metadata::v14::{PalletCallMetadata, PalletErrorMetadata, PalletEventMetadata};
use scale_info::form::PortableForm;
use scale_info::{PortableRegistry, TypeDef};

/// Our path of a type, and the path that clients look for.
const NAMES: &[(&str, &str)] = &[
    // What makes an extrinsic and the three outer enums.
    ("tierchain_runtime::call::Call", "tierchain_runtime::RuntimeCall"),
    ("tierchain_runtime::event::RuntimeEvent", "tierchain_runtime::RuntimeEvent"),
    ("tierchain_runtime::errors::RuntimeError", "tierchain_runtime::RuntimeError"),
    ("tierchain_runtime::metadata::foreign::Runtime", "tierchain_runtime::Runtime"),
    (
        "tierchain_runtime::metadata::foreign::UncheckedExtrinsic",
        "sp_runtime::generic::unchecked_extrinsic::UncheckedExtrinsic",
    ),
    ("tierchain_runtime::metadata::foreign::MultiAddress", "sp_runtime::multiaddress::MultiAddress"),
    ("tierchain_runtime::metadata::foreign::MultiSignature", "sp_runtime::MultiSignature"),
    ("tierchain_runtime::metadata::foreign::Era", "sp_runtime::generic::era::Era"),
    (
        "tierchain_runtime::metadata::extrinsic::CheckSpecVersion",
        "frame_system::extensions::check_spec_version::CheckSpecVersion",
    ),
    (
        "tierchain_runtime::metadata::extrinsic::CheckTxVersion",
        "frame_system::extensions::check_tx_version::CheckTxVersion",
    ),
    ("tierchain_runtime::metadata::extrinsic::CheckGenesis", "frame_system::extensions::check_genesis::CheckGenesis"),
    (
        "tierchain_runtime::metadata::extrinsic::CheckMortality",
        "frame_system::extensions::check_mortality::CheckMortality",
    ),
    ("tierchain_runtime::metadata::extrinsic::CheckNonce", "frame_system::extensions::check_nonce::CheckNonce"),
    // Values.
    ("tierchain_primitives::account::AccountId", "sp_core::crypto::AccountId32"),
    ("tierchain_primitives::hash::H256", "primitive_types::H256"),
    // The frame's own records.
    ("tierchain_primitives::header::DigestItem", "sp_runtime::generic::digest::DigestItem"),
    ("tierchain_runtime::metadata::foreign::Digest", "sp_runtime::generic::digest::Digest"),
    ("tierchain_runtime::system::AccountInfo", "frame_system::AccountInfo"),
    ("tierchain_runtime::event::Phase", "frame_system::Phase"),
    ("tierchain_runtime::version::RuntimeVersion", "sp_version::RuntimeVersion"),
    ("tierchain_runtime::metadata::foreign::BlockWeights", "frame_system::limits::BlockWeights"),
    ("tierchain_runtime::metadata::foreign::WeightsPerClass", "frame_system::limits::WeightsPerClass"),
    ("tierchain_runtime::metadata::foreign::BlockLength", "frame_system::limits::BlockLength"),
    ("tierchain_runtime::metadata::foreign::PerDispatchClass", "frame_support::dispatch::PerDispatchClass"),
    ("tierchain_runtime::metadata::foreign::RuntimeDbWeight", "sp_weights::RuntimeDbWeight"),
    ("tierchain_runtime::dispatch::Weight", "sp_weights::weight_v2::Weight"),
    ("tierchain_runtime::dispatch::DispatchInfo", "frame_support::dispatch::DispatchInfo"),
    ("tierchain_runtime::dispatch::DispatchClass", "frame_support::dispatch::DispatchClass"),
    ("tierchain_runtime::dispatch::Pays", "frame_support::dispatch::Pays"),
    ("tierchain_runtime::dispatch::ModuleError", "sp_runtime::ModuleError"),
    ("tierchain_runtime::metadata::foreign::DispatchError", "sp_runtime::DispatchError"),
    ("tierchain_runtime::metadata::foreign::TokenError", "sp_runtime::TokenError"),
    ("tierchain_runtime::metadata::foreign::ArithmeticError", "sp_arithmetic::ArithmeticError"),
    ("tierchain_runtime::metadata::foreign::TransactionalError", "sp_runtime::TransactionalError"),
    // Arguments and answers of the standard runtime APIs; in version 15 only.
    ("tierchain_runtime::api::standard::OpaqueMetadata", "sp_core::OpaqueMetadata"),
    ("tierchain_runtime::api::standard::RuntimeDispatchInfo", "pallet_transaction_payment::types::RuntimeDispatchInfo"),
    ("tierchain_runtime::validity::TransactionSource", "sp_runtime::transaction_validity::TransactionSource"),
    ("tierchain_runtime::validity::ValidTransaction", "sp_runtime::transaction_validity::ValidTransaction"),
    (
        "tierchain_runtime::validity::TransactionValidityError",
        "sp_runtime::transaction_validity::TransactionValidityError",
    ),
    ("tierchain_runtime::validity::InvalidTransaction", "sp_runtime::transaction_validity::InvalidTransaction"),
    ("tierchain_runtime::validity::UnknownTransaction", "sp_runtime::transaction_validity::UnknownTransaction"),
];

/// Gives the types their known names.
pub(super) fn name_types(types: &mut PortableRegistry) {
    for known in &mut types.types {
        let path = &mut known.ty.path.segments;
        let ours = path.join("::");
        if let Some((_, theirs)) = NAMES.iter().find(|(name, _)| *name == ours) {
            *path = theirs.split("::").map(str::to_owned).collect();
        }
    }
}

/// Names a module's calls, events and errors as clients expect it of a pallet: `pallet_x::pallet::Call`. The Python
/// clients take a shorter path for one of the outer enums.
pub(super) fn name_enums(
    types: &mut PortableRegistry,
    module: &str,
    calls: &Option<PalletCallMetadata<PortableForm>>,
    events: &Option<PalletEventMetadata<PortableForm>>,
    errors: &Option<PalletErrorMetadata<PortableForm>>,
) {
    let pallet = match module {
        "System" => "frame_system".to_owned(),
        other => format!("pallet_{}", other.to_lowercase()),
    };
    let enums = [
        ("Call", calls.as_ref().map(|calls| calls.ty.id)),
        ("Event", events.as_ref().map(|events| events.ty.id)),
        ("Error", errors.as_ref().map(|errors| errors.ty.id)),
    ];
    for (name, id) in enums {
        if let Some(found) = types.types.iter_mut().find(|known| Some(known.id) == id) {
            found.ty.path.segments = vec![pallet.clone(), "pallet".to_owned(), name.to_owned()];
            if let (TypeDef::Variant(calls), "Call") = (&mut found.ty.type_def, name) {
                calls.variants.iter_mut().for_each(|call| call.name = snake_case(&call.name));
            }
        }
    }
}

/// A call is known by a function's name: `append_batch`, not `AppendBatch`.
fn snake_case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for symbol in name.chars() {
        if symbol.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(symbol.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use frame_metadata::RuntimeMetadata;

    use super::*;

    /// The paths in metadata of version 15.
    fn paths() -> BTreeSet<String> {
        let RuntimeMetadata::V15(metadata) = super::super::build_v15().1 else { panic!("it is version 15") };
        metadata.types.types.into_iter().map(|known| known.ty.path.segments.join("::")).collect()
    }

    #[test]
    fn every_name_is_used_and_no_type_goes_by_the_other() {
        let paths = paths();
        for (ours, theirs) in NAMES {
            assert!(!paths.contains(*ours), "{ours} kept its name");
            assert!(paths.contains(*theirs), "no type is called {theirs}: take it from the table");
        }
    }

    #[test]
    fn no_type_of_substrate_goes_by_a_name_of_ours() {
        for path in paths() {
            assert!(!path.contains("::foreign::") && !path.starts_with("tierchain_runtime::metadata"), "{path}");
        }
    }
}
