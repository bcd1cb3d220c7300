//! The values that errors about images, silence and anchors have no room for.

use tierchain_primitives::H256;
use tierchain_runtime::foundry::{self, Image};
use tierchain_runtime::{Call, chains, meta, query, registry};

use super::values::Failed;

/// What the catalog says of the image that the call is about.
pub(super) fn of_foundry(failed: &Failed<'_>) -> Option<String> {
    let (provider, image) = image_of(failed)?;
    Some(match query::image(failed.state, &provider, &image) {
        None => format!(
            "Provider {provider} has no image {image}; it has {} in all.",
            query::image_count(failed.state, &provider)
        ),
        Some(Image { added_in, retired_in: None }) => {
            format!("Provider {provider} approved image {image} in block {added_in}.")
        }
        Some(Image { retired_in: Some(block), .. }) => {
            format!("Provider {provider} retired image {image} in block {block}.")
        }
    })
}

/// From when on what came too early is due.
pub(super) fn of_silence(failed: &Failed<'_>, error: chains::Error) -> Option<String> {
    let (id, server) = failed.life_record()?;
    let due = match error {
        chains::Error::HostNotSilent => query::suspectable_at(failed.state, &server),
        chains::Error::NotSuspectedLongEnough => query::orphaned_at(failed.state, &server)?,
        _ => return None,
    };
    Some(format!(
        "For server {id} that is from {due} ms on, if its host stays silent; the block is of {} ms.",
        failed.now()
    ))
}

/// From when on somebody else than the host's hypervisor may have an end linked.
pub(super) fn of_meta(failed: &Failed<'_>, error: meta::Error) -> Option<String> {
    let meta::Error::AnchorNotDue = error else { return None };
    let (id, server) = failed.life_record()?;
    let due = query::anchorable_at(failed.state, &server)?;
    Some(format!(
        "The end of server {id} may be linked by any foundry from {due} ms on; the block is of {} ms.",
        failed.now()
    ))
}

/// The provider and the image of a call on the catalog, or of the birth's announcement.
fn image_of(failed: &Failed<'_>) -> Option<(H256, H256)> {
    match failed.call {
        Call::Foundry(foundry::Call::AddImage { image } | foundry::Call::RetireImage { image }) => {
            Some((registry::ACTS_FOR.get(failed.state, &failed.signer)?, *image))
        }
        _ => {
            // Of several announcements nobody but the tracker's signature says which was meant.
            let standing = query::announcements(failed.state, &failed.server()?);
            let [announced] = standing.as_slice() else { return None };
            Some((announced.announcement.ownership.provider, announced.announcement.image))
        }
    }
}
