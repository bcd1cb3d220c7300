//! `tierchain verify evidence`: no node is asked, the genesis hash alone is trusted.

use std::process::ExitCode;

use serde_json::json;
use tierchain_replica::evidence::{Ed25519, EvidenceFile, EvidenceFileError, FILE_BYTES_MAX, Guilt};
use tierchain_stdio::complain;

use super::{print, print_json};
use crate::cli::evidence::{VerifyArgs, VerifyCommand};
use crate::table::Table;

/// The file can't be read at all.
const UNREADABLE: u8 = 2;

/// Performs `verify evidence`.
pub(super) fn verify(command: &VerifyCommand) -> anyhow::Result<ExitCode> {
    match command {
        VerifyCommand::Evidence(args) => evidence(args),
    }
}

fn evidence(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let verdict = match read(args) {
        Ok(bytes) => EvidenceFile::from_bytes(&bytes).and_then(|file| file.verify(&Ed25519, &args.genesis)),
        Err(reason) => {
            complain(format_args!("error: {reason}"));
            return Ok(ExitCode::from(UNREADABLE));
        }
    };
    match verdict {
        Ok(guilt) => proven(args, &guilt),
        Err(error) => {
            if args.json {
                print_json(&json!({ "proven": false, "reason": error.to_string() }))?;
            }
            complain(format_args!("error: {} proves nothing: {error}", args.file.display()));
            let is_unreadable = matches!(error, EvidenceFileError::Unreadable);
            Ok(if is_unreadable { ExitCode::from(UNREADABLE) } else { ExitCode::FAILURE })
        }
    }
}

/// Reads no more than an evidence file may have.
fn read(args: &VerifyArgs) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", args.file.display());
    let length = std::fs::metadata(&args.file).map_err(cannot)?.len();
    if length > FILE_BYTES_MAX as u64 {
        return Err(format!(
            "{} has {length} bytes, and an evidence file has at most {FILE_BYTES_MAX}",
            args.file.display()
        ));
    }
    std::fs::read(&args.file).map_err(cannot)
}

fn proven(args: &VerifyArgs, guilt: &Guilt) -> anyhow::Result<ExitCode> {
    let (epoch, validator, key, fault) =
        (guilt.epoch.0, guilt.culprit.0, guilt.key.to_string(), guilt.fault.to_string());
    if args.json {
        return print_json(&json!({
            "proven": true, "epoch": epoch, "validator": validator, "key": key, "fault": fault,
        }));
    }
    let mut table = Table::pairs();
    table.row(&[&"proven", &fault]);
    table.row(&[&"validator", &format!("{validator} of epoch {epoch}")]);
    table.row(&[&"consensus key", &key]);
    print(&table.render())
}
