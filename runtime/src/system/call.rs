//! The calls of [`crate::system`].

use parity_scale_codec::{Decode, Encode, Error, Input};
use scale_info::TypeInfo;
use tierchain_primitives::limits::REMARK_BYTES_MAX;

use crate::bounded;
use crate::weights::Weights;

/// What every admitted account may ask for. Wire indices are Substrate's.
#[derive(Clone, PartialEq, Eq, Debug, Encode, TypeInfo)]
pub enum Call {
    /// Puts bytes on the chain, without effect.
    #[codec(index = 0)]
    Remark {
        /// The bytes.
        remark: Vec<u8>,
    },
    /// Puts bytes on the chain and reports their hash.
    #[codec(index = 7)]
    RemarkWithEvent {
        /// The bytes.
        remark: Vec<u8>,
    },
}

impl Call {
    pub(crate) fn weight(&self, weights: &Weights) -> u64 {
        match self {
            Self::Remark { remark } | Self::RemarkWithEvent { remark } => weights.plain(remark.len()),
        }
    }
}

impl Decode for Call {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let index = input.read_byte()?;
        let mut remark = || bounded::bytes(input, REMARK_BYTES_MAX);
        match index {
            0 => Ok(Self::Remark { remark: remark()? }),
            7 => Ok(Self::RemarkWithEvent { remark: remark()? }),
            _ => Err("no such call of system".into()),
        }
    }
}
