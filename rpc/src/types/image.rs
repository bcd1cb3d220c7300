//! Images of providers' catalogs.

use serde::{Deserialize, Serialize};

use super::Hash;

/// An image that a provider approved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageInfo {
    /// The provider.
    pub provider: Hash,
    /// SHA-256 of the image.
    pub image: Hash,
    /// The block that approved it.
    pub added_in: u32,
    /// The block that retired it: no server is born of it any more.
    pub retired_in: Option<u32>,
}
