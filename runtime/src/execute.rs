//! Execution: a certified block's extrinsics over the state before it. Deterministic and total.
//!
//! Validity (signature, nonce order, mortality) was settled before the block was certified; execution only asserts
//! the nonce. Each extrinsic uses up its nonce and runs in an overlay of its own: what fails leaves nothing else.

use tierchain_primitives::header::{Header, NoPreRuntime};
use tierchain_primitives::ledger::{EntityBlock, MetaBlock};
use tierchain_primitives::numbers::{Micros, Millis};
use tierchain_primitives::ports::{StateChange, StateRead};
use tierchain_primitives::{AccountId, H256};

use crate::call::Call;
use crate::check::Checked;
use crate::dispatch::{DispatchError, DispatchInfo};
use crate::event::{EventRecord, Phase, RuntimeEvent};
use crate::quota::Quota;
use crate::storage::Overlay;
use crate::system::Cost;
use crate::weights::Weights;
use crate::{chains, directives, foundry, meta, registry, system, timestamp};

/// The block to execute, as its header says it.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext<'a> {
    /// The header.
    pub header: &'a Header,
    /// Its hash.
    pub hash: H256,
    /// The time it carries.
    pub timestamp: Millis,
    /// Hash of block 0.
    pub genesis: H256,
}

impl<'a> BlockContext<'a> {
    /// The context of a header.
    ///
    /// # Errors
    /// [`NoPreRuntime`] when the header doesn't carry the consensus data.
    pub fn new(header: &'a Header, genesis: H256) -> Result<Self, NoPreRuntime> {
        let timestamp = header.pre_runtime()?.timestamp;
        Ok(Self { header, hash: header.hash(), timestamp, genesis })
    }

    /// The block's time in the events' unit.
    pub(crate) fn now_us(&self) -> Micros {
        self.timestamp.saturating_mul(1_000)
    }
}

/// What execution made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Changes of state, sorted by key.
    pub changes: Vec<StateChange>,
    /// Entity blocks in the order in which they were made.
    pub entity_blocks: Vec<EntityBlock>,
    /// Meta blocks in the order in which they were made.
    pub meta_blocks: Vec<MetaBlock>,
    /// How each extrinsic's call ended.
    pub results: Vec<Result<(), DispatchError>>,
    /// What `System.Events` holds after the block.
    pub events: Vec<EventRecord>,
}

/// What one call works with. It is dropped as a whole when the call fails.
pub(crate) struct Context<'a> {
    /// State, with what the call has changed so far.
    pub(crate) state: Overlay<'a>,
    /// The block it stands in.
    pub(crate) block: &'a BlockContext<'a>,
    /// Who signed it.
    pub(crate) signer: AccountId,
    /// Hash of its extrinsic.
    pub(crate) extrinsic: H256,
    /// What it derived so far.
    pub(crate) entity_blocks: Vec<EntityBlock>,
    /// What it derived so far.
    pub(crate) meta_blocks: Vec<MetaBlock>,
    events: Vec<RuntimeEvent>,
}

impl Context<'_> {
    /// Reports an event.
    pub(crate) fn report(&mut self, event: impl Into<RuntimeEvent>) {
        self.events.push(event.into());
    }
}

/// Executes a block.
///
/// # Panics
/// When an extrinsic isn't the next one of its signer, or the header carries another next set than was decided: such
/// a block is never certified.
#[must_use]
pub fn execute(state: &impl StateRead, block: &BlockContext<'_>, extrinsics: &[Checked]) -> Outcome {
    let weights = Weights::new(chains::parameters(state).block_nonce_bits);
    let quota = registry::quota(state);
    let mut run = Run { block, weights, quota, state: Overlay::new(state), outcome: Outcome::empty() };
    run.initialize();
    for (index, checked) in (0u32..).zip(extrinsics) {
        run.extrinsic(index, checked);
    }
    system::on_finalize(&mut run.state, &run.outcome);
    Outcome { changes: run.state.into_changes(), ..run.outcome }
}

impl Outcome {
    fn empty() -> Self {
        let (changes, entity_blocks, meta_blocks) = (Vec::new(), Vec::new(), Vec::new());
        Self { changes, entity_blocks, meta_blocks, results: Vec::new(), events: Vec::new() }
    }
}

/// A block half executed.
struct Run<'a> {
    block: &'a BlockContext<'a>,
    weights: Weights,
    /// What an account may use that has no quota of its own.
    quota: Quota,
    state: Overlay<'a>,
    outcome: Outcome,
}

impl Run<'_> {
    /// What happens before the first extrinsic.
    fn initialize(&mut self) {
        system::on_initialize(&mut self.state, self.block);
        timestamp::set(&mut self.state, self.block.timestamp);
        let began = registry::on_initialize(&mut self.state, self.block);
        let record = |event: RuntimeEvent| EventRecord { phase: Phase::Initialization, event, topics: Vec::new() };
        self.outcome.events.extend(began.map(|event| record(event.into())));
    }

    /// Executes one extrinsic and takes over what it did if it succeeded.
    fn extrinsic(&mut self, index: u32, checked: &Checked) {
        let signer = checked.extrinsic.signer;
        let weight_us = checked.weight_at(&self.weights);
        let cost = Cost { now: self.block.timestamp, weight_us, quota: &self.quota };
        system::use_nonce(&mut self.state, &signer, checked.extrinsic.nonce, cost);
        let mut context = Context {
            state: Overlay::new(&self.state),
            block: self.block,
            signer,
            extrinsic: checked.hash,
            entity_blocks: Vec::new(),
            meta_blocks: Vec::new(),
            events: Vec::new(),
        };
        let result = dispatch(&mut context, &checked.call);
        let dispatch_info = DispatchInfo::of_weight(weight_us);
        let Context { state, entity_blocks, meta_blocks, mut events, .. } = context;
        let changes = state.into_changes();
        match result {
            Ok(()) => {
                events.push(system::Event::ExtrinsicSuccess { dispatch_info }.into());
                self.state.apply(changes);
                self.outcome.entity_blocks.extend(entity_blocks);
                self.outcome.meta_blocks.extend(meta_blocks);
            }
            Err(dispatch_error) => {
                system::charge_failure(&mut self.state, &signer, cost);
                events = vec![system::Event::ExtrinsicFailed { dispatch_error, dispatch_info }.into()];
            }
        }
        let phase = Phase::ApplyExtrinsic(index);
        let records = events.into_iter().map(|event| EventRecord { phase, event, topics: Vec::new() });
        self.outcome.events.extend(records);
        self.outcome.results.push(result);
    }
}

fn dispatch(context: &mut Context<'_>, call: &Call) -> Result<(), DispatchError> {
    match call {
        Call::System(call) => system::dispatch(context, call),
        Call::Registry(call) => registry::dispatch(context, call),
        Call::Chains(call) => chains::dispatch(context, call),
        Call::Meta(call) => meta::dispatch(context, call),
        Call::Foundry(call) => foundry::dispatch(context, call),
        Call::Directives(call) => directives::dispatch(context, call),
    }
}
