//! Answers of `directives_*`.

use std::sync::Arc;

use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::core::{RpcResult, SubscriptionResult, async_trait};

use tierchain_primitives::BlockNumber;

use super::read;
use crate::api::DirectivesApiServer;
use crate::backend::Backend;
use crate::error::{CountTooLarge, UnknownCursor};
use crate::follow::{Follower, Source, Step};
use crate::limits::LEDGER_ITEMS_MAX;
use crate::types::{Address, Cursor, DirectiveFilter, DirectiveInfo, DirectiveStep, Hash, Page};

pub(super) struct Answer {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) follower: Follower,
}

#[async_trait]
impl DirectivesApiServer for Answer {
    fn directive(&self, id: u64) -> RpcResult<Option<DirectiveInfo>> {
        Ok(self.backend.directive(id))
    }

    fn directive_named(&self, issuer: Address, reference: Hash) -> RpcResult<Option<DirectiveInfo>> {
        Ok(self.backend.directive_named(&issuer.0, &reference.0))
    }

    fn directives_open(&self, host: Hash) -> RpcResult<Vec<DirectiveInfo>> {
        Ok(self.backend.directives_open(&host.0))
    }

    fn directives(
        &self,
        cursor: Option<u64>,
        count: u32,
        filter: Option<DirectiveFilter>,
    ) -> RpcResult<Page<DirectiveInfo, u64>> {
        let count = CountTooLarge::check("directives", count as usize, LEDGER_ITEMS_MAX)?;
        Ok(self.backend.directives(cursor, count, &filter.unwrap_or_default()))
    }

    async fn subscribe_directives(
        &self,
        pending: PendingSubscriptionSink,
        cursor: Option<Cursor>,
        host: Option<Hash>,
    ) -> SubscriptionResult {
        let begin = read(&self.backend, move |backend| begin(backend, cursor)).await;
        match begin.and_then(|begin| Ok(begin?)) {
            Err(error) => pending.reject(error).await,
            Ok(next) => self.follower.follow(pending, Steps { next, host }).await?,
        }
        Ok(())
    }
}

/// The place of the first step to send. A step of a block that isn't final here yet is waited for: another node may be
/// ahead. One of a block that is here can't come any more.
fn begin(backend: &dyn Backend, cursor: Option<Cursor>) -> Result<u64, UnknownCursor> {
    let Some(found) = cursor else { return Ok(backend.directive_step_count()) };
    if found == Cursor::default() {
        return Ok(0);
    }
    if found.is_end() {
        return Ok(first_after(backend, found.block));
    }
    // Asked first: what its block and those before it did can be read from now on.
    let finalized = backend.finalized().header.number;
    let is_known = match backend.directive_steps(found.place, 1).first() {
        Some(step) => step.cursor == found,
        None => found.block > finalized,
    };
    if is_known { Ok(found.place.saturating_add(1)) } else { Err(UnknownCursor { found }) }
}

/// The place of the first step that was made after a block: the steps stand in the order of their blocks.
fn first_after(backend: &dyn Backend, block: BlockNumber) -> u64 {
    let (mut low, mut high) = (0, backend.directive_step_count());
    while low < high {
        let middle = low + (high - low) / 2;
        match backend.directive_steps(middle, 1).first() {
            Some(step) if step.block <= block => low = middle + 1,
            _ => high = middle,
        }
    }
    low
}

/// The steps of directives from a place on.
struct Steps {
    next: u64,
    host: Option<Hash>,
}

impl Source for Steps {
    type Item = DirectiveStep;

    fn step(&mut self, backend: &dyn Backend) -> Step<DirectiveStep> {
        let found = backend.directive_steps(self.next, LEDGER_ITEMS_MAX);
        self.next = self.next.saturating_add(found.len() as u64);
        let is_done = found.len() < LEDGER_ITEMS_MAX;
        let wanted = |step: &DirectiveStep| self.host.is_none_or(|host| host == step.directive.host);
        let items = found.into_iter().filter(wanted).map(|step| (step.cursor, step)).collect();
        Step { items, is_done }
    }

    fn mark(backend: &dyn Backend) -> u64 {
        backend.directive_step_count()
    }
}
