//! What each command does, one file a command. Errors get their context here, at the edge, and are printed once.

mod audit;
mod chain_spec;
mod chains;
mod complaint;
mod directives;
mod evidence;
mod follow;
mod foundry;
mod foundry_service;
mod init;
mod key;
mod meta;
mod possession;
mod query;
mod registry;
mod run;
mod status;
mod submit;
mod verify;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

pub(crate) use self::audit::Instant;
pub(crate) use self::complaint::complaint;
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
        Command::Foundry(command) => query::ask(foundry::foundry(*command)),
        Command::Directives(command) => query::ask(directives::directives(*command)),
        Command::Audit(command) => audit::audit(*command),
        Command::Status(args) => query::ask(status::status(args)),
        Command::Evidence(command) => query::ask(evidence::evidence(command)),
        Command::Verify(command) => verify::verify(&command),
    }
}

/// Prints a command's result. A reader that has seen enough (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<ExitCode> {
    tierchain_stdio::print(text)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a line at once; false when its reader has seen enough.
fn print_line(line: &str) -> anyhow::Result<bool> {
    Ok(tierchain_stdio::print(&format!("{line}\n"))?)
}

/// Prints a value as JSON for programs.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<ExitCode> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Writes a file that must not exist yet.
fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists already: choose another name, or remove it first", path.display())
        }
        opened => opened.with_context(|| format!("cannot create {}", path.display()))?,
    };
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))
}
