//! What a replica writes ahead: consensus records, bodies, pooled extrinsics.

use parity_scale_codec::{Decode, Encode, Error, Input};
use tierchain_consensus::Record as ConsensusRecord;
use tierchain_primitives::header::Header;
use tierchain_primitives::{Epoch, H256};

use crate::wire::decode_body;

/// A record of the write-ahead log.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub enum Record {
    /// Consensus said or learnt something that binds this replica.
    #[codec(index = 0)]
    Consensus(ConsensusRecord),
    /// Header and whole body of a block it votes for, or that a quorum vouches for.
    #[codec(index = 1)]
    Block {
        /// Its header.
        header: Header,
        /// Its extrinsics.
        body: Vec<Vec<u8>>,
    },
    /// An extrinsic whose hash was answered to a caller.
    #[codec(index = 2)]
    Pooled {
        /// The extrinsic.
        bytes: Vec<u8>,
        /// Hash of the birth block for which its signature holds.
        birth: H256,
    },
    /// This log takes the place of a lost one: the first record of such a log, repeated in every checkpoint.
    #[codec(index = 3)]
    Rejoin {
        /// What the validator's `registry.rejoin` names.
        challenge: H256,
    },
    /// The replica votes in no epoch below this one any more: in this one, where it has a seat.
    #[codec(index = 4)]
    Epoch(Epoch),
}

impl Decode for Record {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match input.read_byte()? {
            0 => Self::Consensus(ConsensusRecord::decode(input)?),
            1 => Self::Block { header: Header::decode(input)?, body: decode_body(input)? },
            2 => {
                // The log is our own: its framing bounds the record, and the pool took the extrinsic within limits.
                Self::Pooled { bytes: Vec::decode(input)?, birth: H256::decode(input)? }
            }
            3 => Self::Rejoin { challenge: H256::decode(input)? },
            4 => Self::Epoch(Epoch::decode(input)?),
            _ => return Err("a log record of an unknown kind".into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use parity_scale_codec::DecodeAll;

    use super::*;

    #[test]
    fn the_kinds_are_fixed_and_decode_to_themselves() {
        let hash = H256([7; 32]);
        let records = [
            Record::Block { header: crate::fixture::genesis().header, body: vec![vec![1], vec![2, 3]] },
            Record::Pooled { bytes: vec![4], birth: hash },
            Record::Rejoin { challenge: hash },
            Record::Epoch(Epoch(9)),
        ];
        for (record, kind) in records.into_iter().zip(1..) {
            let bytes = record.encode();
            assert_eq!(bytes[0], kind);
            assert_eq!(Record::decode_all(&mut bytes.as_slice()), Ok(record));
        }
        assert!(Record::decode_all(&mut [5u8; 40].as_slice()).is_err());
    }
}
