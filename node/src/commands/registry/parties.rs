//! The part of `tierchain registry` about accounts, their grants, hosts and data centers.

use std::process::ExitCode;

use anyhow::{Context, bail};
use tierchain_primitives::ledger::Resources;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::api::RegistryApiClient;
use tierchain_rpc::client::Client;
use tierchain_rpc::types::{AccountGrants, Address, Deed, Grantable, Hash, TrailEntry};
use tierchain_runtime::registry::{self, DataCenter, Host, Labels, Overcommit, Proposal, Sites, move_bytes};
use tierchain_runtime::{Call, Quota, Role};

use super::super::query::{all, at, client, print_list, short};
use super::super::submit::{Author, secret_key};
use super::super::{print, print_json};
use super::change::propose_as;
use crate::cli::query::RpcArgs;
use crate::cli::registry::parties::{HostArgs, OrchestratorCommand, PageArgs, PartiesCommand, TenantCommand};
use crate::cli::submit::SubmitArgs;
use crate::table::Table;

/// Performs a command about parties.
pub(super) async fn parties(command: PartiesCommand) -> anyhow::Result<ExitCode> {
    match command {
        PartiesCommand::Grant(args) => {
            propose_as(&args.submit, Proposal::GrantRole { account: args.account, role: args.role }).await
        }
        PartiesCommand::Revoke(args) => {
            propose_as(&args.submit, Proposal::RevokeRole { account: args.account, role: args.role }).await
        }
        PartiesCommand::AdmitAccount { account, submit } => {
            propose_as(&submit, Proposal::AdmitAccount { account }).await
        }
        PartiesCommand::AdmitProvider { provider, account, submit } => {
            propose_as(&submit, Proposal::AdmitProvider { id: provider, account }).await
        }
        PartiesCommand::SetDataCenter { name, region, submit } => {
            let data_center = DataCenter { region, ..DataCenter::named(&name) };
            propose_as(&submit, Proposal::SetDataCenter { data_center }).await
        }
        PartiesCommand::SetHost(args) => propose_as(&args.submit, Proposal::SetHost { host: host(&args) }).await,
        PartiesCommand::SetQuota { account, burst_us, rate_permille, submit } => {
            let quota = burst_us.zip(rate_permille).map(|(burst_us, rate_permille)| Quota { burst_us, rate_permille });
            propose_as(&submit, Proposal::SetQuota { account, quota }).await
        }
        PartiesCommand::Tenant(TenantCommand::Admit { tenant, account, submit }) => {
            send(&submit, registry::Call::AdmitTenant { tenant, account }).await
        }
        PartiesCommand::Orchestrator(OrchestratorCommand::Appoint(args)) => {
            send(&args.submit, registry::Call::AppointOrchestrator { account: args.account }).await
        }
        PartiesCommand::Tenant(TenantCommand::Dismiss(args))
        | PartiesCommand::Orchestrator(OrchestratorCommand::Dismiss(args)) => {
            send(&args.submit, registry::Call::Dismiss { account: args.account }).await
        }
        PartiesCommand::SetSites(args) => {
            let sites = if args.everywhere { Sites::Everywhere } else { Sites::These(args.data_centers) };
            send(&args.submit, registry::Call::SetSites { sites }).await
        }
        PartiesCommand::MoveGrants { to_key, submit } => move_grants(&to_key, &submit).await,
        PartiesCommand::WhoMayGrant { role, provider, rpc } => who_may_grant(role, provider, &rpc).await,
        PartiesCommand::Grants { account, rpc } => grants(account, &rpc).await,
        PartiesCommand::Trail(args) => trail(&args).await,
        PartiesCommand::Hosts(args) => hosts(&args).await,
        PartiesCommand::DataCenters(args) => data_centers(&args).await,
        PartiesCommand::Providers(args) => providers(&args).await,
    }
}

async fn send(submit: &SubmitArgs, call: registry::Call) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(submit).await?;
    author.submit(&Call::Registry(call)).await?.print(submit.rpc.json)
}

/// Hands the signer's grants to a new key, which signs that it is held.
async fn move_grants(to_key: &str, submit: &SubmitArgs) -> anyhow::Result<ExitCode> {
    let new = secret_key(to_key).context("--to-key")?;
    let author = Author::at_node(submit).await?;
    let to = new.public();
    let proof = new.sign(&move_bytes(&author.genesis, &author.account(), &to));
    author.submit(&Call::Registry(registry::Call::MoveGrants { to, proof })).await?.print(submit.rpc.json)
}

fn host(args: &HostArgs) -> Host {
    let capacity = args.cpus.zip(args.memory_mib);
    Host {
        id: args.host,
        data_center: args.data_center,
        hypervisor: args.hypervisor,
        capacity: capacity.map(|(vcpus, memory_mib)| Resources { vcpus, memory_mib, disk_gib: args.disk_gib }),
        overcommit: Overcommit { cpu_permille: args.cpu_permille, memory_permille: args.memory_permille },
        labels: Labels(args.labels.clone()),
    }
}

async fn who_may_grant(role: Role, provider: Option<H256>, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let asked = client(rpc).await?.who_may_grant(role.name().to_owned(), provider.map(Hash)).await;
    let found = asked.with_context(|| at(rpc))?;
    if rpc.json {
        return print_json(&found);
    }
    let Grantable { role, grantors, votes, how } = found;
    let mut table = Table::pairs();
    table.row(&[&"role", &role]);
    table.row(&[&"how", &how]);
    table.row(&[&"votes", &votes]);
    grantors.iter().for_each(|account| table.row(&[&"by", &account.0]));
    print(&table.render())
}

async fn grants(account: AccountId, rpc: &RpcArgs) -> anyhow::Result<ExitCode> {
    let found = client(rpc).await?.grants(Address(account)).await.with_context(|| at(rpc))?;
    let Some(found) = found else { bail!("account {account} was never admitted to this network") };
    if rpc.json {
        return print_json(&found);
    }
    let AccountGrants { roles, acts_for, tenant_of, data_center, hosts, quota, own_quota, level_us, .. } = found;
    let mut table = Table::pairs();
    table.row(&[&"account", &account]);
    table.row(&[&"roles", &if roles.is_empty() { "-".to_owned() } else { roles.join(" ") }]);
    table.row(&[&"acts for", &or_dash(acts_for)]);
    if let Some(tenant) = tenant_of {
        table.row(&[&"tenant", &format!("{} of provider {}", tenant.tenant.0, tenant.provider.0)]);
    }
    table.row(&[&"data center", &or_dash(data_center)]);
    hosts.iter().for_each(|host| table.row(&[&"speaks for host", &host.0]));
    let whose = if own_quota { "its own" } else { "the network's" };
    let quota = format!("{} us at once, {} permille ({whose})", quota.burst_us.0, quota.rate_permille);
    table.row(&[&"quota", &quota]);
    table.row(&[&"used", &format!("{} us", level_us.0)]);
    print(&table.render())
}

async fn trail(args: &PageArgs) -> anyhow::Result<ExitCode> {
    let rpc = &args.rpc;
    let found: Vec<TrailEntry> =
        all(rpc, args.limit, async |client: &Client, cursor, count| client.trail(cursor, count).await).await?;
    print_list(rpc, &found, &["place", "block", "by", "what", "proposal"], |table, act| {
        let proposal = act.proposal.map_or_else(|| "-".to_owned(), |id| id.to_string());
        table.row(&[&act.place.0, &act.block, &short(act.by.0), &in_words(&act.deed), &proposal]);
    })
}

async fn hosts(args: &PageArgs) -> anyhow::Result<ExitCode> {
    let rpc = &args.rpc;
    let found = all(rpc, args.limit, async |client: &Client, cursor, count| client.hosts(cursor, count).await).await?;
    print_list(
        rpc,
        &found,
        &["host", "data center", "region", "hypervisor", "CPUs", "promised", "labels"],
        |table, host| {
            let entry = &host.entry;
            let cpus = entry.capacity.map_or_else(|| "-".to_owned(), |capacity| capacity.vcpus.to_string());
            let labels: Vec<String> =
                entry.labels.iter().map(|label| format!("{}={}", label.name, label.value)).collect();
            table.row(&[
                &entry.id.0,
                &short(entry.data_center.0),
                &host.region,
                &short(entry.hypervisor.0),
                &cpus,
                &host.committed.vcpus.0,
                &labels.join(" "),
            ]);
        },
    )
}

async fn data_centers(args: &PageArgs) -> anyhow::Result<ExitCode> {
    let rpc = &args.rpc;
    let found =
        all(rpc, args.limit, async |client: &Client, cursor, count| client.data_centers(cursor, count).await).await?;
    print_list(rpc, &found, &["id", "name", "region"], |table, center| {
        table.row(&[&center.id.0, &center.name, &center.region]);
    })
}

async fn providers(args: &PageArgs) -> anyhow::Result<ExitCode> {
    let rpc = &args.rpc;
    let found =
        all(rpc, args.limit, async |client: &Client, cursor, count| client.providers(cursor, count).await).await?;
    print_list(rpc, &found, &["provider", "account", "servers begin in"], |table, provider| {
        let account = provider.account.map_or_else(|| "-".to_owned(), |account| account.0.to_string());
        let sites = match provider.sites.as_deref() {
            None => "every data center".to_owned(),
            Some([]) => "none".to_owned(),
            Some(named) => named.iter().map(|id| short(id.0)).collect::<Vec<_>>().join(" "),
        };
        table.row(&[&provider.provider.0, &account, &sites]);
    })
}

/// An act in a few words.
fn in_words(deed: &Deed) -> String {
    match deed {
        Deed::RoleGranted { account, role } => format!("granted {role} to {}", short(account.0)),
        Deed::RoleRevoked { account, role } => format!("revoked {role} from {}", short(account.0)),
        Deed::AccountAdmitted { account } => format!("admitted {}", short(account.0)),
        Deed::ProviderAdmitted { provider, account } => {
            format!("admitted provider {} with {}", short(provider.0), short(account.0))
        }
        Deed::DataCenterSet { data_center } => format!("set data center {}", short(data_center.0)),
        Deed::HostSet { host, hypervisor } => format!("set host {} of {}", short(host.0), short(hypervisor.0)),
        Deed::QuotaSet { account, quota: Some(_) } => format!("set the quota of {}", short(account.0)),
        Deed::QuotaSet { account, quota: None } => format!("gave the network's quota to {}", short(account.0)),
        Deed::TenantAdmitted { tenant, account, .. } => {
            format!("admitted tenant {} with {}", short(tenant.0), short(account.0))
        }
        Deed::OrchestratorAppointed { account, .. } => format!("appointed {}", short(account.0)),
        Deed::Dismissed { account, .. } => format!("dismissed {}", short(account.0)),
        Deed::GrantsMoved { from, to } => format!("moved grants from {} to {}", short(from.0), short(to.0)),
        Deed::SetDecided { epoch } => format!("decided the set of epoch {epoch}"),
        Deed::ObserverAdded { peer_id } => format!("added observer {}", short(peer_id)),
        Deed::ObserverRemoved { peer_id } => format!("removed observer {}", short(peer_id)),
        Deed::SitesSet { provider } => format!("said where servers of provider {} begin", short(provider.0)),
    }
}

fn or_dash(id: Option<Hash>) -> String {
    id.map_or_else(|| "-".to_owned(), |id| id.0.to_string())
}
