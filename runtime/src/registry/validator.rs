//! A validator: three keys of three purposes, and where it listens.

use parity_scale_codec::{Decode, Encode, Error as CodecError, Input};
use scale_info::TypeInfo;
use tierchain_primitives::crypto::{Signature, verify_strict};
use tierchain_primitives::limits::VALIDATORS_MAX;
use tierchain_primitives::{AccountId, H256};

use super::error::Error;
use crate::bounded;
use crate::genesis::{NAME_BYTES_MAX, PEER_ID_BYTES_MAX};

/// Most addresses of one validator.
pub const ADDRESSES_MAX: usize = 4;
/// Most bytes of one address.
pub const ADDRESS_BYTES_MAX: usize = 256;
/// Fewest validators of a network that survives a fault. A development network has one, and stays with one.
pub const VALIDATORS_MIN: usize = 4;

/// What a peer id of an ed25519 key begins with: multihash `identity` of 36 bytes; protobuf field 1 = Ed25519, field
/// 2 = 32 bytes. The key follows.
const PEER_ID_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// First bytes of what a new consensus key signs. No pallet has the index `b't'`, so it is no extrinsic's payload.
const POSSESSION_DOMAIN: &[u8; 22] = b"tierchain/possession/1";

/// A validator: three keys, three files.
#[derive(Clone, PartialEq, Eq, Debug, Encode, TypeInfo)]
pub struct Validator {
    /// Its name for people.
    pub name: String,
    /// The account of who runs it.
    pub operator: AccountId,
    /// The key it votes with.
    pub consensus: AccountId,
    /// The bytes of its libp2p peer id.
    pub peer_id: Vec<u8>,
    /// Where it listens: multiaddresses in their text form, as `/ip4/192.0.2.7/tcp/10044`.
    pub addresses: Vec<String>,
}

impl Decode for Validator {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        Ok(Self {
            name: bounded::text(input, NAME_BYTES_MAX)?,
            operator: AccountId::decode(input)?,
            consensus: AccountId::decode(input)?,
            peer_id: bounded::bytes(input, PEER_ID_BYTES_MAX)?,
            addresses: bounded::list::<Address, _>(input, ADDRESSES_MAX)?.into_iter().map(|text| text.0).collect(),
        })
    }
}

/// An address on its way in, so that a list of them is bounded in both directions.
struct Address(String);

impl Decode for Address {
    fn decode<I: Input>(input: &mut I) -> Result<Self, CodecError> {
        bounded::text(input, ADDRESS_BYTES_MAX).map(Self)
    }
}

impl Validator {
    /// Whether everything in it has its form, so that the other nodes can show, admit and dial it.
    ///
    /// # Errors
    /// Which part hasn't.
    pub(crate) fn check_form(&self) -> Result<(), Error> {
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            return Err(Error::BadName);
        }
        let key = peer_key(&self.peer_id).ok_or(Error::BadPeerId)?;
        if self.addresses.is_empty() || !self.addresses.iter().all(|address| is_address(address)) {
            return Err(Error::BadAddress);
        }
        let keys = [key, self.operator, self.consensus];
        if keys[0] == keys[1] || keys[0] == keys[2] || keys[1] == keys[2] {
            return Err(Error::KeyHasOtherUse);
        }
        Ok(())
    }
}

/// Whether a set of so many validators may follow one of `before`.
///
/// # Errors
/// Which bound it breaks.
pub(crate) fn check_count(count: usize, before: usize) -> Result<(), Error> {
    if count > VALIDATORS_MAX {
        return Err(Error::TooManyValidators);
    }
    // A development network goes on with its one validator, and can change that one's key.
    if count < VALIDATORS_MIN && count != before { Err(Error::TooFewValidators) } else { Ok(()) }
}

/// The key within a peer id of an ed25519 key.
pub(super) fn peer_key(peer_id: &[u8]) -> Option<AccountId> {
    peer_id.strip_prefix(&PEER_ID_PREFIX)?.try_into().ok().map(AccountId)
}

/// The peer id of an ed25519 key.
pub(super) fn peer_id_of(key: &AccountId) -> Vec<u8> {
    [&PEER_ID_PREFIX[..], &key.0].concat()
}

/// Whether this is a multiaddress that a node can be reached at: a host, a carrier and a port.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let mut parts = text.split('/');
    let starts = parts.next() == Some("");
    let host = parts.next().is_some_and(|name| ["ip4", "ip6", "dns", "dns4", "dns6"].contains(&name));
    let named = parts.next().is_some_and(|value| !value.is_empty());
    let carrier = parts.next().is_some_and(|name| ["tcp", "udp"].contains(&name));
    let port = parts.next().is_some_and(|value| value.parse::<u16>().is_ok());
    starts && host && named && carrier && port && text.len() <= ADDRESS_BYTES_MAX
}

/// What a new consensus key signs to show that somebody holds it, and for whom:
/// `"tierchain/possession/1" ‖ genesis hash ‖ consensus key ‖ operator`.
#[must_use]
pub fn possession_bytes(genesis: &H256, consensus: &AccountId, operator: &AccountId) -> Vec<u8> {
    [&POSSESSION_DOMAIN[..], &genesis.0, &consensus.0, &operator.0].concat()
}

/// Passes a proof of possession. It is strict, as all that a consensus key signs: a key of small order has none.
pub(crate) fn check_possession(
    genesis: &H256,
    consensus: &AccountId,
    operator: &AccountId,
    proof: &Signature,
) -> Result<(), Error> {
    let holds = verify_strict(consensus, &possession_bytes(genesis, consensus, operator), proof);
    if holds { Ok(()) } else { Err(Error::NoPossession) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validator() -> Validator {
        Validator {
            name: "eve".to_owned(),
            operator: AccountId([1; 32]),
            consensus: AccountId([2; 32]),
            peer_id: [&PEER_ID_PREFIX[..], &[3; 32]].concat(),
            addresses: vec!["/ip4/192.0.2.7/tcp/10044".to_owned()],
        }
    }

    /// Asserts what a good validator, spoilt, is refused with.
    fn check(spoil: impl FnOnce(&mut Validator), expected: Result<(), Error>) {
        let mut validator = validator();
        spoil(&mut validator);
        assert_eq!(validator.check_form(), expected);
    }

    #[test]
    fn each_part_has_its_form() {
        check(|_| {}, Ok(()));
        check(|it| it.name = "\u{7}".to_owned(), Err(Error::BadName));
        check(|it| it.name = " ".to_owned(), Err(Error::BadName));
        check(|it| it.peer_id = vec![0x13; 38], Err(Error::BadPeerId));
        check(|it| it.peer_id.push(0), Err(Error::BadPeerId));
        check(|it| it.addresses.clear(), Err(Error::BadAddress));
        check(|it| it.addresses.push("localhost:10044".to_owned()), Err(Error::BadAddress));
        check(|it| it.operator = it.consensus, Err(Error::KeyHasOtherUse));
        check(|it| it.operator = AccountId([3; 32]), Err(Error::KeyHasOtherUse));
        check(|it| it.consensus = AccountId([3; 32]), Err(Error::KeyHasOtherUse));
    }

    #[test]
    fn it_decodes_to_itself_within_its_limits() {
        let whole = validator();
        assert_eq!(Validator::decode(&mut whole.encode().as_slice()), Ok(whole.clone()));
        let crowded = Validator { addresses: vec![whole.addresses[0].clone(); ADDRESSES_MAX + 1], ..whole.clone() };
        assert!(Validator::decode(&mut crowded.encode().as_slice()).is_err());
        let long = Validator { addresses: vec!["x".repeat(ADDRESS_BYTES_MAX + 1)], ..whole };
        assert!(Validator::decode(&mut long.encode().as_slice()).is_err());
    }

    #[test]
    fn a_set_is_of_4_to_100_or_stays_as_small_as_it_is() {
        let refused = |count, before| check_count(count, before).err();
        assert_eq!([refused(4, 5), refused(100, 99), refused(1, 1)], [None; 3]);
        let few = Some(Error::TooFewValidators);
        assert_eq!([refused(3, 4), refused(2, 1), refused(0, 1), refused(1, 4)], [few; 4]);
        assert_eq!(refused(101, 100), Some(Error::TooManyValidators));
    }

    #[test]
    fn an_address_has_host_carrier_and_port() {
        for good in ["/ip4/192.0.2.7/tcp/10044", "/dns/v1.example/udp/1/quic-v1", "/ip6/::1/tcp/0"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "/", "/ip4//tcp/1", "/ip4/1.2.3.4/tcp/70000", "/ip4/1.2.3.4/ws/1", "ip4/1.2.3.4/tcp/1"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
