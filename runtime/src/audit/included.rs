//! The signed extrinsics behind the blocks: what each writer's own key stands for.

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_primitives::crypto::verify_zip215;
use tierchain_primitives::extrinsic::RuntimeVersions;
use tierchain_primitives::header::Header;
use tierchain_primitives::inclusion::Inclusion;
use tierchain_primitives::ledger::{BirthRequest, EntityBlock, EntityTx, EventKind};
use tierchain_primitives::limits::EXTRINSIC_BYTES_MAX;
use tierchain_primitives::{BlockNumber, H256};

use super::anchor::Link;
use super::refusal::{Place, Refusal, ensure, ensure_equal};
use crate::call::Call;
use crate::check::{Checked, check as check_bytes};
use crate::version::VERSIONS;
use crate::{bounded, chains};

/// Most extrinsics of a file.
const EXTRINSICS_MAX: usize = 4_000_000;

/// An extrinsic with all that is needed to check its signature and that it stands in its block.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct Included {
    /// The block that includes it.
    #[codec(compact)]
    pub block: BlockNumber,
    /// The extrinsic as it stands there.
    pub bytes: Vec<u8>,
    /// The way to the block's `extrinsics_root`.
    pub inclusion: Inclusion,
    /// The versions that its signature covers.
    pub versions: RuntimeVersions,
    /// Hash of its era's birth block, which its signature covers.
    pub birth: H256,
}

impl Decode for Included {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        Ok(Self {
            block: Compact::<BlockNumber>::decode(input)?.0,
            bytes: bounded::bytes(input, EXTRINSIC_BYTES_MAX)?,
            inclusion: Inclusion::decode(input)?,
            versions: RuntimeVersions::decode(input)?,
            birth: H256::decode(input)?,
        })
    }
}

/// Extrinsics on their way in.
pub(super) struct Includeds(pub(super) Vec<Included>);

impl Decode for Includeds {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        bounded::list(input, EXTRINSICS_MAX).map(Self)
    }
}

/// Reads a signed extrinsic and checks its signature.
pub(super) fn signed(
    place: &Place,
    bytes: &[u8],
    versions: RuntimeVersions,
    genesis: &H256,
    birth: &H256,
) -> Result<Checked, Refusal> {
    if versions.transaction != VERSIONS.transaction {
        let (found, known) = (versions.transaction, VERSIONS.transaction);
        let reason = format!(
            "it is signed for calls of version {found}, and version {known} is known here: check the file with a tierchain \
             whose transaction version is {found}"
        );
        return Err(Refusal::at(place.clone(), reason));
    }
    let checked = check_bytes(bytes).map_err(|error| Refusal::at(place.clone(), error))?;
    ensure(
        checked.extrinsic.verify(versions, genesis, birth),
        place.clone(),
        "its signature doesn't hold on the chain with this genesis",
    )?;
    Ok(checked)
}

/// Checks that these are the extrinsics of these blocks, each in its place and signed, and that each block says what
/// was signed.
pub(super) fn check(
    extrinsics: &[Included],
    links: &[Link],
    blocks: &[EntityBlock],
    genesis: &H256,
) -> Result<(), Refusal> {
    let mut opened: Vec<(&Included, Checked)> = Vec::new();
    for (at, one) in extrinsics.iter().enumerate() {
        let place = Place::Extrinsic(at);
        let checked = signed(&place, &one.bytes, one.versions, genesis, &one.birth)?;
        let header = header_of(links, one.block).ok_or_else(|| Refusal::at(place.clone(), "no header of its block"))?;
        let reason = format!("it doesn't stand in block {}", one.block);
        ensure(one.inclusion.root(&one.bytes) == Some(header.extrinsics_root), place, reason)?;
        opened.push((one, checked));
    }
    let mut used = 0;
    for block in blocks {
        let name = block.tx.extrinsic;
        // Blocks name their extrinsics in the file's order, so it is the next one or one of those before.
        let at = match opened[..used].iter().rposition(|(_, checked)| checked.hash == name) {
            Some(at) => at,
            None if opened.get(used).is_some_and(|(_, checked)| checked.hash == name) => {
                used += 1;
                used - 1
            }
            None => return Err(Refusal::at(Place::Block(block.number), format!("its extrinsic {name} is missing"))),
        };
        let (included, checked) = &opened[at];
        stands_in(block, included, links)?;
        ensure(says(checked, &block.tx, genesis), Place::Block(block.number), "its extrinsic says something else")?;
    }
    ensure(used == opened.len(), Place::Extrinsic(used), "no block of the chain comes from it")
}

/// The block of the network that an entity block names is the extrinsic's.
fn stands_in(block: &EntityBlock, included: &Included, links: &[Link]) -> Result<(), Refusal> {
    let place = || Place::Block(block.number);
    ensure_equal(place(), "its block of the network", &block.tx.block_number, &included.block)?;
    let header = header_of(links, included.block).and_then(|header| header.pre_runtime().ok());
    let time = header.map(|consensus| consensus.timestamp);
    ensure_equal(place(), "the time of its block", &Some(block.tx.block_timestamp), &time)
}

fn header_of(links: &[Link], number: BlockNumber) -> Option<&Header> {
    let at = links.binary_search_by_key(&number, |link| link.header.number).ok()?;
    links.get(at).map(|link| &link.header)
}

/// Whether an extrinsic says what an entity block says that it said.
fn says(checked: &Checked, tx: &EntityTx, genesis: &H256) -> bool {
    let signer = checked.extrinsic.signer;
    match &checked.call {
        Call::Chains(chains::Call::Append { event }) => signer == tx.writer && *event == tx.event,
        Call::Chains(chains::Call::AppendBatch { events }) => signer == tx.writer && events.contains(&tx.event),
        Call::Chains(chains::Call::AppendGuest { reports }) => reports.iter().any(|report| {
            let signed = report.event.guest_signed_bytes(genesis);
            report.event == tx.event && verify_zip215(&tx.writer, &signed, &report.signature)
        }),
        Call::Chains(chains::Call::Birth { request, tracker_signature }) => {
            let EventKind::Born { announcement, previous } = &tx.event.event else { return false };
            let is_born = BirthRequest {
                server: tx.event.server,
                occurred_at: tx.event.occurred_at,
                precision: tx.event.precision,
                evidence: tx.event.evidence,
                previous: *previous,
            };
            let asked_for = verify_zip215(&announcement.tracker, &request.signed_bytes(genesis), tracker_signature);
            signer == tx.writer && *request == is_born && asked_for
        }
        _ => false,
    }
}
