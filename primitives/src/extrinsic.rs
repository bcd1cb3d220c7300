//! Extrinsics: Substrate's version 4, signed by ed25519.
//!
//! `compact(length) ‖ 0x84 ‖ 0x00 AccountId32 ‖ 0x00 signature[64] ‖ era ‖ compact(nonce) ‖ call`. The extensions are
//! CheckSpecVersion, CheckTxVersion, CheckGenesis, CheckMortality, CheckNonce, in this order.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input, Output};

use crate::account::AccountId;
use crate::crypto::{KeyPair, Signature, verify_zip215};
use crate::hash::{H256, blake2_256};
use crate::limits::EXTRINSIC_BYTES_MAX;
use crate::numbers::BlockNumber;

/// Version 4, signed.
const SIGNED_V4: u8 = 0x84;

/// Nonce of an account: how many extrinsics of its were included.
pub type Nonce = u32;

/// The versions that every signature covers: they move with every change of a call or a type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
pub struct RuntimeVersions {
    /// Changes with the runtime's behaviour.
    pub spec: u32,
    /// Changes with the encoding of calls.
    pub transaction: u32,
}

/// How long an extrinsic may be included.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Era {
    /// For ever.
    Immortal,
    /// In one period of `period` blocks (a power of two from 4 to 65,536) that starts where number % period = phase.
    Mortal {
        /// Length in blocks.
        period: u32,
        /// Start within the period, below it.
        phase: u32,
    },
}

impl Era {
    /// The mortal era of about `period` blocks that holds at `current`.
    #[must_use]
    pub fn mortal(period: u32, current: BlockNumber) -> Self {
        let period = period.clamp(4, 65_536).next_power_of_two().min(65_536);
        let quantize = (period >> 12).max(1);
        let phase = current % period / quantize * quantize;
        Self::Mortal { period, phase }
    }

    /// The first block in which an extrinsic included at `number` could have stood: the one whose hash it signs.
    #[must_use]
    pub fn birth(self, number: BlockNumber) -> BlockNumber {
        match self {
            Self::Immortal => 0,
            Self::Mortal { period, phase } => (number.max(phase) - phase) / period * period + phase,
        }
    }

    /// The first block in which an extrinsic born at `birth` can no longer stand; none for an immortal one.
    #[must_use]
    pub fn death(self, birth: BlockNumber) -> Option<BlockNumber> {
        match self {
            Self::Immortal => None,
            Self::Mortal { period, .. } => birth.checked_add(period),
        }
    }
}

impl Encode for Era {
    fn encode_to<T: Output + ?Sized>(&self, dest: &mut T) {
        match self {
            Self::Immortal => dest.push_byte(0),
            Self::Mortal { period, phase } => {
                let quantize = (period >> 12).max(1);
                let low = (period.trailing_zeros().max(2) - 1).clamp(1, 15) as u16;
                let encoded = low | ((phase / quantize) << 4) as u16;
                encoded.encode_to(dest);
            }
        }
    }
}

impl Decode for Era {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let first = input.read_byte()?;
        if first == 0 {
            return Ok(Self::Immortal);
        }
        let encoded = u32::from(first) + (u32::from(input.read_byte()?) << 8);
        let period = 2u32 << (encoded % 16);
        let quantize = (period >> 12).max(1);
        let phase = (encoded >> 4) * quantize;
        if period >= 4 && phase < period { Ok(Self::Mortal { period, phase }) } else { Err("an invalid era".into()) }
    }
}

/// A signed extrinsic, taken apart. The call stays bytes: the runtime knows how to read it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Extrinsic {
    /// Who signs and whose nonce it uses.
    pub signer: AccountId,
    /// Over [`payload`].
    pub signature: Signature,
    /// How long it may be included.
    pub era: Era,
    /// The account's nonce at inclusion.
    pub nonce: Nonce,
    /// Pallet index, call index, arguments.
    pub call: Vec<u8>,
}

/// Why bytes are no extrinsic of this chain. Each says what to do about it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExtrinsicError {
    /// Longer than the limit.
    #[error("the extrinsic has {found} bytes; at most {EXTRINSIC_BYTES_MAX} are allowed: send fewer events at once")]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// Not of the form of an extrinsic.
    #[error("cannot decode the extrinsic: {0}")]
    Malformed(&'static str),
    /// Another version, or unsigned.
    #[error("the extrinsic's version byte is {0:#04x}; only 0x84 (version 4, signed) is accepted")]
    Version(u8),
    /// An address that isn't an account id.
    #[error("the extrinsic's address is of kind {0}; only MultiAddress::Id (kind 0) is accepted")]
    Address(u8),
    /// A signature of another scheme.
    #[error("the extrinsic is signed with {0}; this chain accepts ed25519 only: make an ed25519 account")]
    Scheme(&'static str),
}

impl Extrinsic {
    /// Reads an extrinsic as it stands in a block, length prefix included.
    ///
    /// # Errors
    /// [`ExtrinsicError`] says which part isn't what this chain accepts.
    pub fn decode(bytes: &[u8]) -> Result<Self, ExtrinsicError> {
        let (signer, scheme, mut input) = opening(bytes)?;
        if scheme != Scheme::Ed25519 {
            return Err(ExtrinsicError::Scheme(scheme.name()));
        }
        let signature =
            Signature::decode(&mut input).map_err(|_| ExtrinsicError::Malformed("it ends within its signature"))?;
        let (era, nonce, call) = closing(input)?;
        Ok(Self { signer, signature, era, nonce, call: call.to_vec() })
    }

    /// The extrinsic as it stands in a block, length prefix included.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(1 + 33 + 65 + 7 + self.call.len());
        body.extend_from_slice(&[SIGNED_V4, 0]);
        self.signer.encode_to(&mut body);
        body.push(0);
        self.signature.encode_to(&mut body);
        self.era.encode_to(&mut body);
        Compact(self.nonce).encode_to(&mut body);
        body.extend_from_slice(&self.call);
        body.encode()
    }

    /// Signs a call: what every client of ours uses.
    #[must_use]
    pub fn sign(
        key: &KeyPair,
        call: Vec<u8>,
        era: Era,
        nonce: Nonce,
        versions: RuntimeVersions,
        genesis: &H256,
        birth: &H256,
    ) -> Self {
        let signature = key.sign(&payload(&call, era, nonce, versions, genesis, birth));
        Self { signer: key.public(), signature, era, nonce, call }
    }

    /// Whether the signature holds for this chain and for the birth block of the era.
    #[must_use]
    pub fn verify(&self, versions: RuntimeVersions, genesis: &H256, birth: &H256) -> bool {
        let message = payload(&self.call, self.era, self.nonce, versions, genesis, birth);
        verify_zip215(&self.signer, &message, &self.signature)
    }
}

/// The call of a signed extrinsic, by whichever scheme it is signed. Clients that ask what a call costs make a signature
/// up, mostly an sr25519 one: a price has no need of it.
///
/// # Errors
/// [`ExtrinsicError`] says which part isn't that of a signed extrinsic.
pub fn call_of(bytes: &[u8]) -> Result<&[u8], ExtrinsicError> {
    let (_, scheme, input) = opening(bytes)?;
    let rest = input.get(scheme.signature_bytes()..);
    let (_, _, call) = closing(rest.ok_or(ExtrinsicError::Malformed("it ends within its signature"))?)?;
    Ok(call)
}

/// The signature schemes that the wire has a kind for. This chain accepts the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scheme {
    Ed25519,
    Sr25519,
    Ecdsa,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sr25519 => "sr25519",
            Self::Ecdsa => "ECDSA",
        }
    }

    fn signature_bytes(self) -> usize {
        match self {
            Self::Ed25519 | Self::Sr25519 => 64,
            Self::Ecdsa => 65,
        }
    }
}

/// An extrinsic up to its signature's kind: who signs, how, and what follows.
fn opening(bytes: &[u8]) -> Result<(AccountId, Scheme, &[u8]), ExtrinsicError> {
    let malformed = ExtrinsicError::Malformed;
    if bytes.len() > EXTRINSIC_BYTES_MAX {
        return Err(ExtrinsicError::TooLong { found: bytes.len() });
    }
    let mut input = bytes;
    let length = Compact::<u32>::decode(&mut input).map_err(|_| malformed("no length prefix"))?.0;
    if length as usize != input.len() {
        return Err(malformed("the length prefix isn't the length of what follows"));
    }
    match u8::decode(&mut input).map_err(|_| malformed("it is empty"))? {
        SIGNED_V4 => {}
        version => return Err(ExtrinsicError::Version(version)),
    }
    match u8::decode(&mut input).map_err(|_| malformed("it ends before its address"))? {
        0 => {}
        kind => return Err(ExtrinsicError::Address(kind)),
    }
    let signer = AccountId::decode(&mut input).map_err(|_| malformed("it ends within its address"))?;
    let scheme = match u8::decode(&mut input).map_err(|_| malformed("it ends before its signature"))? {
        0 => Scheme::Ed25519,
        1 => Scheme::Sr25519,
        2 => Scheme::Ecdsa,
        _ => return Err(malformed("its signature is of an unknown kind")),
    };
    Ok((signer, scheme, input))
}

/// What follows the signature: era, nonce, call.
fn closing(mut input: &[u8]) -> Result<(Era, Nonce, &[u8]), ExtrinsicError> {
    let malformed = ExtrinsicError::Malformed;
    let era = Era::decode(&mut input).map_err(|_| malformed("its era is invalid"))?;
    let nonce = Compact::<Nonce>::decode(&mut input).map_err(|_| malformed("its nonce is invalid"))?.0;
    Ok((era, nonce, input))
}

/// Hash of an extrinsic: BLAKE2b-256 of its bytes, length prefix included.
#[must_use]
pub fn extrinsic_hash(bytes: &[u8]) -> H256 {
    blake2_256(bytes)
}

/// What an extrinsic's signature covers: `call ‖ era ‖ compact(nonce) ‖ spec u32 ‖ transaction u32 ‖ genesis ‖ hash of
/// the birth block` (genesis again for an immortal era); its BLAKE2b-256 if that is longer than 256 bytes.
#[must_use]
pub fn payload(
    call: &[u8],
    era: Era,
    nonce: Nonce,
    versions: RuntimeVersions,
    genesis: &H256,
    birth: &H256,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(call.len() + 7 + 8 + 64);
    bytes.extend_from_slice(call);
    era.encode_to(&mut bytes);
    Compact(nonce).encode_to(&mut bytes);
    (versions.spec, versions.transaction, genesis, birth).encode_to(&mut bytes);
    if bytes.len() > 256 { blake2_256(&bytes).0.to_vec() } else { bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: RuntimeVersions = RuntimeVersions { spec: 1, transaction: 1 };

    fn signed(call: &[u8]) -> Extrinsic {
        let key = KeyPair::from_seed(&[7; 32]);
        let era = Era::mortal(64, 100);
        Extrinsic::sign(&key, call.to_vec(), era, 3, VERSIONS, &H256([1; 32]), &H256([2; 32]))
    }

    #[test]
    fn an_extrinsic_decodes_to_itself_and_verifies() {
        for call in [vec![0, 0, 4, 1], vec![9; 1_000]] {
            let extrinsic = signed(&call);
            assert_eq!(Extrinsic::decode(&extrinsic.encode()), Ok(extrinsic.clone()));
            assert!(extrinsic.verify(VERSIONS, &H256([1; 32]), &H256([2; 32])));
            assert!(!extrinsic.verify(VERSIONS, &H256([1; 32]), &H256([3; 32])));
        }
    }

    #[test]
    fn what_this_chain_does_not_accept_is_named() {
        let good = signed(&[0, 0]).encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            Extrinsic::decode(&bytes)
        };
        // Two bytes of length prefix, then version, address kind, 32 bytes of account, signature kind.
        assert_eq!(with(2, 0x85), Err(ExtrinsicError::Version(0x85)));
        assert_eq!(with(3, 4), Err(ExtrinsicError::Address(4)));
        assert_eq!(with(36, 1), Err(ExtrinsicError::Scheme("sr25519")));
        assert!(matches!(Extrinsic::decode(&good[..good.len() - 1]), Err(ExtrinsicError::Malformed(_))));
        assert!(matches!(Extrinsic::decode(&[]), Err(ExtrinsicError::Malformed(_))));
    }

    #[test]
    fn a_call_is_found_behind_a_signature_of_any_scheme() {
        // Behind two bytes of length prefix: version, address kind, 32 bytes of account, signature kind, signature.
        let body = signed(&[0, 0, 4, 1]).encode()[2..].to_vec();
        let of_kind = |kind: u8, bytes_more: usize| {
            let mut body = body.clone();
            body[34] = kind;
            body.splice(35..35, vec![0; bytes_more]);
            body.encode()
        };
        for (kind, bytes_more) in [(0, 0), (1, 0), (2, 1)] {
            assert_eq!(call_of(&of_kind(kind, bytes_more)), Ok(&[0, 0, 4, 1][..]), "kind {kind}");
        }
        assert!(matches!(call_of(&of_kind(3, 0)), Err(ExtrinsicError::Malformed(_))));
        let cut = body[..80].to_vec().encode();
        assert_eq!(call_of(&cut), Err(ExtrinsicError::Malformed("it ends within its signature")));
        assert!(call_of(&[]).is_err());
    }

    #[test]
    fn eras_encode_as_substrates() {
        // The vectors of Substrate's own documentation: period 64, phase 42 is 0xa502 in memory order.
        let era = Era::Mortal { period: 64, phase: 42 };
        assert_eq!(era.encode(), vec![5 + 42 % 16 * 16, 42 / 16]);
        let long = Era::Mortal { period: 32_768, phase: 20_000 };
        assert_eq!(long.encode(), vec![(14 + 2_500 % 16 * 16) as u8, (2_500 / 16) as u8]);
        for era in [era, long, Era::Immortal] {
            assert_eq!(Era::decode(&mut era.encode().as_slice()), Ok(era));
        }
    }

    #[test]
    fn an_era_is_born_at_its_phase() {
        let era = Era::Mortal { period: 64, phase: 42 };
        assert_eq!(era.birth(10), 42);
        assert_eq!(era.birth(42), 42);
        assert_eq!(era.birth(105), 42);
        assert_eq!(era.birth(106), 106);
        assert_eq!(era.death(42), Some(106));
        assert_eq!(Era::Immortal.birth(9), 0);
    }
}
