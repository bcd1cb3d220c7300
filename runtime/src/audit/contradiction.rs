//! A contradiction in a file: two statements of one writer about one number of one server, each signed, and different.
//!
//! Writers number what they say of a server, and say one thing under one number (decision 9). So whoever signed two
//! different events with the same number lied at least once, and this shows it to anybody, knowing nothing but the
//! genesis hash. Whether either of them is on the ledger is another question, which a life's file answers.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_primitives::crypto::verify_zip215;
use tierchain_primitives::extrinsic::RuntimeVersions;
use tierchain_primitives::ledger::{Event, EventKind, GuestReport, ServerId};
use tierchain_primitives::limits::EXTRINSIC_BYTES_MAX;
use tierchain_primitives::{AccountId, H256};

use super::file::{self, Kind, Reader};
use super::included::signed;
use super::refusal::{Place, Refusal, ensure, ensure_equal};
use crate::bounded;
use crate::call::Call;
use crate::chains;

/// One signed statement.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
#[expect(clippy::large_enum_variant, reason = "a file has two statements")]
pub enum Statement {
    /// An extrinsic with an event, alone, in a batch, or late.
    #[codec(index = 0)]
    Extrinsic {
        /// The extrinsic, length prefix included.
        bytes: Vec<u8>,
        /// The versions that its signature covers.
        versions: RuntimeVersions,
        /// Hash of its era's birth block, which its signature covers.
        birth: H256,
        /// Which of its events, from 0.
        #[codec(compact)]
        item: u32,
    },
    /// A report that a tracking application signed.
    #[codec(index = 1)]
    Report {
        /// The tracking application's key.
        tracker: AccountId,
        /// What it signed.
        report: GuestReport,
    },
}

/// Two statements that can't both be true.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ContradictionFile {
    /// One.
    pub first: Statement,
    /// The other.
    pub second: Statement,
}

/// What one statement says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Hash of the extrinsic; none for a tracking application's report.
    pub extrinsic: Option<H256>,
    /// What was signed.
    pub event: Event,
}

/// What a contradiction's file proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContradictionReport {
    /// The chain for which both were signed.
    pub genesis: H256,
    /// Who signed both.
    pub writer: AccountId,
    /// About which server.
    pub server: ServerId,
    /// Under which number.
    pub number: u64,
    /// One statement.
    pub first: Said,
    /// The other.
    pub second: Said,
}

impl Decode for Statement {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(match input.read_byte()? {
            0 => Self::Extrinsic {
                bytes: bounded::bytes(input, EXTRINSIC_BYTES_MAX)?,
                versions: RuntimeVersions::decode(input)?,
                birth: H256::decode(input)?,
                item: Compact::<u32>::decode(input)?.0,
            },
            1 => Self::Report { tracker: AccountId::decode(input)?, report: GuestReport::decode(input)? },
            _ => return Err("a statement of an unknown kind".into()),
        })
    }
}

impl ContradictionFile {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = file::start(Kind::Contradiction);
        self.encode_to(&mut bytes);
        file::finish(bytes)
    }
}

/// Checks a contradiction.
pub(super) fn verify(reader: &mut Reader<'_>, bytes: &[u8], genesis: &H256) -> Result<ContradictionReport, Refusal> {
    let first: Statement = reader.take(&Place::Statement(1))?;
    let second: Statement = reader.take(&Place::Statement(2))?;
    let file = ContradictionFile { first, second };
    reader.end(bytes, &file.to_bytes())?;
    let (writer, first) = open(&file.first, &Place::Statement(1), genesis)?;
    let (other, second) = open(&file.second, &Place::Statement(2), genesis)?;
    let place = || Place::Statement(2);
    ensure_equal(place(), "its writer", &other, &writer)?;
    ensure_equal(place(), "its server", &second.event.server, &first.event.server)?;
    ensure_equal(place(), "its number", &second.event.number, &first.event.number)?;
    ensure(second.event != first.event, place(), "it says the same as statement 1")?;
    let (server, number) = (first.event.server, first.event.number);
    Ok(ContradictionReport { genesis: *genesis, writer, server, number, first, second })
}

/// Who signed a statement, and what it says.
fn open(statement: &Statement, place: &Place, genesis: &H256) -> Result<(AccountId, Said), Refusal> {
    match statement {
        Statement::Extrinsic { bytes, versions, birth, item } => {
            let checked = signed(place, bytes, *versions, genesis, birth)?;
            let event = usize::try_from(*item).ok().and_then(|item| events(&checked.call).get(item));
            let event = event.ok_or_else(|| Refusal::at(place.clone(), format!("it has no event {item}")))?.clone();
            Ok((checked.extrinsic.signer, Said { extrinsic: Some(checked.hash), event }))
        }
        Statement::Report { tracker, report } => {
            let GuestReport { event, signature } = report;
            let is_report = matches!(event.event, EventKind::GuestEvent { .. });
            ensure(is_report, place.clone(), "a tracking application reports guest events only")?;
            let holds = verify_zip215(tracker, &event.guest_signed_bytes(genesis), signature);
            ensure(holds, place.clone(), "its signature doesn't hold on the chain with this genesis")?;
            Ok((*tracker, Said { extrinsic: None, event: event.clone() }))
        }
    }
}

/// The events that a call's signer numbered.
fn events(call: &Call) -> &[Event] {
    match call {
        Call::Chains(chains::Call::Append { event } | chains::Call::Late { event }) => core::slice::from_ref(event),
        Call::Chains(chains::Call::AppendBatch { events }) => events,
        _ => &[],
    }
}
