//! `tierchain chains witness|note|resolve|attest`: what is said beside servers' chains.

use clap::{Args, Subcommand, ValueEnum};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::ServerState;
use tierchain_rpc::types::Named;

use super::party::{LifeRef, party};
use super::submit::SubmitArgs;
use crate::commands::Instant;

/// What to say.
#[derive(Debug, Subcommand)]
pub(crate) enum SayCommand {
    /// Say which state a server is in, as its provider or its orchestrator: a second witness beside its hypervisor.
    Witness(WitnessArgs),
    /// Have a discrepancy noted that the ledger itself shows. Anybody with a role may.
    Note {
        /// UUID for its newest life, or UUID/GENERATION.
        #[arg(value_name = "SERVER", value_parser = LifeRef::read)]
        server: LifeRef,
        /// What doesn't agree.
        #[arg(long)]
        kind: KindArg,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Settle a discrepancy, as the server's provider.
    Resolve(ResolveArgs),
    /// Say that a host was watched without a break, as its hypervisor. Agents do it by themselves.
    Attest {
        /// The host: its name, or 0x and 64 digits.
        #[arg(value_name = "HOST", value_parser = party)]
        host: H256,
        /// From when on: microseconds since 1970, or 2026-11-21T16:00:00Z.
        #[arg(long, value_name = "TIME")]
        since: Instant,
        /// Until when [default: now].
        #[arg(long, value_name = "TIME")]
        until: Option<Instant>,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
}

/// What a witness sees.
#[derive(Debug, Args)]
pub(crate) struct WitnessArgs {
    /// UUID for its newest life, or UUID/GENERATION.
    #[arg(value_name = "SERVER", value_parser = LifeRef::read)]
    pub(crate) server: LifeRef,
    /// The state it is in: RUNNING, PAUSED…
    #[arg(long, value_parser = state)]
    pub(crate) state: ServerState,
    /// Since when: microseconds since 1970, or 2026-11-21T16:00:00Z [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Instant>,
    /// SHA-256 of what that is known by.
    #[arg(long, value_name = "HASH", default_value_t = H256::ZERO)]
    pub(crate) evidence: H256,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// How a discrepancy is settled.
#[derive(Debug, Args)]
pub(crate) struct ResolveArgs {
    /// UUID for its newest life, or UUID/GENERATION.
    #[arg(value_name = "SERVER", value_parser = LifeRef::read)]
    pub(crate) server: LifeRef,
    /// The note that says so: `tierchain chains notes SERVER` numbers them.
    #[arg(value_name = "NOTE")]
    pub(crate) note: u32,
    /// Who was right.
    #[arg(long)]
    pub(crate) verdict: VerdictArg,
    /// SHA-256 of what that is known by.
    #[arg(long, value_name = "HASH", default_value_t = H256::ZERO)]
    pub(crate) evidence: H256,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// A kind of discrepancy, by its name in JSON.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "camelCase")]
pub(crate) enum KindArg {
    /// Its witness sees it in another state than its hypervisor, for longer than the witness bound.
    StateDisagrees,
    /// It left a host and didn't arrive for longer than the move bound.
    MoveUnfinished,
    /// Its host has promised more than it may. The ledger notes that by itself when it comes about.
    CapacityExceeded,
}

/// Who was right.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum VerdictArg {
    /// The chain, which its hypervisor wrote.
    Ledger,
    /// The witness.
    Witness,
    /// The parties agreed on something else, which the evidence says.
    Agreed,
}

/// A state by its name, in any case.
pub(crate) fn state(text: &str) -> Result<ServerState, String> {
    let named = serde_json::from_value::<Named<ServerState>>(text.to_uppercase().into());
    named.map(|named| named.0).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_by_its_name() {
        assert_eq!((state("PAUSED"), state("running")), (Ok(ServerState::Paused), Ok(ServerState::Running)));
        let told = state("asleep").expect_err("no state");
        assert!(told.contains("ASLEEP") && told.contains("RUNNING"), "{told}");
    }
}
