//! The command line: one struct per command, parsed and nothing else. What a command does stands in `commands`.

pub(crate) mod audit;
pub(crate) mod chain_spec;
pub(crate) mod directives;
pub(crate) mod evidence;
pub(crate) mod foundry;
pub(crate) mod foundry_service;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod party;
pub(crate) mod query;
pub(crate) mod registry;
pub(crate) mod rpc;
pub(crate) mod run;
pub(crate) mod say;
pub(crate) mod servers;
pub(crate) mod submit;

use clap::{Parser, Subcommand};

/// A permissioned ledger for network function virtualization: node and tools.
#[derive(Debug, Parser)]
#[command(name = "tierchain", version, about, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands of `tierchain`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a node: an observer, or with --validator a voting replica.
    Run(Box<run::RunArgs>),
    /// Make the vote log of a validator, once, before its first run.
    Init(init::InitArgs),
    /// Make and inspect keys.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Make, show and check chain specifications.
    #[command(subcommand)]
    ChainSpec(chain_spec::ChainSpecCommand),
    /// Read the chains of servers from a node.
    #[command(subcommand)]
    Chains(query::ChainsCommand),
    /// Read meta-chains from a node.
    #[command(subcommand)]
    Meta(query::MetaCommand),
    /// Show and change who validates and who may do what: proposals of operators, providers' accounts, hosts.
    #[command(subcommand)]
    Registry(Box<registry::RegistryCommand>),
    /// The images of which servers are born.
    #[command(subcommand)]
    Foundry(Box<foundry::FoundryCommand>),
    /// Ask hosts to create, destroy, pause, resume and migrate servers, and see what became of it.
    #[command(subcommand)]
    Directives(Box<directives::DirectivesCommand>),
    /// Fetch and check files that prove what happened to a server, or that nothing did.
    #[command(subcommand)]
    Audit(Box<audit::AuditCommand>),
    /// Say where a node stands and what it waits for.
    Status(query::StatusArgs),
    /// Read the evidence of validators' faults that a node holds.
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Check files without any node.
    #[command(subcommand)]
    Verify(evidence::VerifyCommand),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
