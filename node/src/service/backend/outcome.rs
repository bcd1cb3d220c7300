//! What became of an extrinsic, in one sentence.

use parity_scale_codec::Decode;
use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_rpc::types::{DispatchError, ExtrinsicState, ExtrinsicStatus, Hash, Inclusion, ItemRefused, U64};
use tierchain_runtime::{EventRecord, ModuleError, Phase, RuntimeEvent, chains, errors, registry, system};

use super::NodeApi;

impl NodeApi {
    /// Everything that is known of an extrinsic.
    pub(super) fn status_of(&self, hash: H256) -> ExtrinsicStatus {
        let included = self.shared.db.extrinsic(&hash);
        match included.filter(|(number, _)| *number <= self.shared.finalized().header.number) {
            Some((number, index)) => self.status_of_included(hash, number, index),
            None => self.status_of_waiting(hash),
        }
    }

    fn status_of_included(&self, hash: H256, number: u32, index: u32) -> ExtrinsicStatus {
        let block_hash = Hash(self.shared.db.hash_of(number).unwrap_or_default());
        let events = self.events_of(number, index);
        let error = events.as_ref().and_then(|events| events.iter().find_map(failure));
        let items_refused: Vec<ItemRefused> = events.iter().flatten().filter_map(refused_item).collect();
        let state = if error.is_some() { ExtrinsicState::Failed } else { ExtrinsicState::Succeeded };
        let explanation = match (&events, &error) {
            (None, _) => {
                format!("It is final in block {number}; its events are no longer kept here: ask an archive node.")
            }
            (_, Some(error)) => format!(
                "It is final in block {number} and failed with {}.{}: {}{} Nothing changed but the signer's nonce.",
                error.pallet,
                error.name,
                error.remedy,
                self.end_of_epoch(error, number)
            ),
            (_, None) if items_refused.is_empty() => format!("It is final in block {number} and was applied."),
            (_, None) => format!(
                "It is final in block {number} and was applied, but for {} of its items: {}.",
                items_refused.len(),
                items_refused
                    .iter()
                    .take(8)
                    .map(|item| format!("item {} ({}, next number {})", item.index, item.error, item.expected.0))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        let included = Some(Inclusion { block_hash, block_number: number, index });
        ExtrinsicStatus { hash: Hash(hash), state, included, error, items_refused, explanation }
    }

    /// For what failed because a change was pending: the block to wait for.
    fn end_of_epoch(&self, error: &DispatchError, number: u32) -> String {
        let pending = || {
            let bytes = self.shared.db.state_at(&registry::PENDING.key(), number).ok()??;
            registry::PendingEpoch::decode(&mut bytes.as_slice()).ok()
        };
        let is_pending = error.pallet == "Registry" && error.name == registry::Error::ChangePending.name();
        let end = if is_pending { pending() } else { None };
        end.map(|pending| format!(" That is block {}.", pending.end)).unwrap_or_default()
    }

    fn events_of(&self, number: u32, index: u32) -> Option<Vec<RuntimeEvent>> {
        let bytes = self.shared.db.state_at(&system::EVENTS.key(), number).ok()??;
        let records = Vec::<EventRecord>::decode(&mut bytes.as_slice()).ok()?;
        let of_this = |record: &EventRecord| record.phase == Phase::ApplyExtrinsic(index);
        Some(records.into_iter().filter(of_this).map(|record| record.event).collect())
    }

    fn status_of_waiting(&self, hash: H256) -> ExtrinsicStatus {
        let db = self.shared.clone();
        let waiting = self.shared.driver.ask(move |replica| {
            let extrinsic = replica.pool().get(&hash)?.extrinsic.clone();
            let known = tierchain_runtime::account(&db.db, &extrinsic.signer).map_or(0, |info| info.nonce);
            Some((extrinsic.nonce, replica.pool().next_nonce(&extrinsic.signer, known)))
        });
        let (state, explanation) = match waiting.flatten() {
            None => (
                ExtrinsicState::Unknown,
                "This node knows nothing of it: it was never accepted here, was dropped, or expired. Send it again."
                    .to_owned(),
            ),
            Some((nonce, next)) => waiting_state(nonce, next),
        };
        ExtrinsicStatus { hash: Hash(hash), state, included: None, error: None, items_refused: Vec::new(), explanation }
    }
}

fn waiting_state(nonce: Nonce, next: Nonce) -> (ExtrinsicState, String) {
    if nonce < next {
        (ExtrinsicState::Ready, "It is in the pool and will be included in one of the next blocks.".to_owned())
    } else {
        let text = format!("It is in the pool and waits for the account's extrinsic with nonce {next}: send that one.");
        (ExtrinsicState::Future, text)
    }
}

fn failure(event: &RuntimeEvent) -> Option<DispatchError> {
    match event {
        RuntimeEvent::System(system::Event::ExtrinsicFailed { dispatch_error, .. }) => {
            Some(describe(dispatch_error.as_module()))
        }
        _ => None,
    }
}

fn refused_item(event: &RuntimeEvent) -> Option<ItemRefused> {
    match event {
        RuntimeEvent::Chains(chains::Event::ItemRefused { index, error, expected }) => {
            Some(ItemRefused { index: *index, error: describe(*error).name, expected: U64(*expected) })
        }
        _ => None,
    }
}

fn describe(error: ModuleError) -> DispatchError {
    let pallet = match error.index {
        registry::INDEX => "Registry",
        chains::INDEX => "Chains",
        tierchain_runtime::meta::INDEX => "Meta",
        _ => "Unknown",
    };
    let (name, remedy) = errors::describe(error).unwrap_or(("Unknown", "Ask a node of a newer version."));
    DispatchError { pallet: pallet.into(), name: name.into(), remedy: remedy.into() }
}
