//! The registry, as of the newest final block.

use parity_scale_codec::Encode;
use tierchain_primitives::{AccountId, Epoch, H256, base58};
use tierchain_rpc::backend::RegistryBackend;
use tierchain_rpc::types::{
    AccountGrants, AccountRoles, Address, DataCenterInfo, Electorate, EpochInfo, Grantable, Hash, HostInfo, Page,
    PendingEpoch, ProposalInfo, ProposalStatus, ProposedChange, ProviderInfo, Rejoin, TrailEntry, U64, ValidatorInfo,
};
use tierchain_runtime::registry::{
    self, EPOCHS, OPEN_PROPOSALS, PENDING, PROPOSAL_COUNT, PROPOSALS, Proposal, ProposalId, ProposalRecord, Status,
};
use tierchain_runtime::{Role, Validator, is_admitted, query, timestamp};
use tierchain_storage::View;

use super::{NodeApi, parties};
use crate::peer_id::PeerId;

impl RegistryBackend for NodeApi {
    fn electorate(&self) -> Electorate {
        let view = self.shared.db.view();
        let set = registry::validator_set(&view);
        let pending = PENDING.get(&view).map(|pending| PendingEpoch {
            end: pending.end,
            epoch: pending.epoch.0,
            validators: entries(&view, &pending.validators),
        });
        Electorate {
            epoch: set.epoch.0,
            begins_after: EPOCHS.get(&view, &set.epoch).map_or(0, |record| record.begins_after),
            quorum: small(set.quorum()),
            validators: entries(&view, &registry::validators(&view)),
            observers: registry::observers(&view).iter().map(|peer_id| base58::encode(peer_id)).collect(),
            pending,
        }
    }

    fn proposals(&self, before: Option<u32>, count: usize, open: bool) -> Page<ProposalInfo, u32> {
        let view = self.shared.db.view();
        let ids = if open { open_ids(&view) } else { (0..PROPOSAL_COUNT.get(&view).unwrap_or(0)).collect() };
        let older = ids.into_iter().rev().filter(|id| before.is_none_or(|before| *id < before));
        let mut found = older.filter_map(|id| info(&view, id));
        let items: Vec<ProposalInfo> = found.by_ref().take(count).collect();
        let last = items.last().map(|info| info.id);
        Page { items, next: found.next().and(last) }
    }

    fn proposal(&self, id: u32) -> Option<ProposalInfo> {
        info(&self.shared.db.view(), id)
    }

    fn epochs(&self, from: u32, count: usize) -> Vec<EpochInfo> {
        let view = self.shared.db.view();
        let known = (from..=u32::MAX).map_while(|epoch| EPOCHS.get(&view, &Epoch(epoch)));
        let info = |record: registry::EpochRecord| EpochInfo {
            epoch: record.set.epoch.0,
            begins_after: record.begins_after,
            validators: record.set.keys.into_iter().map(Address).collect(),
        };
        known.take(count).map(info).collect()
    }

    fn roles(&self, account: &AccountId) -> AccountRoles {
        let view = self.shared.db.view();
        let roles = registry::roles(&view, account);
        let validators = registry::validators(&view);
        let operated = validators.iter().filter(|validator| validator.operator == *account);
        let acts_for = registry::ACTS_FOR.get(&view, account);
        let lacking = Role::ALL.into_iter().filter(|role| !roles.has(*role));
        AccountRoles {
            account: Address(*account),
            admitted: is_admitted(&view, account),
            roles: roles.iter().map(|role| role.name().to_owned()).collect(),
            operates: operated.map(|validator| validator.name.clone()).collect(),
            lacks: lacking.map(|role| parties::grantable(&view, role, acts_for.as_ref())).collect(),
        }
    }

    fn grants(&self, account: &AccountId) -> Option<AccountGrants> {
        parties::grants(&self.shared.db.view(), account)
    }

    fn who_may_grant(&self, role: &str, provider: Option<&H256>) -> Option<Grantable> {
        Some(parties::grantable(&self.shared.db.view(), role.parse().ok()?, provider))
    }

    fn host(&self, id: &H256) -> Option<HostInfo> {
        let view = self.shared.db.view();
        Some(parties::host(&view, query::host(&view, id)?))
    }

    fn hosts(&self, start: u64, count: usize) -> Page<HostInfo, u64> {
        parties::hosts(&self.shared.db.view(), start, count)
    }

    fn data_centers(&self, start: u64, count: usize) -> Page<DataCenterInfo, u64> {
        parties::data_centers(&self.shared.db.view(), start, count)
    }

    fn providers(&self, start: u64, count: usize) -> Page<ProviderInfo, u64> {
        parties::providers(&self.shared.db.view(), start, count)
    }

    fn trail(&self, before: Option<u64>, count: usize) -> Page<TrailEntry, u64> {
        parties::trail(&self.shared.db.view(), before, count)
    }
}

/// The numbers of the open proposals, ascending.
fn open_ids(view: &View<'_>) -> Vec<ProposalId> {
    OPEN_PROPOSALS.get(view).unwrap_or_default().iter().map(|open| open.id).collect()
}

fn entries(view: &View<'_>, validators: &[Validator]) -> Vec<ValidatorInfo> {
    let entry = |(index, validator): (u16, &Validator)| ValidatorInfo {
        index,
        name: validator.name.clone(),
        operator: Address(validator.operator),
        consensus: Address(validator.consensus),
        peer_id: base58::encode(&validator.peer_id),
        addresses: validator.addresses.clone(),
        rejoined: registry::rejoined(view, &validator.consensus)
            .map(|rejoined| Rejoin { challenge: Hash(rejoined.challenge), epoch: rejoined.epoch.0 }),
    };
    (0..).zip(validators).map(entry).collect()
}

fn info(view: &View<'_>, id: ProposalId) -> Option<ProposalInfo> {
    let record = PROPOSALS.get(view, &id)?;
    let votes = registry::votes(view, &record);
    Some(ProposalInfo {
        id,
        hash: Hash(record.proposal.hash()),
        proposal: change(&record.proposal),
        encoded: record.proposal.encode().into(),
        by: Address(record.by),
        made_in: record.made_in,
        deadline: U64(record.deadline),
        status: status(view, &record),
        enacted_in: match record.status {
            Status::Enacted { block } => Some(block),
            Status::Open | Status::Expired => None,
        },
        votes: votes.given,
        quorum: votes.quorum,
        missing: operators(&registry::validators(view))
            .into_iter()
            .filter(|operator| !record.approvals.contains(&operator.0))
            .collect(),
        approvals: record.approvals.into_iter().map(Address).collect(),
    })
}

fn status(view: &View<'_>, record: &ProposalRecord) -> ProposalStatus {
    let now = timestamp::NOW.get(view).unwrap_or_default();
    match record.status {
        Status::Open if now > record.deadline => ProposalStatus::Overdue,
        Status::Open => ProposalStatus::Open,
        Status::Enacted { .. } => ProposalStatus::Enacted,
        Status::Expired => ProposalStatus::Expired,
    }
}

fn change(proposal: &Proposal) -> ProposedChange {
    match proposal {
        Proposal::AddValidator { validator, .. } => ProposedChange::AddValidator {
            name: validator.name.clone(),
            operator: Address(validator.operator),
            consensus: Address(validator.consensus),
            peer_id: base58::encode(&validator.peer_id),
            addresses: validator.addresses.clone(),
        },
        Proposal::RemoveValidator { consensus } => ProposedChange::RemoveValidator { consensus: Address(*consensus) },
        Proposal::ReplaceKey { old, new, .. } => ProposedChange::ReplaceKey { old: Address(*old), new: Address(*new) },
        Proposal::GrantRole { account, role } => {
            ProposedChange::GrantRole { account: Address(*account), role: role.name().to_owned() }
        }
        Proposal::RevokeRole { account, role } => {
            ProposedChange::RevokeRole { account: Address(*account), role: role.name().to_owned() }
        }
        Proposal::AdmitProvider { id, account } => {
            ProposedChange::AdmitProvider { provider: Hash(*id), account: Address(*account) }
        }
        Proposal::SetDataCenter { data_center } => {
            ProposedChange::SetDataCenter { data_center: parties::data_center(data_center.clone()) }
        }
        Proposal::SetHost { host } => ProposedChange::SetHost { host: parties::host_entry(host) },
        Proposal::SetQuota { account, quota } => {
            ProposedChange::SetQuota { account: Address(*account), quota: quota.as_ref().map(parties::quota) }
        }
        Proposal::AdmitAccount { account } => ProposedChange::AdmitAccount { account: Address(*account) },
        Proposal::AddObserver { network_key } => {
            ProposedChange::AddObserver { peer_id: PeerId(*network_key).to_string() }
        }
        Proposal::RemoveObserver { network_key } => {
            ProposedChange::RemoveObserver { peer_id: PeerId(*network_key).to_string() }
        }
    }
}

/// The operators of validators, each once, in the order of the set.
pub(super) fn operators(validators: &[Validator]) -> Vec<Address> {
    let mut operators: Vec<Address> = Vec::new();
    for validator in validators {
        let operator = Address(validator.operator);
        if !operators.contains(&operator) {
            operators.push(operator);
        }
    }
    operators
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("a set has at most VALIDATORS_MAX validators")
}
