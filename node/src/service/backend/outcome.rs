//! What became of an extrinsic, in one sentence.

use parity_scale_codec::Decode;
use tierchain_primitives::H256;
use tierchain_primitives::extrinsic::Nonce;
use tierchain_primitives::ports::StateRead;
use tierchain_rpc::types::{
    Departure, DispatchError, ExtrinsicState, ExtrinsicStatus, Hash, Inclusion, ItemRefused, U64,
};
use tierchain_runtime::{EventRecord, ModuleError, Phase, RuntimeEvent, chains, errors, registry, system};

use super::NodeApi;
use super::values::Failed;
use crate::service::departures::{Cause, Departed, Departures};
use crate::service::gaps::next_nonce;
use crate::service::ledger::StateAt;

/// Of how many refused items the sentence says more than that they were refused.
const ITEMS_EXPLAINED_MAX: usize = 8;

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
        let included = Some(Inclusion { block_hash, block_number: number, index });
        let told = |state, explanation| ExtrinsicStatus { included, ..plain(hash, state, explanation) };
        let Some(ended) = self.ended(number, index) else {
            let text =
                format!("It is final in block {number}; its events are no longer kept here: ask an archive node.");
            return told(ExtrinsicState::Succeeded, text);
        };
        let state = if ended.error.is_some() { ExtrinsicState::Failed } else { ExtrinsicState::Succeeded };
        let explanation = ended.explain(number);
        ExtrinsicStatus { error: ended.error, items_refused: ended.items, ..told(state, explanation) }
    }

    /// How an included extrinsic ended; none where its events are no longer kept.
    fn ended(&self, number: u32, index: u32) -> Option<Ended> {
        let state = StateAt::new(&self.shared.db, number);
        let bytes = state.get(&system::EVENTS.key())?;
        let records = Vec::<EventRecord>::decode(&mut bytes.as_slice()).ok()?;
        let of_this = |record: &EventRecord| record.phase == Phase::ApplyExtrinsic(index);
        let events: Vec<_> = records.into_iter().filter(of_this).map(|record| record.event).collect();
        let call =
            self.shared.db.body(number).and_then(|body| tierchain_runtime::check(body.get(index as usize)?).ok());
        let block = self.shared.db.header(number).and_then(|header| header.pre_runtime().ok());
        let failed = |item: Option<usize>| {
            let checked = call.as_ref()?;
            let (signer, call) = (checked.extrinsic.signer, &checked.call);
            Some(Failed { state: &state, block: block?, signer, call, item })
        };
        let mut ended = Ended::default();
        for event in &events {
            if let RuntimeEvent::System(system::Event::ExtrinsicFailed { dispatch_error, .. }) = event {
                let error = dispatch_error.as_module();
                let failed = failed(None);
                let remedy = failed.as_ref().and_then(|failed| failed.remedy(error));
                let described = describe(error);
                let remedy = remedy.map_or(described.remedy, str::to_owned);
                ended.error = Some(DispatchError { remedy, ..described });
                ended.values = failed.and_then(|failed| failed.values(error));
            }
            if let RuntimeEvent::Chains(chains::Event::ItemRefused { index, error, expected }) = event {
                let item = ItemRefused { index: *index, error: describe(*error).name, expected: U64(*expected) };
                if ended.sentences.len() < ITEMS_EXPLAINED_MAX {
                    let failed = failed(Some(*index as usize));
                    let values = failed.and_then(|failed| failed.values(*error)).unwrap_or_default();
                    ended.sentences.push(format!("item {index}: {}. {values}", item.error).trim_end().to_owned());
                }
                ended.items.push(item);
            }
        }
        Some(ended)
    }

    fn status_of_waiting(&self, hash: H256) -> ExtrinsicStatus {
        let shared = self.shared.clone();
        let waiting = self.shared.driver.ask(move |replica| {
            let extrinsic = &replica.pool().get(&hash)?.extrinsic;
            Some((extrinsic.nonce, next_nonce(replica, &shared.db, &extrinsic.signer)))
        });
        if let Some((nonce, next)) = waiting.flatten() {
            let (state, explanation) = waiting_state(nonce, next);
            return plain(hash, state, explanation);
        }
        match Departures::get(&self.shared.db, &hash) {
            Some(departed) => status_of_departed(hash, departed),
            None => plain(
                hash,
                ExtrinsicState::Unknown,
                "This node knows nothing of it: it was never accepted here, or left the pool too long ago. Send it \
                 again, or ask the node that accepted it."
                    .to_owned(),
            ),
        }
    }
}

/// How an included extrinsic ended.
#[derive(Default)]
struct Ended {
    error: Option<DispatchError>,
    /// The values that belong to the error.
    values: Option<String>,
    items: Vec<ItemRefused>,
    /// What the first refused items have to say.
    sentences: Vec<String>,
}

impl Ended {
    /// One sentence for people: what happened, with which values, and the remedy.
    fn explain(&self, number: u32) -> String {
        let items = match self.items.len() {
            0 => String::new(),
            refused => format!(" {refused} of its items were refused: {}", self.sentences.join(" ")),
        };
        let Some(error) = &self.error else {
            let applied = if self.items.is_empty() { "was applied." } else { "was applied in part." };
            return format!("It is final in block {number} and {applied}{items}");
        };
        let values = self.values.as_ref().map(|values| format!(" {values}")).unwrap_or_default();
        format!(
            "It is final in block {number} and failed with {}.{}: {}{values}{items} Nothing changed but the signer's \
             nonce.",
            error.pallet, error.name, error.remedy
        )
    }
}

/// A status with nothing but its sentence.
fn plain(hash: H256, state: ExtrinsicState, explanation: String) -> ExtrinsicStatus {
    let items_refused = Vec::new();
    ExtrinsicStatus { hash: Hash(hash), state, included: None, error: None, items_refused, left: None, explanation }
}

fn status_of_departed(hash: H256, departed: Departed) -> ExtrinsicStatus {
    let number = departed.number;
    let (state, reason, by, remedy) = match departed.cause {
        Cause::Expired => (
            ExtrinsicState::Expired,
            "its era ended before it was included".to_owned(),
            None,
            "Sign it again with a new era.",
        ),
        Cause::Usurped { by } => (
            ExtrinsicState::Usurped,
            format!("{by} of the same account with the same nonce was included"),
            Some(Hash(by)),
            "Sign it again with the account's next nonce if it is still wanted.",
        ),
        Cause::Dropped { reason } => (ExtrinsicState::Dropped, reason, None, "Send it again."),
        Cause::Invalid { reason } => (ExtrinsicState::Invalid, reason, None, "Sign it anew."),
    };
    let explanation = format!("It was accepted here and left the pool at block {number}: {reason}. {remedy}");
    let left = Some(Departure { reason, block_number: number, at: U64(departed.at), by });
    ExtrinsicStatus { left, ..plain(hash, state, explanation) }
}

fn waiting_state(nonce: Nonce, next: Nonce) -> (ExtrinsicState, String) {
    if nonce < next {
        (ExtrinsicState::Ready, "It is in the pool and will be included in one of the next blocks.".to_owned())
    } else {
        let text = format!("It is in the pool and waits for the account's extrinsic with nonce {next}: send that one.");
        (ExtrinsicState::Future, text)
    }
}

fn describe(error: ModuleError) -> DispatchError {
    let pallet = match error.index {
        registry::INDEX => "Registry",
        chains::INDEX => "Chains",
        tierchain_runtime::meta::INDEX => "Meta",
        tierchain_runtime::foundry::INDEX => "Foundry",
        tierchain_runtime::directives::INDEX => "Directives",
        _ => "Unknown",
    };
    let (name, remedy) = errors::describe(error).unwrap_or(("Unknown", "Ask a node of a newer version."));
    DispatchError { pallet: pallet.into(), name: name.into(), remedy: remedy.into() }
}
