//! Providers' catalogs of images, as of the newest final block.

use tierchain_primitives::H256;

use crate::types::{ImageInfo, Page};

/// Reads catalogs.
pub trait FoundryBackend: Send + Sync + 'static {
    /// An image of a provider's catalog.
    fn image(&self, provider: &H256, image: &H256) -> Option<ImageInfo>;

    /// At most `count` images of a provider from place `start` on, in the order in which they were approved.
    fn images(&self, provider: &H256, start: u64, count: usize) -> Page<ImageInfo, u64>;
}
