//! Metadata: what this runtime tells Substrate clients about itself, so that they decode and encode unmodified.
//!
//! Each module has one table (`metadata()` in its own file): its name and index, storage, calls, events, errors,
//! constants, and what they mean. Types describe themselves by `scale-info`, derived from what is really encoded. Here
//! the tables become metadata of version 14 (`state_getMetadata`, `Metadata_metadata`) and of version 15
//! (`Metadata_metadata_at_version`), which adds the runtime APIs of [`crate::api`].
//!
//! Clients cache metadata by [`crate::version::VERSIONS`]' `spec`: it moves whenever anything said here does.

mod extrinsic;
pub(crate) mod foreign;
mod known;
mod module;

use std::sync::LazyLock;

use frame_metadata::v15::{CustomMetadata, OuterEnums};
use frame_metadata::{RuntimeMetadataPrefixed, v14, v15};
use parity_scale_codec::Encode;
use scale_info::meta_type;

pub(crate) use self::extrinsic::Described;
pub(crate) use self::module::{Entry, Module};
use crate::call::Call;
use crate::event::RuntimeEvent;
use crate::{api, chains, directives, errors, foundry, meta, registry, system, timestamp};

/// The versions that are served, ascending.
pub const VERSIONS: [u32; 2] = [14, 15];

static V14: LazyLock<Vec<u8>> = LazyLock::new(|| build_v14().encode());
static V15: LazyLock<Vec<u8>> = LazyLock::new(|| build_v15().encode());

/// Metadata of version 14, with its magic number and version in front.
#[must_use]
pub fn v14() -> Vec<u8> {
    V14.clone()
}

/// Metadata of version 15, with its magic number and version in front.
#[must_use]
pub fn v15() -> Vec<u8> {
    V15.clone()
}

/// Metadata of a version; none for one that isn't served.
#[must_use]
pub fn at_version(version: u32) -> Option<Vec<u8>> {
    match version {
        14 => Some(v14()),
        15 => Some(v15()),
        _ => None,
    }
}

/// All modules, in the order of their indices.
pub(crate) fn modules() -> [Module; 7] {
    [
        system::metadata(),
        timestamp::metadata(),
        registry::metadata(),
        chains::metadata(),
        meta::metadata(),
        foundry::metadata(),
        directives::metadata(),
    ]
}

fn build_v14() -> RuntimeMetadataPrefixed {
    let pallets = modules().into_iter().map(Module::into_v14).collect();
    let runtime = meta_type::<foreign::Runtime>();
    let mut metadata = v14::RuntimeMetadataV14::new(pallets, extrinsic::v14(), runtime);
    for v14::PalletMetadata { name, calls, event, error, .. } in &metadata.pallets {
        known::name_enums(&mut metadata.types, name, calls, event, error);
    }
    known::name_types(&mut metadata.types);
    metadata.into()
}

fn build_v15() -> RuntimeMetadataPrefixed {
    let pallets = modules().into_iter().map(Module::into_v15).collect();
    let outer_enums = OuterEnums {
        call_enum_ty: meta_type::<Call>(),
        event_enum_ty: meta_type::<RuntimeEvent>(),
        error_enum_ty: meta_type::<errors::RuntimeError>(),
    };
    let mut metadata = v15::RuntimeMetadataV15::new(
        pallets,
        extrinsic::v15(),
        meta_type::<foreign::Runtime>(),
        api::metadata(),
        outer_enums,
        CustomMetadata { map: Default::default() },
    );
    for v15::PalletMetadata { name, calls, event, error, .. } in &metadata.pallets {
        known::name_enums(&mut metadata.types, name, calls, event, error);
    }
    known::name_types(&mut metadata.types);
    metadata.into()
}
