//! `tierchain registry`: questions here, changes in `change`.

mod change;
mod parties;

use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_rpc::api::RegistryApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{
    AccountRoles, Address, Electorate, EpochInfo, ProposalInfo, ProposalStatus, ProposedChange, ValidatorInfo,
};

use super::query::{all, at, client, print_list, range, short};
use super::{print, print_json};
use crate::cli::query::{RangeArgs, RpcArgs};
use crate::cli::registry::RegistryCommand;
use crate::table::Table;

/// Performs a command on the registry.
pub(super) async fn registry(command: RegistryCommand) -> anyhow::Result<ExitCode> {
    match command {
        RegistryCommand::Validators(rpc) => validators(&rpc).await,
        RegistryCommand::Proposals { limit, open, rpc } => proposals(limit, open, &rpc).await,
        RegistryCommand::Proposal { id, rpc } => proposal(id, &rpc).await,
        RegistryCommand::Epochs { from, limit, rpc } => epochs(from, limit, &rpc).await,
        RegistryCommand::Roles { account, rpc } => roles(Address(account), &rpc).await,
        RegistryCommand::Parties(command) => parties::parties(command).await,
        RegistryCommand::Propose(command) => change::propose(command).await,
        RegistryCommand::Approve { id, hash, submit } => change::approve(id, hash, &submit).await,
        RegistryCommand::Expire { id, submit } => change::expire(id, &submit).await,
    }
}

async fn validators(rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let found = client(rpc).await?.electorate().await.with_context(|| at(rpc))?;
    if rpc.json {
        return print_json(&found);
    }
    let Electorate { epoch, begins_after, quorum, validators, observers, pending } = found;
    let count = validators.len();
    let mut text = format!("epoch {epoch}, since block {begins_after}: {count} validators, a quorum is {quorum}\n\n");
    text += &entries(&validators).render();
    if let Some(pending) = pending {
        text += &format!("\nepoch {} follows after block {}:\n\n", pending.epoch, pending.end);
        text += &entries(&pending.validators).render();
    }
    for observer in observers {
        text += &format!("\nobserver {observer}");
    }
    print(&(text.trim_end().to_owned() + "\n"))
}

fn entries(validators: &[ValidatorInfo]) -> Table {
    let mut table = Table::new(&["index", "name", "operator", "consensus key", "peer id", "addresses"]);
    for entry in validators {
        let addresses = entry.addresses.join(" ");
        table.row(&[
            &entry.index,
            &entry.name,
            &entry.operator.0,
            &entry.consensus.0,
            &short(&entry.peer_id),
            &addresses,
        ]);
    }
    table
}

async fn proposals(limit: u32, open: bool, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let ask = async |client: &Client, cursor, count| client.proposals(cursor, count, Some(open)).await;
    let head = ["id", "proposal", "status", "votes", "by", "hash"];
    print_list(rpc, &all(rpc, limit, ask).await?, &head, |table, info| {
        table.row(&[
            &info.id,
            &in_words(&info.proposal),
            &status(info),
            &format!("{} of {}", info.votes, info.quorum),
            &short(info.by.0),
            &short(info.hash.0),
        ]);
    })
}

async fn proposal(id: u32, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let found = client(rpc).await?.proposal(id).await.with_context(|| at(rpc))?;
    let Some(info) = found else { bail!("there is no proposal {id}: `tierchain registry proposals` lists them") };
    if rpc.json { print_json(&info) } else { print(&whole(&info).render()) }
}

/// Everything about a proposal.
fn whole(info: &ProposalInfo) -> Table {
    let mut table = Table::pairs();
    table.row(&[&"proposal", &info.id]);
    table.row(&[&"change", &in_words(&info.proposal)]);
    match &info.proposal {
        ProposedChange::AddValidator { operator, consensus, peer_id, addresses, .. } => {
            table.row(&[&"operator", &operator.0]);
            table.row(&[&"consensus key", &consensus.0]);
            table.row(&[&"peer id", peer_id]);
            addresses.iter().for_each(|address| table.row(&[&"address", address]));
        }
        ProposedChange::RemoveValidator { consensus } => table.row(&[&"consensus key", &consensus.0]),
        ProposedChange::ReplaceKey { old, new } => {
            table.row(&[&"old key", &old.0]);
            table.row(&[&"new key", &new.0]);
        }
        ProposedChange::GrantRole { account, .. }
        | ProposedChange::RevokeRole { account, .. }
        | ProposedChange::AdmitAccount { account } => table.row(&[&"account", &account.0]),
        ProposedChange::AdmitProvider { provider, account } => {
            table.row(&[&"provider", &provider.0]);
            table.row(&[&"account", &account.0]);
        }
        ProposedChange::SetDataCenter { data_center } => {
            table.row(&[&"data center", &data_center.id.0]);
            table.row(&[&"region", &data_center.region]);
        }
        ProposedChange::SetHost { host } => {
            table.row(&[&"host", &host.id.0]);
            table.row(&[&"data center", &host.data_center.0]);
            table.row(&[&"hypervisor", &host.hypervisor.0]);
        }
        ProposedChange::SetQuota { account, quota } => {
            table.row(&[&"account", &account.0]);
            let quota = quota.map_or_else(
                || "the network's".to_owned(),
                |quota| format!("{} us at once, {} permille", quota.burst_us.0, quota.rate_permille),
            );
            table.row(&[&"quota", &quota]);
        }
        ProposedChange::AddObserver { peer_id } | ProposedChange::RemoveObserver { peer_id } => {
            table.row(&[&"peer id", peer_id]);
        }
    }
    table.row(&[&"hash", &info.hash.0]);
    table.row(&[&"status", &status(info)]);
    table.row(&[&"votes", &format!("{} of {}", info.votes, info.quorum)]);
    table.row(&[&"made by", &info.by.0]);
    table.row(&[&"made in block", &info.made_in]);
    table.row(&[&"deadline", &super::Instant::from(info.deadline)]);
    info.approvals.iter().for_each(|account| table.row(&[&"approved by", &account.0]));
    if info.status == ProposalStatus::Open {
        info.missing.iter().for_each(|account| table.row(&[&"waits for", &account.0]));
    }
    table
}

/// A proposal in a few words.
fn in_words(change: &ProposedChange) -> String {
    match change {
        ProposedChange::AddValidator { name, .. } => format!("add validator {name}"),
        ProposedChange::RemoveValidator { consensus } => format!("remove validator {}", short(consensus.0)),
        ProposedChange::ReplaceKey { old, new } => format!("replace key {} by {}", short(old.0), short(new.0)),
        ProposedChange::GrantRole { account, role } => format!("grant {role} to {}", short(account.0)),
        ProposedChange::RevokeRole { account, role } => format!("revoke {role} from {}", short(account.0)),
        ProposedChange::AdmitProvider { provider, .. } => format!("admit provider {}", short(provider.0)),
        ProposedChange::SetDataCenter { data_center } => format!("set data center {}", data_center.name),
        ProposedChange::SetHost { host } => format!("set host {}", short(host.id.0)),
        ProposedChange::SetQuota { account, .. } => format!("set the quota of {}", short(account.0)),
        ProposedChange::AdmitAccount { account } => format!("admit {}", short(account.0)),
        ProposedChange::AddObserver { peer_id } => format!("add observer {}", short(peer_id)),
        ProposedChange::RemoveObserver { peer_id } => format!("remove observer {}", short(peer_id)),
    }
}

fn status(info: &ProposalInfo) -> String {
    match (info.status, info.enacted_in) {
        (ProposalStatus::Enacted, Some(block)) => format!("enacted in block {block}"),
        (status, _) => format!("{status:?}").to_lowercase(),
    }
}

async fn epochs(from: u32, limit: u32, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let part = RangeArgs { from, count: limit };
    let found = range(rpc, &part, async |client: &Client, from, count| client.epochs(from, count).await).await?;
    print_list(rpc, &found, &["epoch", "begins after", "validators", "consensus keys"], |table, epoch: &EpochInfo| {
        let keys: Vec<String> = epoch.validators.iter().map(|key| short(key.0)).collect();
        table.row(&[&epoch.epoch, &epoch.begins_after, &epoch.validators.len(), &keys.join(" ")]);
    })
}

async fn roles(account: Address, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let found = client(rpc).await?.roles(account).await.with_context(|| at(rpc))?;
    if rpc.json {
        return print_json(&found);
    }
    let AccountRoles { account, admitted, roles, operates, lacks } = found;
    let list = |names: Vec<String>| if names.is_empty() { "-".to_owned() } else { names.join(" ") };
    let mut table = Table::pairs();
    table.row(&[&"account", &account.0]);
    table.row(&[&"admitted", &admitted]);
    table.row(&[&"roles", &list(roles)]);
    table.row(&[&"operates", &list(operates)]);
    for lack in lacks {
        table.row(&[&format!("lacks {}", lack.role), &lack.how]);
    }
    print(&table.render())
}

#[cfg(test)]
mod tests {
    use tierchain_primitives::{AccountId, H256};
    use tierchain_rpc::types::{Hash, U64};

    use super::*;

    fn info(status: ProposalStatus) -> ProposalInfo {
        let address = |byte| Address(AccountId([byte; 32]));
        ProposalInfo {
            id: 3,
            hash: Hash(H256([6; 32])),
            proposal: ProposedChange::ReplaceKey { old: address(1), new: address(2) },
            encoded: Vec::new().into(),
            by: address(3),
            made_in: 100,
            deadline: U64(1_800_000_000_000),
            status,
            enacted_in: (status == ProposalStatus::Enacted).then_some(101),
            votes: 1,
            quorum: 3,
            approvals: vec![address(3)],
            missing: vec![address(4), address(5)],
        }
    }

    #[test]
    fn an_open_proposal_names_whom_it_waits_for() {
        let open = whole(&info(ProposalStatus::Open)).render();
        let waits = open.lines().filter(|line| line.starts_with("waits for")).count();
        assert!(waits == 2 && open.contains("1 of 3") && open.contains(&H256([6; 32]).to_string()), "{open}");
        let enacted = whole(&info(ProposalStatus::Enacted)).render();
        assert!(enacted.contains("enacted in block 101") && !enacted.contains("waits for"), "{enacted}");
        assert_eq!(status(&info(ProposalStatus::Overdue)), "overdue");
    }
}
