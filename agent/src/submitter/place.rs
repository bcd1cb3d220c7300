//! Which generation of its server a life is: the one with the same birth content, if the ledger has it already.

use tierchain_client::{BLOCKS_MAX, Ledger, LifeView};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{EntityBlock, ServerId};
use tierchain_primitives::numbers::Micros;

use super::Submitter;
use super::progress::{Progress, Stage};
use crate::record::LifeId;

/// What looking for a life found.
enum Found {
    /// The ledger has it.
    Same(LifeView),
    /// It is a new generation.
    Free { generation: u32, previous: Option<H256> },
    /// Another life of the server is open.
    Taken(LifeView),
}

impl<L: Ledger> Submitter<L> {
    /// Finds new lives' generations: the one with the same birth content, else the one after the newest that ended. A
    /// server's later life waits until the end of the earlier one is final.
    pub(super) async fn place(&mut self) {
        let unplaced: Vec<LifeId> = self.lives.values().filter(|life| life.is_unplaced()).map(|life| life.id).collect();
        for id in unplaced {
            match self.life_before(id) {
                None => {}
                Some(before) if before.has_ended() || before.is_over_unborn() || before.has_left() => {}
                Some(Progress { stage: Stage::Refused(reason), .. }) => {
                    let reason = format!("its earlier life was refused: {reason}");
                    self.refuse(id, reason);
                    continue;
                }
                Some(_) => continue,
            }
            let Some(birth) = self.lives.get(&id).map(|life| life.birth.clone()) else { continue };
            let found = self.find(id, birth.occurred_at, birth.evidence).await;
            let me = self.hypervisor.id();
            let written = match &found {
                // As many as the ledger itself can tell from a conflict.
                Found::Same(view) => self.blocks(view.server, view.blocks.saturating_sub(BLOCKS_MAX), BLOCKS_MAX).await,
                Found::Free { .. } | Found::Taken(_) => Vec::new(),
            };
            let Some(life) = self.lives.get_mut(&id) else { continue };
            match found {
                Found::Same(view) => life.find_again(view, written, &me),
                Found::Free { generation, previous } => {
                    life.place(ServerId { uuid: id.uuid, generation }, previous);
                }
                Found::Taken(view) => {
                    life.stage = Stage::Refused(format!(
                        "AlreadyBorn: the ledger has a life {} of this server that was born otherwise and has not \
                         ended; end it first, or replay the recording it came from",
                        view.server
                    ));
                }
            }
        }
    }

    async fn blocks(&mut self, server: ServerId, from: u32, count: u32) -> Vec<EntityBlock> {
        self.ring.ask("a server's blocks", async |ledger: &L| ledger.blocks(server, from, count).await).await
    }

    fn life_before(&self, id: LifeId) -> Option<&Progress> {
        let ordinal = id.ordinal.checked_sub(1)?;
        self.lives.get(&LifeId { ordinal, ..id })
    }

    fn refuse(&mut self, id: LifeId, reason: String) {
        if let Some(life) = self.lives.get_mut(&id) {
            life.stage = Stage::Refused(reason);
        }
    }

    async fn find(&mut self, id: LifeId, occurred_at: Micros, evidence: H256) -> Found {
        let newest = self.ring.ask("a server's newest life", async |ledger: &L| ledger.life(id.uuid, None).await).await;
        let mut candidate = newest.clone();
        while let Some(view) = candidate {
            if view.born == Some(occurred_at) {
                let birth = self.blocks(view.server, 0, 1).await;
                if birth.first().is_some_and(|block| block.tx.event.evidence == evidence) {
                    return Found::Same(view);
                }
            }
            candidate = match view.server.generation.checked_sub(1) {
                Some(generation) => self.view(ServerId { uuid: id.uuid, generation }).await,
                None => None,
            };
        }
        match newest {
            None => Found::Free { generation: 0, previous: None },
            Some(view) if view.born.is_none() => {
                let generation = view.server.generation;
                let previous = match generation.checked_sub(1) {
                    Some(before) => self.view(ServerId { uuid: id.uuid, generation: before }).await,
                    None => None,
                };
                Found::Free { generation, previous: previous.and_then(|view| view.end) }
            }
            Some(view) => match view.end {
                Some(end) => Found::Free { generation: view.server.generation + 1, previous: Some(end) },
                None => Found::Taken(view),
            },
        }
    }
}
