//! `tierchain directives`: what providers ask of hosts, and what hosts answer.

use clap::{Args, Subcommand, ValueEnum};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{ServerId, Uuid};
use tierchain_rpc::types::Cursor;
use tierchain_runtime::directives::FailReason;

use super::party::{LifeRef, party};
use super::query::RpcArgs;
use super::submit::SubmitArgs;

/// What to do with directives.
#[derive(Debug, Subcommand)]
pub(crate) enum DirectivesCommand {
    /// Ask a host to do something, as the server's provider or its orchestrator.
    #[command(subcommand)]
    Issue(Box<IssueCommand>),
    /// Directives, the newest first; with --follow their steps as they are made.
    List(ListArgs),
    /// One directive whole.
    Show {
        /// Its number.
        #[arg(value_name = "ID")]
        id: u64,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Call a directive off, as its provider, before its host accepts it.
    Cancel(ActArgs),
    /// Close a directive whose time is over.
    Expire(ActArgs),
    /// Take a directive on, as its host's hypervisor. Agents do it by themselves.
    Accept(ActArgs),
    /// Say that a directive is done, as its host's hypervisor. Agents do it by themselves.
    Done {
        /// The directive.
        #[command(flatten)]
        act: ActArgs,
        /// The life that was created, UUID/GENERATION.
        #[arg(long, value_name = "LIFE", value_parser = life)]
        server: Option<ServerId>,
        /// SHA-256 of what the host's driver said.
        #[arg(long, value_name = "HASH", default_value_t = H256::ZERO)]
        evidence: H256,
    },
    /// Say that a directive can't be done, as its host's hypervisor. Agents do it by themselves.
    Fail {
        /// The directive.
        #[command(flatten)]
        act: ActArgs,
        /// Why.
        #[arg(long, value_parser = reason)]
        reason: FailReason,
        /// SHA-256 of what the host's driver said.
        #[arg(long, value_name = "HASH", default_value_t = H256::ZERO)]
        evidence: H256,
    },
}

/// A directive and who signs.
#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// The directive's number.
    #[arg(value_name = "ID")]
    pub(crate) id: u64,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// Which directives to show.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// At most this many.
    #[arg(long, default_value_t = 256)]
    pub(crate) limit: u32,
    /// Only those to this host: its name, or 0x and 64 digits.
    #[arg(long, value_name = "HOST", value_parser = party)]
    pub(crate) host: Option<H256>,
    /// Only those with this status.
    #[arg(long)]
    pub(crate) status: Option<StatusArg>,
    /// Print each step of each directive as it is made, until interrupted; goes on by itself when the node comes back.
    #[arg(long, conflicts_with_all = ["status", "limit"])]
    pub(crate) follow: bool,
    /// With --follow: begin after this cursor; 0/0 shows all there ever was [default: what is new].
    #[arg(long, value_name = "CURSOR", requires = "follow")]
    pub(crate) from: Option<Cursor>,
    /// The node to ask.
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
}

/// A status by its name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StatusArg {
    /// It waits for its host.
    Issued,
    /// Its host is going to do it.
    Accepted,
    /// Its host did it.
    Done,
    /// Its host couldn't do it.
    Failed,
    /// Its provider called it off.
    Cancelled,
    /// Its time was over.
    Expired,
}

/// What to ask for.
#[derive(Debug, Subcommand)]
pub(crate) enum IssueCommand {
    /// Start a server's next life.
    Create(Box<CreateArgs>),
    /// End a server's life.
    Destroy(ServerArgs),
    /// Stop a server's vCPUs and hold its memory.
    Pause(ServerArgs),
    /// Let a server's vCPUs run again.
    Resume(ServerArgs),
    /// Move a server to another host while it runs.
    Migrate {
        /// The server.
        #[command(flatten)]
        server: ServerArgs,
        /// Where to: the host's name, or 0x and 64 digits.
        #[arg(long, value_name = "HOST", value_parser = party)]
        to: H256,
    },
}

/// A server that is to be.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Its UUID [default: a new one].
    #[arg(long)]
    pub(crate) uuid: Option<Uuid>,
    /// The host that is to run it: its name, or 0x and 64 digits.
    #[arg(long, value_name = "HOST", value_parser = party)]
    pub(crate) host: H256,
    /// SHA-256 of the image it starts from.
    #[arg(long, value_name = "HASH")]
    pub(crate) image: H256,
    /// Whose it is: the service provider, by name or id.
    #[arg(long, value_name = "NAME", value_parser = party)]
    pub(crate) provider: H256,
    /// The tenant, by name or id.
    #[arg(long, value_name = "NAME", value_parser = party)]
    pub(crate) tenant: H256,
    /// The network service, by name or id.
    #[arg(long, value_name = "NAME", value_parser = party)]
    pub(crate) service: H256,
    /// Virtual CPUs; with --memory-mib.
    #[arg(long, requires = "memory_mib")]
    pub(crate) vcpus: Option<u32>,
    /// Memory in MiB.
    #[arg(long, requires = "vcpus")]
    pub(crate) memory_mib: Option<u64>,
    /// Disk in GiB.
    #[arg(long, requires = "vcpus", default_value_t = 0)]
    pub(crate) disk_gib: u64,
    /// ETSI's vnfInstanceId.
    #[arg(long, value_name = "ID")]
    pub(crate) vnf_instance_id: Option<String>,
    /// ETSI's vnfdId.
    #[arg(long, value_name = "ID")]
    pub(crate) vnfd_id: Option<String>,
    /// ETSI's vduId.
    #[arg(long, value_name = "ID")]
    pub(crate) vdu_id: Option<String>,
    /// ETSI's nsInstanceId.
    #[arg(long, value_name = "ID")]
    pub(crate) ns_instance_id: Option<String>,
    /// The life whose load it is to share, UUID/GENERATION.
    #[arg(long, value_name = "LIFE", value_parser = life)]
    pub(crate) scaled_from: Option<ServerId>,
    /// The life that has it created, UUID/GENERATION.
    #[arg(long, value_name = "LIFE", value_parser = life)]
    pub(crate) parent: Option<ServerId>,
    /// How it is issued.
    #[command(flatten)]
    pub(crate) how: HowArgs,
}

/// A server that is.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// UUID for its newest life, or UUID/GENERATION.
    #[arg(value_name = "SERVER", value_parser = LifeRef::read)]
    pub(crate) server: LifeRef,
    /// The host to ask [default: the one that runs it].
    #[arg(long, value_name = "HOST", value_parser = party)]
    pub(crate) host: Option<H256>,
    /// How it is issued.
    #[command(flatten)]
    pub(crate) how: HowArgs,
}

/// How a directive is issued.
#[derive(Debug, Args)]
pub(crate) struct HowArgs {
    /// Within how many seconds the host may accept it; a week at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) deadline_s: u64,
    /// Your own name for it: the same one twice is the same directive [default: a new one].
    #[arg(long, value_name = "HASH")]
    pub(crate) reference: Option<H256>,
    /// Wait until it is done, and end with an error where it fails, is cancelled or expires.
    #[arg(long)]
    pub(crate) wait: bool,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

fn life(text: &str) -> Result<ServerId, String> {
    let life = LifeRef::read(text)?;
    let generation = life.generation.ok_or("name the life too: UUID/GENERATION")?;
    Ok(ServerId { uuid: life.uuid, generation })
}

fn reason(text: &str) -> Result<FailReason, String> {
    let known = || FailReason::ALL.map(FailReason::name).join(", ");
    let found = FailReason::ALL.into_iter().find(|reason| reason.name() == text);
    found.ok_or_else(|| format!("the reasons are {}", known()))
}
