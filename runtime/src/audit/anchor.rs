//! From a state to a quorum: headers that name it, and the certificates that make them final.

use std::collections::BTreeSet;

use parity_scale_codec::{Compact, Decode, Encode, Error, Input};
use tierchain_primitives::certificate::{Certificate, CertificateKind};
use tierchain_primitives::epoch::Epochs;
use tierchain_primitives::header::Header;
use tierchain_primitives::numbers::Millis;
use tierchain_primitives::{BlockNumber, Epoch, H256};

use super::refusal::{Place, Refusal, ensure};

/// Most headers of a file: as many as its blocks can have extrinsics.
const LINKS_MAX: usize = 4_000_000;

/// A block of the network that a file rests on.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Link {
    /// Its header.
    pub header: Header,
    /// A quorum's commits. None where the file's next header is its child's, which makes it final too.
    pub certificate: Option<Certificate>,
}

/// Ascending links on their way in.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub(super) struct Links(pub(super) Vec<Link>);

impl Decode for Links {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let count = Compact::<u32>::decode(input)?.0 as usize;
        if count > LINKS_MAX {
            return Err("more headers than any file needs".into());
        }
        // The count is only announced so far: memory is taken as headers arrive.
        let mut links = Vec::new();
        for _ in 0..count {
            links.push(Link::decode(input)?);
        }
        Ok(Self(links))
    }
}

/// As of when a file speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AsOf {
    /// The block after which the state is proven.
    pub block: BlockNumber,
    /// Its time.
    pub time: Millis,
    /// The certified block whose header names that state.
    pub named_by: BlockNumber,
    /// The epoch whose validators certified it.
    pub epoch: Epoch,
}

/// A state that a quorum stands for.
pub(super) struct Anchor {
    pub(super) state_root: H256,
    pub(super) as_of: AsOf,
}

/// Puts links into the one form that a file has: ascending, none twice, certificates only where no child follows.
#[must_use]
pub(super) fn tidy(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_by_key(|link| link.header.number);
    links.dedup_by_key(|link| link.header.number);
    for at in 1..links.len() {
        if links[at - 1].header.number.checked_add(1) == Some(links[at].header.number) {
            links[at - 1].certificate = None;
        }
    }
    links
}

/// The time of the block after which the state is that the last header names.
pub(super) fn time_of_state(links: &[Link]) -> Result<Millis, Refusal> {
    let last = links.last().ok_or_else(|| Refusal::at(Place::File, "it has no header"))?;
    let named = last.header.pre_runtime().map_err(|error| Refusal::at(Place::Network(last.header.number), error))?;
    let link = links.iter().find(|link| link.header.number == named.executed);
    let consensus = link.and_then(|link| link.header.pre_runtime().ok());
    let missing = || Refusal::at(Place::Network(named.executed), "its header is missing");
    Ok(consensus.ok_or_else(missing)?.timestamp)
}

/// Checks the links: each is final, and they are those of `wanted` blocks, of the block after which the state is
/// proven, and of those up to the one that names that state, which is the last.
pub(super) fn check(
    links: &[Link],
    wanted: &BTreeSet<BlockNumber>,
    genesis: &H256,
    epochs: &Epochs,
) -> Result<Anchor, Refusal> {
    let last = links.last().ok_or_else(|| Refusal::at(Place::File, "it has no header"))?;
    for (at, link) in links.iter().enumerate() {
        is_final(link, links.get(at + 1), genesis, epochs)?;
    }
    let named_by = last.header.number;
    let consensus = last.header.pre_runtime().map_err(|error| Refusal::at(Place::Network(named_by), error))?;
    let block = consensus.executed;
    ensure(block < named_by, Place::Network(named_by), "it names a state that isn't before it")?;
    let mut needed: BTreeSet<BlockNumber> = wanted.clone();
    // Each needs a header in the file, so a range longer than the file is refused before it is walked.
    ensure(
        (named_by - block) as usize <= links.len(),
        Place::Network(block),
        "headers are missing between it and the block that names its state",
    )?;
    needed.extend(block..=named_by);
    let given: BTreeSet<BlockNumber> = links.iter().map(|link| link.header.number).collect();
    if let Some(number) = needed.symmetric_difference(&given).next() {
        let lacks = needed.contains(number);
        let reason = if lacks { "its header is missing" } else { "its header is given and nothing needs it" };
        return Err(Refusal::at(Place::Network(*number), reason));
    }
    let time = time_of_state(links)?;
    let epoch = last.certificate.as_ref().map_or(Epoch(0), |certificate| certificate.epoch);
    Ok(Anchor { state_root: last.header.state_root, as_of: AsOf { block, time, named_by, epoch } })
}

/// Passes a block that its certificate makes final, or the file's next header, whose parent it is.
fn is_final(link: &Link, next: Option<&Link>, genesis: &H256, epochs: &Epochs) -> Result<(), Refusal> {
    let (number, hash) = (link.header.number, link.header.hash());
    let place = || Place::Network(number);
    if let Some(next) = next {
        ensure(number < next.header.number, place(), "its header isn't in order")?;
        if number + 1 == next.header.number {
            ensure(link.certificate.is_none(), place(), "it has a certificate that nothing needs")?;
            return ensure(next.header.parent_hash == hash, place(), "the next block names another parent");
        }
    }
    let certificate = link.certificate.as_ref();
    let certificate = certificate.ok_or_else(|| Refusal::at(place(), "it has no certificate"))?;
    let is_of_it =
        certificate.kind == CertificateKind::Committed && certificate.number == number && certificate.hash == hash;
    ensure(is_of_it, place(), "the certificate given with it isn't its commit certificate")?;
    let set = epochs.certifying(number);
    let set = set.ok_or_else(|| Refusal::at(place(), "the lineage has no validators for it"))?;
    certificate.verify(genesis, set).map_err(|error| Refusal::at(place(), error))
}
