//! What each command does, one file a command. Errors get their context here, at the edge, and are printed once.

mod chain_spec;
mod chains;
mod init;
mod key;
mod meta;
mod possession;
mod query;
mod registry;
mod run;
mod status;
mod submit;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use crate::cli::Command;

/// Performs a command.
pub(crate) fn perform(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(args) => run::run(*args),
        Command::Init(args) => init::init(&args),
        Command::Key(command) => key::key(&command),
        Command::ChainSpec(command) => chain_spec::chain_spec(&command),
        Command::Chains(command) => query::ask(chains::chains(command)),
        Command::Meta(command) => query::ask(meta::meta(command)),
        Command::Registry(command) => query::ask(registry::registry(*command)),
        Command::Status(args) => query::ask(status::status(args)),
    }
}

/// Prints a command's result. A reader that has seen enough (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Prints a value as JSON for programs.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<ExitCode> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}
