//! Why a call on the catalog fails, or a server can't be born of an image.

use scale_info::{Type, TypeInfo};

use super::INDEX;
use crate::dispatch::DispatchError;
use crate::errors;

/// The errors of [`crate::foundry`]; the number is the wire index, for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// The provider never approved the image.
    ImageUnknown = 0,
    /// The provider has retired the image.
    ImageRetired = 1,
    /// The image is retired already.
    AlreadyRetired = 2,
    /// Zero is no image.
    ZeroImage = 3,
    /// The provider has as many images as one may have.
    TooManyImages = 4,
}

impl Error {
    /// All errors, in wire order.
    pub const ALL: [Self; 5] =
        [Self::ImageUnknown, Self::ImageRetired, Self::AlreadyRetired, Self::ZeroImage, Self::TooManyImages];

    /// The name in the metadata.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ImageUnknown => "ImageUnknown",
            Self::ImageRetired => "ImageRetired",
            Self::AlreadyRetired => "AlreadyRetired",
            Self::ZeroImage => "ZeroImage",
            Self::TooManyImages => "TooManyImages",
        }
    }

    /// What it means and what to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::ImageUnknown => {
                "The server's provider never approved this image; an unknown one (zero) is taken only where genesis says \
                 unknown_images. Have the provider add it with foundry.add_image, then send the birth again."
            }
            Self::ImageRetired => {
                "The provider has retired this image, and a retired image doesn't come back. Announce the server with \
                 another one."
            }
            Self::AlreadyRetired => "The image is retired already, which is all there is to do.",
            Self::ZeroImage => {
                "Zero stands for an image that nobody knows. Add the SHA-256 of the image's bytes instead."
            }
            Self::TooManyImages => {
                "The provider has approved 65,536 images, retired ones included, and no more are kept. Use another \
                 provider id."
            }
        }
    }
}

impl TypeInfo for Error {
    type Identity = Self;

    fn type_info() -> Type {
        errors::type_info(module_path!(), Self::ALL.map(|error| (error as u8, error.name(), error.remedy())))
    }
}

impl From<Error> for DispatchError {
    fn from(error: Error) -> Self {
        Self::module(INDEX, error as u8)
    }
}
