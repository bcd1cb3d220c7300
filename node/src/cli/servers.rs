//! `tierchain chains list`: which servers to show. The filters have the names that they have in `chains_list`.

use clap::{Args, ValueEnum};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerState;
use tierchain_rpc::types::{Hash, Named, ServerFilter, ServerStatus};

use super::party::party;
use super::query::RpcArgs;
use super::say::state;

/// Which servers to show: those that match everything that is said.
#[derive(Debug, Args)]
pub(crate) struct ServersArgs {
    /// At most this many.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) limit: u32,
    /// Only those whose life has come this far.
    #[arg(long)]
    pub(crate) status: Option<StatusArg>,
    /// Only those in this state: RUNNING, PAUSED…
    #[arg(long, value_parser = state)]
    pub(crate) state: Option<ServerState>,
    /// Only those on this host, by name or id.
    #[arg(long, value_name = "HOST", value_parser = party)]
    pub(crate) host: Option<H256>,
    /// Only those of this provider, by name or id.
    #[arg(long, value_name = "NAME", value_parser = party)]
    pub(crate) provider: Option<H256>,
    /// Only those of this tenant, by name or id.
    #[arg(long, value_name = "NAME", value_parser = party)]
    pub(crate) tenant: Option<H256>,
    /// Only those of this network service, by name or id.
    #[arg(long, value_name = "NAME", value_parser = party)]
    pub(crate) service: Option<H256>,
    /// Only those that are recorded on their meta-chain (true), or not yet (false).
    #[arg(long, value_name = "BOOL")]
    pub(crate) anchored: Option<bool>,
    /// The node to ask.
    #[command(flatten)]
    pub(crate) rpc: RpcArgs,
}

impl ServersArgs {
    /// What the node is asked for.
    pub(crate) fn filter(&self) -> ServerFilter {
        ServerFilter {
            status: self.status.map(StatusArg::status),
            state: self.state.map(Named),
            host: self.host.map(Hash),
            provider: self.provider.map(Hash),
            tenant: self.tenant.map(Hash),
            service: self.service.map(Hash),
            anchored: self.anchored,
        }
    }
}

/// How far a life has come, by its name in JSON.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StatusArg {
    /// Announced, and not born yet.
    Announced,
    /// Born, and not ended.
    Living,
    /// Sealed for ever.
    Ended,
}

impl StatusArg {
    fn status(self) -> ServerStatus {
        match self {
            Self::Announced => ServerStatus::Announced,
            Self::Living => ServerStatus::Living,
            Self::Ended => ServerStatus::Ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{CommandFactory, Parser};
    use serde_json::{Value, json};
    use tierchain_primitives::ledger::party_id;

    use super::*;
    use crate::cli::query::ChainsCommand;
    use crate::cli::{Cli, Command};

    /// The filter as the node gets it, or why nothing is sent.
    fn filter(words: &[&str]) -> Result<Value, String> {
        let parsed = Cli::try_parse_from(["tierchain", "chains", "list"].iter().chain(words));
        match parsed.map_err(|error| error.to_string())?.command {
            Command::Chains(ChainsCommand::List(args)) => Ok(json!(args.filter())),
            _ => Err("another command".to_owned()),
        }
    }

    #[test]
    fn every_filter_of_the_node_is_an_option_of_its_name() {
        let Value::Object(known) = json!(ServerFilter::default()) else { panic!("a filter is an object") };
        let command = Cli::command();
        let list = command.find_subcommand("chains").and_then(|chains| chains.find_subcommand("list"));
        let options: BTreeSet<&str> =
            list.expect("it exists").get_arguments().filter_map(|arg| arg.get_long()).collect();
        for name in known.keys() {
            assert!(options.contains(name.as_str()), "there is no --{name}");
        }
        assert_eq!(filter(&[]), Ok(json!(ServerFilter::default())), "nothing is left out unasked");
    }

    #[test]
    fn what_is_said_is_what_the_node_is_asked_for() {
        let id = |name| party_id(name).to_string();
        let host = H256([7; 32]).to_string();
        let words = ["--status", "living", "--state", "paused", "--host", &host, "--provider", "p", "--tenant", "t"];
        let asked = filter(&[&words[..], &["--service", "s", "--anchored", "false"]].concat());
        let expected = json!({
            "status": "living", "state": "PAUSED", "host": host, "provider": id("p"), "tenant": id("t"),
            "service": id("s"), "anchored": false,
        });
        assert_eq!(asked, Ok(expected));
    }

    #[test]
    fn a_bad_value_is_refused_with_what_there_is() {
        let check = |words: &[&str], says: &[&str]| {
            let told = filter(words).expect_err("a bad value");
            assert!(says.iter().all(|part| told.contains(part)), "{words:?}: {told}");
        };
        check(&["--status", "dead"], &["announced", "living", "ended"]);
        check(&["--state", "asleep"], &["ASLEEP", "RUNNING", "PAUSED"]);
        check(&["--host", "0x12"], &["--host", "64 hexadecimal digits"]);
        check(&["--provider", ""], &["--provider"]);
        check(&["--anchored", "maybe"], &["true", "false"]);
    }
}
