//! Entity blocks and meta blocks: form, nonce criterion, hash.

use parity_scale_codec::{Compact, Error, Input};

use super::*;
use crate::limits::RELATIONS_DECLARED_MAX;

/// The place of a block in its chain. What happened is in [`EventKind`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen)]
pub enum BlockKind {
    /// Block 0.
    #[codec(index = 0)]
    Birth,
    /// Any block between.
    #[codec(index = 1)]
    State,
    /// The last block, which seals the chain.
    #[codec(index = 2)]
    End,
}

impl BlockKind {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Birth => "Birth",
            Self::State => "State",
            Self::End => "End",
        }
    }
}

/// The transaction of an entity block: the event as signed, and what the ledger adds.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct EntityTx {
    /// Whose account signed the extrinsic.
    pub writer: AccountId,
    /// What was signed.
    pub event: Event,
    /// Hash of the extrinsic that carried it.
    pub extrinsic: H256,
    /// The block of the network that included it.
    pub block_number: BlockNumber,
    /// That block's time.
    pub block_timestamp: Millis,
}

/// A block of a server's own chain.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct EntityBlock {
    /// The chain's name ([`ServerId::chain`]).
    pub chain: H256,
    /// From 0 without gaps.
    pub number: u32,
    /// Its place.
    pub kind: BlockKind,
    /// Hash of the block before; zero in block 0.
    pub prev: H256,
    /// The smallest number that gives [`Self::hash`] its leading zero bits. In APIs `block_nonce`.
    pub nonce: u64,
    /// What happened.
    pub tx: EntityTx,
    /// `SHA-256("tierchain/block/1" ‖ SCALE(block without nonce and hash) ‖ nonce u64 LE)`.
    pub hash: H256,
}

impl EntityBlock {
    /// Makes a block: finds its nonce and its hash. Costs `2^bits` hashes in the mean.
    #[must_use]
    pub fn seal(chain: H256, number: u32, kind: BlockKind, prev: H256, tx: EntityTx, bits: u8) -> Self {
        let (nonce, hash) = find_nonce(b"tierchain/block/1", &(chain, number, kind, prev, &tx).encode(), bits);
        Self { chain, number, kind, prev, nonce, tx, hash }
    }

    /// The hash that this block's contents and nonce have.
    #[must_use]
    pub fn computed_hash(&self) -> H256 {
        let body = (self.chain, self.number, self.kind, self.prev, &self.tx).encode();
        sha256(&[b"tierchain/block/1", &body, &self.nonce.to_le_bytes()])
    }
}

/// How one chain is related to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum RelationKind {
    /// The chain goes on where the other one rolled over, or is the next life of the same server.
    #[codec(index = 0)]
    Predecessor,
    /// The server was created by the other.
    #[codec(index = 1)]
    Parent,
    /// The server was created to share the other's load.
    #[codec(index = 2)]
    ScaledFrom,
    /// The server was moved from the other's place.
    #[codec(index = 3)]
    MovedFrom,
}

impl RelationKind {
    /// The name used in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Predecessor => "Predecessor",
            Self::Parent => "Parent",
            Self::ScaledFrom => "ScaledFrom",
            Self::MovedFrom => "MovedFrom",
        }
    }
}

/// A relation of the chain that a meta block records.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Relation {
    /// Which.
    pub kind: RelationKind,
    /// The other chain's name.
    pub chain: H256,
}

/// A relation that an announcement declares: the ledger names the other life's chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DeclaredRelation {
    /// Which; never [`RelationKind::Predecessor`], which the ledger knows by itself.
    pub kind: RelationKind,
    /// The other life.
    pub server: ServerId,
}

/// What an announcement declares: at most [`RELATIONS_DECLARED_MAX`] relations.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Encode, TypeInfo)]
pub struct Relations(Vec<DeclaredRelation>);

impl Relations {
    /// Takes relations, if they are few enough.
    #[must_use]
    pub fn new(relations: Vec<DeclaredRelation>) -> Option<Self> {
        (relations.len() <= RELATIONS_DECLARED_MAX).then_some(Self(relations))
    }

    /// The relations, in the order in which they were declared.
    pub fn iter(&self) -> impl Iterator<Item = &DeclaredRelation> {
        self.0.iter()
    }
}

impl Decode for Relations {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let count = Compact::<u32>::decode(input)?.0 as usize;
        if count > RELATIONS_DECLARED_MAX {
            return Err("more relations than an announcement may declare".into());
        }
        (0..count).map(|_| DeclaredRelation::decode(input)).collect::<Result<_, _>>().map(Self)
    }
}

/// The transaction of a meta block: a life in short.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct MetaTx {
    /// The chain that ended.
    pub chain: H256,
    /// Of what it was the chain; servers are kind 0.
    pub kind: u8,
    /// Hash of its birth block.
    pub birth_hash: H256,
    /// Hash of its end block, which seals it.
    pub end_hash: H256,
    /// How many blocks it has.
    pub blocks: u32,
    /// When the server was born.
    pub born: Micros,
    /// When it ended.
    pub ended: Micros,
    /// What it consumed.
    pub usage: Usage,
    /// Why it ended.
    pub reason: EndReason,
    /// Chains it is related to; at most 8.
    pub relations: Vec<Relation>,
}

/// A block of a meta-chain, one per chain that ended.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct MetaBlock {
    /// The meta-chain's name ([`Ownership::meta`]).
    pub meta: H256,
    /// From 0 without gaps; a meta-chain has no birth block of its own.
    pub number: u32,
    /// Hash of the meta block before; zero in block 0.
    pub prev: H256,
    /// The smallest number that gives [`Self::hash`] its leading zero bits.
    pub nonce: u64,
    /// Which chain, and its life in short.
    pub tx: MetaTx,
    /// `SHA-256("tierchain/meta/1" ‖ SCALE(block without nonce and hash) ‖ nonce u64 LE)`.
    pub hash: H256,
}

impl MetaBlock {
    /// Makes a block: finds its nonce and its hash.
    #[must_use]
    pub fn seal(meta: H256, number: u32, prev: H256, tx: MetaTx, bits: u8) -> Self {
        let (nonce, hash) = find_nonce(b"tierchain/meta/1", &(meta, number, prev, &tx).encode(), bits);
        Self { meta, number, prev, nonce, tx, hash }
    }

    /// The hash that this block's contents and nonce have.
    #[must_use]
    pub fn computed_hash(&self) -> H256 {
        let body = (self.meta, self.number, self.prev, &self.tx).encode();
        sha256(&[b"tierchain/meta/1", &body, &self.nonce.to_le_bytes()])
    }
}

/// The smallest nonce whose hash has `bits` leading zero bits. The nonce comes last, so that a try costs one
/// compression of SHA-256: the state after the body is cloned.
fn find_nonce(domain: &[u8], body: &[u8], bits: u8) -> (u64, H256) {
    use sha2::{Digest, Sha256};
    let mut start = Sha256::new();
    start.update(domain);
    start.update(body);
    for nonce in 0..=u64::MAX {
        let mut hasher = start.clone();
        hasher.update(nonce.to_le_bytes());
        let hash = H256(hasher.finalize().into());
        if hash.leading_zero_bits() >= u32::from(bits) {
            return (nonce, hash);
        }
    }
    unreachable!("some u64 gives at most {bits} leading zero bits: the chance of none is below 2^-(2^40)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tx() -> EntityTx {
        EntityTx {
            writer: AccountId([1; 32]),
            event: Event {
                server: ServerId { uuid: Uuid([2; 16]), generation: 0 },
                number: 3,
                occurred_at: 4,
                precision: Precision::Event,
                event: EventKind::StateChanged { state: ServerState::Running },
                meter: None,
                evidence: H256([5; 32]),
                detail: Detail::default(),
            },
            extrinsic: H256([6; 32]),
            block_number: 7,
            block_timestamp: 8,
        }
    }

    #[test]
    fn a_sealed_block_has_the_smallest_nonce_for_its_zero_bits() {
        let block = EntityBlock::seal(H256([9; 32]), 1, BlockKind::State, H256([8; 32]), tx(), 8);
        assert_eq!(block.hash, block.computed_hash());
        assert!(block.hash.leading_zero_bits() >= 8);
        for nonce in 0..block.nonce {
            let below = EntityBlock { nonce, ..block.clone() };
            assert!(below.computed_hash().leading_zero_bits() < 8);
        }
    }

    #[test]
    fn no_zero_bits_asked_for_means_nonce_0() {
        let block = EntityBlock::seal(H256([9; 32]), 0, BlockKind::Birth, H256::ZERO, tx(), 0);
        assert_eq!(block.nonce, 0);
    }

    #[test]
    fn more_relations_than_allowed_are_refused_before_they_are_read() {
        let declared =
            DeclaredRelation { kind: RelationKind::Parent, server: ServerId { uuid: Uuid([2; 16]), generation: 0 } };
        let most = Relations::new(vec![declared; RELATIONS_DECLARED_MAX]).expect("as many as allowed");
        assert_eq!(Relations::decode(&mut most.encode().as_slice()), Ok(most));
        assert_eq!(Relations::new(vec![declared; RELATIONS_DECLARED_MAX + 1]), None);
        let announced = Compact(RELATIONS_DECLARED_MAX as u32 + 1).encode();
        assert!(Relations::decode(&mut announced.as_slice()).is_err());
    }

    #[test]
    fn blocks_decode_to_themselves() {
        let block = EntityBlock::seal(H256([9; 32]), 1, BlockKind::State, H256([8; 32]), tx(), 4);
        assert_eq!(EntityBlock::decode(&mut block.encode().as_slice()), Ok(block));
    }
}
