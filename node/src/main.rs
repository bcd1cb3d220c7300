//! `tierchain`: a validator or observer of the network, and the tools around it.
//!
//! This binary is the body of the replica: it owns the clock, the disk, the sockets and the process. What it does with
//! them stands in `service`; this file only reads the command line, starts the command and prints an error once.

// Both macros panic when their reader has gone away.
#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

mod chain_spec;
mod cli;
mod commands;
mod config;
mod foundry;
mod keystore;
mod open_files;
mod peer_id;
mod service;
mod table;
mod telemetry;
mod vote_log;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    match commands::perform(command) {
        Ok(code) => code,
        Err(error) => {
            tierchain_stdio::complain(format_args!("error: {}", commands::complaint(&error)));
            ExitCode::FAILURE
        }
    }
}
