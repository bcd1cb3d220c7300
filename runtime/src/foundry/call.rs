//! The calls of [`crate::foundry`].

use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;
use tierchain_primitives::H256;

use crate::weights::Weights;

/// What providers ask of the catalog of images.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Call {
    /// A provider approves an image.
    #[codec(index = 0)]
    AddImage {
        /// SHA-256 of its bytes.
        image: H256,
    },
    /// A provider retires an image, for good.
    #[codec(index = 1)]
    RetireImage {
        /// SHA-256 of its bytes.
        image: H256,
    },
}

impl Call {
    pub(crate) fn weight(&self, weights: &Weights) -> u64 {
        weights.plain(self.encoded_size())
    }
}
