//! Providers' catalogs of images, as of the newest final block.

use tierchain_primitives::H256;
use tierchain_rpc::backend::FoundryBackend;
use tierchain_rpc::types::{Hash, ImageInfo, Page};
use tierchain_runtime::foundry::Image;
use tierchain_runtime::query;

use super::NodeApi;
use super::parties::page;

impl FoundryBackend for NodeApi {
    fn image(&self, provider: &H256, image: &H256) -> Option<ImageInfo> {
        let found = query::image(&self.shared.db.view(), provider, image)?;
        Some(info(*provider, *image, found))
    }

    fn images(&self, provider: &H256, start: u64, count: usize) -> Page<ImageInfo, u64> {
        let view = self.shared.db.view();
        let found = query::images(&view, provider, start, count).into_iter();
        let items = found.map(|(image, found)| info(*provider, image, found)).collect();
        page(items, start, query::image_count(&view, provider))
    }
}

fn info(provider: H256, image: H256, found: Image) -> ImageInfo {
    let Image { added_in, retired_in } = found;
    ImageInfo { provider: Hash(provider), image: Hash(image), added_in, retired_in }
}
