//! `foundry` (5): the catalog of images. A server is born of an image that its provider has approved.
//!
//! A birth itself is a call of [`crate::chains`], sent by an account with the role of a foundry; here stands what it is
//! checked against. An image is known by the SHA-256 of its bytes. One that is retired stays so: servers that were born
//! of it live on, and none is born of it any more.

mod call;
mod error;

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::H256;
use tierchain_primitives::numbers::BlockNumber;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::storage_key::Hasher;

pub use self::call::Call;
pub use self::error::Error;
use crate::dispatch::DispatchError;
use crate::execute::Context;
use crate::metadata::Module;
use crate::registry::provider_of;
use crate::storage::Map;

/// The module's index.
pub const INDEX: u8 = 5;

/// Most images of one provider, retired ones included.
pub const IMAGES_MAX: u64 = 65_536;

// Storage.

/// Every image that a provider approved, by the provider's id and the image's SHA-256.
pub const IMAGES: Map<(H256, H256), Image> = Map::new("Foundry", "Images", Hasher::Blake2_128Concat);
/// How many images a provider has approved.
pub const IMAGE_COUNT: Map<H256, u64> = Map::new("Foundry", "ImageCount", Hasher::Blake2_128Concat);
/// A provider's images in the order in which they were approved, from 0.
pub const IMAGE_LIST: Map<(H256, u64), H256> = Map::new("Foundry", "ImageList", Hasher::Blake2_128Concat);

/// An image of the catalog.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Image {
    /// The network's block that approved it.
    #[codec(compact)]
    pub added_in: BlockNumber,
    /// The network's block that retired it, if one did.
    pub retired_in: Option<BlockNumber>,
}

// Events.

/// What this module reports.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Event {
    /// A provider approves an image: servers may be born of it.
    #[codec(index = 0)]
    ImageAdded {
        /// The provider.
        provider: H256,
        /// The image's SHA-256.
        image: H256,
    },
    /// A provider retires an image: no server is born of it any more.
    #[codec(index = 1)]
    ImageRetired {
        /// The provider.
        provider: H256,
        /// The image's SHA-256.
        image: H256,
    },
    /// The image is approved already: nothing changed.
    #[codec(index = 2)]
    RepeatIgnored {
        /// The provider.
        provider: H256,
        /// The image's SHA-256.
        image: H256,
    },
}

// Errors: error.rs.

// Metadata.

/// What clients are told about this module.
pub(crate) fn metadata() -> Module {
    let storage = [
        IMAGES.entry("Every image that a provider approved, by the provider's id and the image's SHA-256."),
        IMAGE_COUNT.entry("How many images a provider has approved.").or(&0u64),
        IMAGE_LIST.entry("A provider's images in the order in which they were approved, from 0."),
    ];
    Module::new(INDEX, "Foundry", "The catalog of images: of what servers may be born.")
        .storage(storage)
        .calls::<Call>()
        .events::<Event>()
        .errors::<Error>()
        .constant("ImagesMax", &IMAGES_MAX, "Most images of one provider, retired ones included.")
}

// Calls.

/// Executes a call.
pub(crate) fn dispatch(context: &mut Context<'_>, call: &Call) -> Result<(), DispatchError> {
    match call {
        Call::AddImage { image } => add(context, *image),
        Call::RetireImage { image } => retire(context, *image),
    }
}

/// Approves an image.
///
/// - The signer is a provider's own account, and the image becomes that provider's.
/// - It isn't the zero that stands for "unknown", nor a retired one; one that is approved already is a repeat.
fn add(context: &mut Context<'_>, image: H256) -> Result<(), DispatchError> {
    let provider = provider_of(&context.state, &context.signer)?;
    if image == H256::ZERO {
        return Err(Error::ZeroImage.into());
    }
    match IMAGES.get(&context.state, &(provider, image)) {
        Some(Image { retired_in: Some(_), .. }) => return Err(Error::ImageRetired.into()),
        Some(_) => {
            context.report(Event::RepeatIgnored { provider, image });
            return Ok(());
        }
        None => {}
    }
    let place = IMAGE_COUNT.get(&context.state, &provider).unwrap_or(0);
    if place >= IMAGES_MAX {
        return Err(Error::TooManyImages.into());
    }
    let (state, added_in) = (&mut context.state, context.block.header.number);
    IMAGES.put(state, &(provider, image), &Image { added_in, retired_in: None });
    IMAGE_LIST.put(state, &(provider, place), &image);
    IMAGE_COUNT.put(state, &provider, &(place + 1));
    context.report(Event::ImageAdded { provider, image });
    Ok(())
}

/// Retires an image, for good.
///
/// - The signer is the provider's own account.
/// - The image is approved, and not retired yet.
fn retire(context: &mut Context<'_>, image: H256) -> Result<(), DispatchError> {
    let provider = provider_of(&context.state, &context.signer)?;
    let known = IMAGES.get(&context.state, &(provider, image)).ok_or(Error::ImageUnknown)?;
    if known.retired_in.is_some() {
        return Err(Error::AlreadyRetired.into());
    }
    let retired_in = Some(context.block.header.number);
    IMAGES.put(&mut context.state, &(provider, image), &Image { retired_in, ..known });
    context.report(Event::ImageRetired { provider, image });
    Ok(())
}

// Helpers.

/// Passes an image that a server of the provider may be born of. Zero stands for one that its source doesn't know.
pub(crate) fn ensure_image(
    state: &dyn StateRead,
    provider: &H256,
    image: &H256,
    unknown_images: bool,
) -> Result<(), Error> {
    if *image == H256::ZERO && unknown_images {
        return Ok(());
    }
    match IMAGES.get(state, &(*provider, *image)) {
        None => Err(Error::ImageUnknown),
        Some(Image { retired_in: Some(_), .. }) => Err(Error::ImageRetired),
        Some(_) => Ok(()),
    }
}
