//! What a live host hears of its submitter: each life's milestones once, each errand's decision.

use std::collections::{BTreeMap, BTreeSet};

use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerId;
use tokio::sync::mpsc;

use super::errands::{Decision, ErrandKey};
use super::progress::{Progress, Stage};
use crate::record::LifeId;

/// Something that is final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    /// The ledger knows the server and waits for its birth.
    Announced {
        /// The life.
        life: LifeId,
        /// Which generation it is on the ledger.
        server: ServerId,
        /// End hash of the generation before.
        previous: Option<H256>,
    },
    /// It is born.
    Born {
        /// The life.
        life: LifeId,
        /// Which generation it is on the ledger.
        server: ServerId,
    },
    /// Its end is on the ledger.
    Ended(LifeId),
    /// Its end is linked into its meta-chain.
    Anchored(LifeId),
    /// The ledger won't have it.
    Refused {
        /// The life.
        life: LifeId,
        /// Why.
        reason: String,
    },
    /// An errand is decided.
    Errand(ErrandKey, Decision),
}

/// How far a life has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Milestone {
    Announced,
    Born,
    Ended,
    Anchored,
    Refused,
}

/// What has been told to whom.
#[derive(Debug)]
pub(super) struct Told {
    listener: Option<mpsc::UnboundedSender<Notice>>,
    milestones: BTreeMap<LifeId, Milestone>,
}

impl Told {
    /// Nobody listens.
    pub(super) fn nobody() -> Self {
        Self { listener: None, milestones: BTreeMap::new() }
    }

    /// Somebody listens from now on.
    pub(super) fn to(listener: mpsc::UnboundedSender<Notice>) -> Self {
        Self { listener: Some(listener), milestones: BTreeMap::new() }
    }

    /// Tells what is new of the lives.
    pub(super) fn look<'a>(&mut self, lives: impl Iterator<Item = &'a Progress>) {
        let Some(listener) = &self.listener else { return };
        for life in lives {
            let Some((reached, notice)) = milestone(life) else { continue };
            if self.milestones.get(&life.id).is_none_or(|before| *before < reached) {
                self.milestones.insert(life.id, reached);
                // Whoever has gone needs no news.
                let _ = listener.send(notice);
            }
        }
    }

    /// Nobody will ask for these lives any more.
    pub(super) fn forget(&mut self, lives: &BTreeSet<LifeId>) {
        self.milestones.retain(|life, _| !lives.contains(life));
    }

    /// Tells an errand's decision.
    pub(super) fn errand(&self, key: ErrandKey, decision: Decision) {
        if let Some(listener) = &self.listener {
            let _ = listener.send(Notice::Errand(key, decision));
        }
    }
}

/// The last milestone of a life, which stands for those before.
fn milestone(life: &Progress) -> Option<(Milestone, Notice)> {
    let id = life.id;
    if let Stage::Refused(reason) = &life.stage {
        return Some((Milestone::Refused, Notice::Refused { life: id, reason: reason.clone() }));
    }
    let (server, previous) = life.place?;
    Some(match &life.stage {
        Stage::Announced => (Milestone::Announced, Notice::Announced { life: id, server, previous }),
        // With something late on its way it isn't settled.
        Stage::Born if life.view.as_ref().is_some_and(|view| view.anchored) && life.is_settled() => {
            (Milestone::Anchored, Notice::Anchored(id))
        }
        Stage::Born if life.has_ended() => (Milestone::Ended, Notice::Ended(id)),
        Stage::Born => (Milestone::Born, Notice::Born { life: id, server }),
        Stage::Unplaced | Stage::Unannounced | Stage::Refused(_) => return None,
    })
}
