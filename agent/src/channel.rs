//! The channel between a host's agent and the trackers inside its servers: a Unix socket, one JSON object a line. What is
//! signed or hashed travels as SCALE in hexadecimal digits, so that nobody has to make it anew.

use parity_scale_codec::{DecodeAll, Encode};
use serde::{Deserialize, Serialize};
use tierchain_primitives::ledger::{BirthRequest, GuestReport};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{AccountId, H256};

/// Most bytes of a line: a report has a detail of at most 1,024 bytes, in two digits each.
pub(crate) const LINE_BYTES_MAX: usize = 8 * 1024;

/// What a tracker says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum ToAgent {
    /// Its public key: the first line of a connection.
    Hello {
        /// The key, in hexadecimal digits.
        key: String,
    },
    /// Something it saw.
    Report {
        /// SCALE of a [`GuestReport`].
        report: String,
    },
    /// No foundry has made its birth block yet; they are asked again.
    Waiting {
        /// What each of them says, or why it can't be asked.
        reason: String,
    },
    /// No foundry will make its birth block.
    Unborn {
        /// What the foundry says.
        reason: String,
    },
}

/// What the agent says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum ToGuest {
    /// The server is announced: its birth can be asked for.
    Announced {
        /// Hash of the network's block 0, in hexadecimal digits.
        genesis: String,
        /// SCALE of the [`BirthRequest`] to sign.
        request: String,
        /// Foundries to ask, in this order.
        foundries: Vec<String>,
        /// Whether it is born already.
        born: bool,
        /// The number of its next report, where it came from another host.
        #[serde(default)]
        report: u64,
        /// When its last report there was of.
        #[serde(default)]
        reported: Micros,
    },
    /// All reports below this number are decided.
    Taken {
        /// The number.
        below: u64,
    },
}

impl ToAgent {
    /// A hello with a key.
    pub(crate) fn hello(key: &AccountId) -> Self {
        Self::Hello { key: hex::encode(key.0) }
    }

    /// A report.
    pub(crate) fn report(report: &GuestReport) -> Self {
        Self::Report { report: hex::encode(report.encode()) }
    }
}

impl ToGuest {
    /// That a server is announced.
    pub(crate) fn announced(
        genesis: &H256,
        request: &BirthRequest,
        foundries: &[String],
        born: bool,
        (report, reported): (u64, Micros),
    ) -> Self {
        let (genesis, request) = (hex::encode(genesis.0), hex::encode(request.encode()));
        Self::Announced { genesis, request, foundries: foundries.to_vec(), born, report, reported }
    }
}

/// 32 bytes in hexadecimal digits.
pub(crate) fn bytes32(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// A value as SCALE in hexadecimal digits.
pub(crate) fn scale<T: DecodeAll>(text: &str) -> Option<T> {
    T::decode_all(&mut hex::decode(text).ok()?.as_slice()).ok()
}

/// A line as it is sent.
pub(crate) fn line(message: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(message).expect("these messages have text for keys, and no floats");
    bytes.push(b'\n');
    bytes
}
