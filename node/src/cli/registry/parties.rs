//! The part of `tierchain registry` about accounts, their grants, hosts and data centers.

use clap::{Args, Subcommand};
use tierchain_primitives::ledger::Identifier;
use tierchain_primitives::{AccountId, H256};
use tierchain_runtime::Role;

use super::super::party::party;
use super::super::query::RpcArgs;
use super::super::submit::SubmitArgs;

/// What to read or change about who may do what, and where.
#[derive(Debug, Subcommand)]
pub(crate) enum PartiesCommand {
    /// Propose that an account gets a role (foundry, hypervisor, auditor, tracker), as an operator.
    Grant(RoleArgs),
    /// Propose that an account loses a role, as an operator.
    Revoke(RoleArgs),
    /// Propose that an account is admitted without a role, as an operator.
    AdmitAccount {
        /// The account.
        #[arg(value_name = "ACCOUNT")]
        account: AccountId,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Propose a service provider and its account, as an operator.
    AdmitProvider {
        /// The provider, by name or id.
        #[arg(value_name = "PROVIDER", value_parser = party)]
        provider: H256,
        /// Its account.
        #[arg(value_name = "ACCOUNT")]
        account: AccountId,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Propose a data center, or another description of it, as an operator.
    SetDataCenter {
        /// Its name, from which its id is made.
        #[arg(value_name = "NAME")]
        name: String,
        /// The region it lies in.
        #[arg(long, default_value = "")]
        region: String,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Propose a host, or another description of it, as an operator.
    SetHost(Box<HostArgs>),
    /// Propose how much an account may use, as an operator.
    SetQuota {
        /// The account.
        #[arg(value_name = "ACCOUNT")]
        account: AccountId,
        /// Microseconds of weight at once; without it the network's quota holds again.
        #[arg(long, requires = "rate_permille")]
        burst_us: Option<u64>,
        /// Thousandths of real time that come back.
        #[arg(long, requires = "burst_us")]
        rate_permille: Option<u32>,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Give a tenant its account, or take it, as its provider.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Have an account act for the provider, or take that from it, as the provider.
    #[command(subcommand)]
    Orchestrator(OrchestratorCommand),
    /// Say in which data centers the provider's servers may begin, instead of what was said before, as the provider.
    SetSites(SitesArgs),
    /// Hand everything that the signer was granted to a new key.
    MoveGrants {
        /// The new key: a key file, a secret URI, or 0x and 64 digits of a seed. It signs that it is held.
        #[arg(long, value_name = "KEY")]
        to_key: String,
        /// Who signs: the old key.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Who could give somebody a role, and by what.
    WhoMayGrant {
        /// The role.
        #[arg(value_name = "ROLE")]
        role: Role,
        /// Whose tenant or orchestrator it would be, by name or id.
        #[arg(long, value_name = "PROVIDER", value_parser = party)]
        provider: Option<H256>,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Everything that an account was granted.
    Grants {
        /// The account.
        #[arg(value_name = "ACCOUNT")]
        account: AccountId,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Who did what to the registry, the newest first.
    Trail(PageArgs),
    /// The hosts.
    Hosts(PageArgs),
    /// The data centers.
    DataCenters(PageArgs),
    /// The service providers.
    Providers(PageArgs),
}

/// How much of a list.
#[derive(Debug, Args)]
pub(crate) struct PageArgs {
    /// At most this many.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) limit: u32,
    /// The node to ask.
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
}

/// An account, a role, and who signs.
#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: AccountId,
    /// The role.
    #[arg(value_name = "ROLE")]
    pub(crate) role: Role,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// A host.
#[derive(Debug, Args)]
pub(crate) struct HostArgs {
    /// Its name, or 0x and 64 digits.
    #[arg(value_name = "HOST", value_parser = party)]
    pub(crate) host: H256,
    /// Where it stands: the data center's name, or 0x and 64 digits.
    #[arg(long, value_name = "NAME", value_parser = party)]
    pub(crate) data_center: H256,
    /// The account of its agent.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) hypervisor: AccountId,
    /// CPUs that it can give to servers; with --memory-mib.
    #[arg(long, requires = "memory_mib")]
    pub(crate) cpus: Option<u32>,
    /// Memory that it can give to servers, in MiB.
    #[arg(long, requires = "cpus")]
    pub(crate) memory_mib: Option<u64>,
    /// Disk that it can give to servers, in GiB.
    #[arg(long, requires = "cpus", default_value_t = 0)]
    pub(crate) disk_gib: u64,
    /// How much of its CPUs it may promise, in thousandths.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) cpu_permille: u32,
    /// How much of its memory it may promise, in thousandths.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) memory_permille: u32,
    /// What it is like, NAME=VALUE; up to eight.
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    pub(crate) labels: Vec<(Identifier, Identifier)>,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// Where servers may begin.
#[derive(Debug, Args)]
pub(crate) struct SitesArgs {
    /// The data centers, by name or id.
    #[arg(value_name = "DATA_CENTER", value_parser = party, required_unless_present_any = ["everywhere", "nowhere"])]
    pub(crate) data_centers: Vec<H256>,
    /// In all of them, those to come included.
    #[arg(long, conflicts_with_all = ["data_centers", "nowhere"])]
    pub(crate) everywhere: bool,
    /// In none: what runs goes on.
    #[arg(long, conflicts_with = "data_centers")]
    pub(crate) nowhere: bool,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// What to do with tenants.
#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Give a tenant its account.
    Admit {
        /// What the provider calls the tenant, or 0x and 64 digits.
        #[arg(value_name = "TENANT", value_parser = party)]
        tenant: H256,
        /// Its account.
        #[arg(value_name = "ACCOUNT")]
        account: AccountId,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Take what the provider gave to an account.
    Dismiss(DismissArgs),
}

/// What to do with orchestrators.
#[derive(Debug, Subcommand)]
pub(crate) enum OrchestratorCommand {
    /// Have an account act for the provider.
    Appoint(DismissArgs),
    /// Take what the provider gave to an account.
    Dismiss(DismissArgs),
}

/// An account and who signs.
#[derive(Debug, Args)]
pub(crate) struct DismissArgs {
    /// The account.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: AccountId,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// Reads NAME=VALUE.
fn label(text: &str) -> Result<(Identifier, Identifier), String> {
    let (name, value) = text.split_once('=').ok_or("a label is NAME=VALUE")?;
    let short = |text: &str| Identifier::new(text.as_bytes()).ok_or("a label's name and value have 64 bytes at most");
    Ok((short(name)?, short(value)?))
}
