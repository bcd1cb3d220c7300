//! `tierchain audit verify`: no node is asked, the genesis hash alone is trusted.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use tierchain_primitives::H256;
use tierchain_runtime::audit::{FILE_BYTES_MAX, Place, Refusal, Report, verify as verify_bytes};

use super::show;
use crate::cli::audit::VerifyArgs;
use crate::commands::print_json;

/// The file can't be read at all.
const UNREADABLE: u8 = 2;

/// What a file is told that can't be read, or of which a part doesn't hold.
pub(super) const PROVES_NOTHING: &str = "proves nothing";

/// Checks a file and says what it proves.
pub(super) fn verify(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let report = match read(&args.file, &args.genesis) {
        Ok(report) => report,
        Err(refusal) => return refused(&args.file, args.json, PROVES_NOTHING, &refusal),
    };
    match stayed(args, report) {
        Ok(report) if args.json => show::json(&report),
        Ok(report) => show::table(&report),
        Err(refusal) => refused(&args.file, args.json, "holds, but not what was asked", &refusal),
    }
}

/// Reads and checks a file.
pub(super) fn read(file: &Path, genesis: &H256) -> Result<Report, Refusal> {
    let cannot = |error: std::io::Error| Refusal::Unreadable(format!("cannot read {}: {error}", file.display()));
    let length = std::fs::metadata(file).map_err(cannot)?.len();
    if length > FILE_BYTES_MAX as u64 {
        return Err(Refusal::Unreadable(format!("it has {length} bytes, and at most {FILE_BYTES_MAX} are read")));
    }
    verify_bytes(&std::fs::read(file).map_err(cannot)?, genesis)
}

/// Says why a file proves nothing, or less than was asked.
pub(super) fn refused(file: &Path, json: bool, verdict: &str, refusal: &Refusal) -> anyhow::Result<ExitCode> {
    if json {
        let (place, reason) = match refusal {
            Refusal::Invalid { place, reason } => (Some(place.to_string()), reason.clone()),
            Refusal::Unreadable(reason) => (None, reason.clone()),
        };
        print_json(&json!({ "valid": false, "place": place, "block": refusal.block(), "reason": reason }))?;
    }
    tierchain_stdio::complain(format_args!("error: {} {verdict}: {refusal}", file.display()));
    let is_unreadable = matches!(refusal, Refusal::Unreadable(_));
    Ok(if is_unreadable { ExitCode::from(UNREADABLE) } else { ExitCode::FAILURE })
}

/// Passes a life that never left the region that was asked for.
fn stayed(args: &VerifyArgs, report: Report) -> Result<Report, Refusal> {
    let Some(region) = &args.never_left else { return Ok(report) };
    let Report::Life(life) = &report else {
        let reason = "only a life's file says where a server was".to_owned();
        return Err(Refusal::Invalid { place: Place::File, reason });
    };
    if let Err(elsewhere) = life.never_left(region) {
        let (host, center) = (&elsewhere.host.id, &elsewhere.data_center);
        let aimed = life.lived.stays.iter().find(|stay| stay.host == *host);
        let verb = if aimed.is_some() { "it was" } else { "it was to move to" };
        let reason =
            format!("{verb} on host {host} in {}, region {:?}, and not in {region:?}", center.name, center.region);
        let block = life.named_first(host);
        return Err(Refusal::Invalid { place: Place::Block(block), reason });
    }
    Ok(report)
}
