//! Directives, as of the newest final block.

use parity_scale_codec::Encode;
use tierchain_primitives::ports::StateRead;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::backend::DirectivesBackend;
use tierchain_rpc::types::{
    Address, Cursor, DirectiveAction, DirectiveFilter, DirectiveInfo, DirectiveStatus, DirectiveStep, Hash, Page,
    ServerUuid, U64,
};
use tierchain_runtime::directives::{Action, Change, DirectiveId, DirectiveRecord, Status};
use tierchain_runtime::query;

use super::NodeApi;
use super::ledger::LOOKED_AT_MAX;

impl DirectivesBackend for NodeApi {
    fn directive(&self, id: u64) -> Option<DirectiveInfo> {
        query::directive(&self.shared.db.view(), id).map(|record| info(id, &record))
    }

    fn directive_named(&self, issuer: &AccountId, reference: &H256) -> Option<DirectiveInfo> {
        let view = self.shared.db.view();
        let id = query::directive_named(&view, issuer, reference)?;
        query::directive(&view, id).map(|record| info(id, &record))
    }

    fn directives_open(&self, host: &H256) -> Vec<DirectiveInfo> {
        let open = query::directives_open(&self.shared.db.view(), host);
        open.iter().map(|(id, record)| info(*id, record)).collect()
    }

    fn directives(&self, before: Option<u64>, count: usize, filter: &DirectiveFilter) -> Page<DirectiveInfo, u64> {
        let view = self.shared.db.view();
        let below = query::directive_count(&view).min(before.unwrap_or(u64::MAX));
        let mut items = Vec::new();
        let mut next = None;
        for id in (0..below).rev().take(LOOKED_AT_MAX) {
            if items.len() == count {
                break;
            }
            next = Some(id).filter(|id| *id > 0);
            let found = query::directive(&view, id).map(|record| info(id, &record));
            items.extend(found.filter(|found| filter.matches(found)));
        }
        Page { items, next }
    }

    fn directive_step_count(&self) -> u64 {
        query::directive_change_count(&self.shared.db.view())
    }

    fn directive_steps(&self, from: u64, count: usize) -> Vec<DirectiveStep> {
        let view = self.shared.db.view();
        let changes = query::directive_changes(&view, from, count);
        changes.into_iter().filter_map(|(place, change)| step(&view, place, &change)).collect()
    }
}

/// A directive as clients see it.
fn info(id: DirectiveId, record: &DirectiveRecord) -> DirectiveInfo {
    let DirectiveRecord { directive, issuer, issued_in, status, server, changed_in, evidence } = record;
    DirectiveInfo {
        id: U64(id),
        reference: Hash(directive.reference),
        host: Hash(directive.host),
        action: action(&directive.action),
        deadline: U64(directive.deadline),
        issuer: Address(*issuer),
        issued_in: *issued_in,
        status: shown(*status),
        reason: reason(*status),
        server: server.map(Into::into),
        changed_in: *changed_in,
        evidence: evidence.map(Hash),
        encoded: record.encode().into(),
    }
}

/// A step, with the directive as it left it: what only came later is taken away again.
fn step(state: &dyn StateRead, place: u64, change: &Change) -> Option<DirectiveStep> {
    let record = query::directive(state, change.id)?;
    let directive = DirectiveInfo {
        status: shown(change.status),
        reason: reason(change.status),
        server: change.server.map(Into::into),
        changed_in: change.block,
        evidence: record.evidence.map(Hash).filter(|_| !change.status.is_open()),
        ..info(change.id, &record)
    };
    let cursor = Cursor { block: change.block, place };
    Some(DirectiveStep { cursor, block: change.block, change: shown(change.status), directive })
}

fn shown(status: Status) -> DirectiveStatus {
    match status {
        Status::Issued => DirectiveStatus::Issued,
        Status::Accepted => DirectiveStatus::Accepted,
        Status::Done => DirectiveStatus::Done,
        Status::Failed { .. } => DirectiveStatus::Failed,
        Status::Cancelled => DirectiveStatus::Cancelled,
        Status::Expired => DirectiveStatus::Expired,
    }
}

fn reason(status: Status) -> Option<String> {
    match status {
        Status::Failed { reason } => Some(reason.name().to_owned()),
        _ => None,
    }
}

fn action(action: &Action) -> DirectiveAction {
    match action {
        Action::Create(order) => DirectiveAction::Create {
            uuid: ServerUuid(order.uuid),
            image: Hash(order.image),
            resources: order.resources.map(Into::into),
            ownership: order.ownership.into(),
            etsi: (&order.etsi).into(),
            relations: order.relations.iter().map(Into::into).collect(),
        },
        Action::Destroy { server } => DirectiveAction::Destroy { server: (*server).into() },
        Action::Pause { server } => DirectiveAction::Pause { server: (*server).into() },
        Action::Resume { server } => DirectiveAction::Resume { server: (*server).into() },
        Action::Migrate { server, to } => DirectiveAction::Migrate { server: (*server).into(), to: Hash(*to) },
    }
}
