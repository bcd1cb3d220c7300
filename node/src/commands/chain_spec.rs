//! `tierchain chain-spec new|show|check`.

use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;
use tierchain_rpc::types::U64;
use tierchain_runtime::genesis::LedgerBounds;
use tierchain_stdio::complain;

use super::{Instant, print, print_json, write_new};
use crate::chain_spec::{ChainSpec, Document, Problems, build, read};
use crate::cli::chain_spec::{ChainSpecCommand, FileArgs, NewArgs};
use crate::table::Table;

/// Performs `chain-spec new`, `show` or `check`.
pub(super) fn chain_spec(command: &ChainSpecCommand) -> anyhow::Result<ExitCode> {
    match command {
        ChainSpecCommand::New(args) => new(args),
        ChainSpecCommand::Show(args) => show(args),
        ChainSpecCommand::Check(args) => check(args),
    }
}

/// Writes nothing that a node would refuse.
fn new(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let document = build(args)?;
    let (spec, problems) = ChainSpec::from_document(&document);
    print_problems(&problems);
    if spec.is_none() {
        bail!("these options make no chain specification");
    }
    let text = serde_json::to_string_pretty(&document)? + "\n";
    match &args.out {
        None => print(&text),
        Some(file) => {
            write_new(file, text.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn show(args: &FileArgs) -> anyhow::Result<ExitCode> {
    let document: Document = read(&args.file)?;
    if args.json {
        return print_json(&document);
    }
    let spec = ChainSpec::load(&args.file)?;
    print(&format!("{}\n{}", settings(&spec).render(), validators(&spec).render()))
}

fn settings(spec: &ChainSpec) -> Table {
    let genesis = &spec.genesis;
    let mut table = Table::pairs();
    table.row(&[&"name", &genesis.name]);
    table.row(&[&"id", &genesis.id]);
    table.row(&[&"type", &spec.chain_type.name()]);
    table.row(&[&"genesis hash", &spec.genesis_hash()]);
    table.row(&[&"genesis time", &Instant::from(U64(genesis.time))]);
    table.row(&[&"block nonce bits", &genesis.block_nonce_bits]);
    table.row(&[&"drift bound", &format!("{} us", genesis.drift_bound_us)]);
    table.row(&[&"replays admitted", &genesis.allow_replay]);
    table.row(&[&"unknown images admitted", &genesis.unknown_images]);
    let (quota, bounds) = (&genesis.quota, &genesis.bounds);
    table.row(&[&"quota", &format!("{} us at once, {} in 1,000 of the time", quota.burst_us, quota.rate_permille)]);
    let LedgerBounds { silence_ms, witness_ms, move_ms } = bounds;
    table.row(&[&"bounds", &format!("silence {silence_ms} ms, witness {witness_ms} ms, move {move_ms} ms")]);
    table.row(&[&"validators", &spec.validators.len()]);
    table.row(&[&"observers", &spec.observers.len()]);
    table.row(&[&"accounts", &genesis.accounts.len()]);
    table.row(&[&"data centers", &genesis.data_centers.len()]);
    table.row(&[&"hosts", &genesis.hosts.len()]);
    table.row(&[&"providers", &genesis.providers.len()]);
    table
}

fn validators(spec: &ChainSpec) -> Table {
    let mut table = Table::new(&["validator", "consensus key", "peer id", "addresses"]);
    for validator in &spec.validators {
        table.row(&[&validator.name, &validator.consensus, &validator.peer, &validator.addresses.join(" ")]);
    }
    table
}

/// What `check --json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    valid: bool,
    genesis_hash: Option<String>,
    problems: Vec<String>,
}

fn check(args: &FileArgs) -> anyhow::Result<ExitCode> {
    let document: Document = read(&args.file)?;
    let (spec, problems) = ChainSpec::from_document(&document);
    let genesis_hash = spec.as_ref().map(|spec| spec.genesis_hash().to_string());
    if args.json {
        let problems = problems.iter().map(ToString::to_string).collect();
        print_json(&Report { valid: spec.is_some(), genesis_hash, problems })?;
    } else {
        print_problems(&problems);
        match genesis_hash {
            Some(hash) => print(&format!("{}: valid, genesis hash {hash}\n", args.file.display()))?,
            None => print(&format!("{}: not valid, {} problem(s)\n", args.file.display(), problems.len()))?,
        };
    }
    Ok(if spec.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_problems(problems: &Problems) {
    for problem in problems.iter() {
        complain(problem);
    }
}
