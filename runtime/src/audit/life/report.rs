//! What a life's file proves, and what follows from it.

use tierchain_primitives::ledger::{MetaBlock, ServerId};
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{AccountId, H256};

use crate::audit::anchor::AsOf;
use crate::audit::facts::{CustodyFact, Facts};
use crate::audit::lived::Lived;

/// What a life's file proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LifeReport {
    /// The chain of which it is.
    pub genesis: H256,
    /// The server and which of its lives.
    pub server: ServerId,
    /// As of when.
    pub as_of: AsOf,
    /// What the state says.
    pub facts: Facts,
    /// What the blocks tell.
    pub lived: Lived,
    /// Hash of each block, in order.
    pub hashes: Vec<H256>,
    /// Who wrote how many of the blocks, in the order of their first ones.
    pub writers: Vec<(AccountId, u32)>,
    /// The block that links its end.
    pub meta: Option<MetaBlock>,
    /// How many signed extrinsics were checked; none where the file has none.
    pub extrinsics: Option<u32>,
    /// Bytes of the file.
    pub bytes: usize,
}

/// A time for which nobody says that the server's host was watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unattested {
    /// The host.
    pub host: H256,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
}

impl LifeReport {
    /// Whether the server was in that region all its life: every host that ran it stands there, and every host that it
    /// was to move to. Regions are those that the registry has as of the report's block.
    ///
    /// # Errors
    /// The host that stands elsewhere.
    pub fn never_left(&self, region: &str) -> Result<(), &CustodyFact> {
        let elsewhere = self.facts.hosts.iter().find(|custody| custody.data_center.region != region);
        elsewhere.map_or(Ok(()), Err)
    }

    /// The block in which the chain names a host first.
    #[must_use]
    pub fn named_first(&self, host: &H256) -> u32 {
        self.lived.named_in.iter().find(|(named, _)| named == host).map_or(0, |(_, block)| *block)
    }

    /// Where a host stands.
    #[must_use]
    pub fn custody(&self, host: &H256) -> Option<&CustodyFact> {
        self.facts.hosts.iter().find(|custody| custody.host.id == *host)
    }

    /// The times for which nobody says that the server's host was watched, in order.
    #[must_use]
    pub fn unattested(&self) -> Vec<Unattested> {
        let now = self.as_of.time.saturating_mul(1_000);
        let mut all = Vec::new();
        for stay in &self.lived.stays {
            let (begin, end) = (stay.from, stay.until.unwrap_or(now));
            let Some(custody) = self.custody(&stay.host) else { continue };
            // What is watched lies between `from` and `until`, but for the gaps.
            let (from, until) = custody.attested.map_or((end, end), |it| (it.from, it.until));
            let before = core::iter::once((begin, from));
            let within = custody.gaps.iter().map(|gap| (gap.from, gap.to));
            let after = core::iter::once((until, end));
            for (from, until) in before.chain(within).chain(after) {
                let (from, until) = (from.max(begin), until.min(end));
                if from < until {
                    all.push(Unattested { host: stay.host, from, until });
                }
            }
        }
        all
    }
}
