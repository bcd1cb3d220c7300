//! `tierchain registry`: who validates, and how operators change that together.

pub(crate) mod parties;

use clap::{Args, Subcommand};
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{AccountId, H256};

use super::query::RpcArgs;
use super::submit::SubmitArgs;
use crate::peer_id::PeerId;

/// What to read or change of the registry.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// The validators in force, and those decided to follow.
    Validators(RpcArgs),
    /// Proposals, the newest first.
    Proposals {
        /// At most this many.
        #[arg(long, default_value_t = 256)]
        limit: u32,
        /// Only those that can still be approved or have to be expired.
        #[arg(long)]
        open: bool,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// One proposal whole: what it changes, its votes, and whose are missing.
    Proposal {
        /// Its number.
        #[arg(value_name = "ID")]
        id: u32,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// The epochs since genesis: after which block each began, and its validators.
    Epochs {
        /// First epoch.
        #[arg(long, value_name = "N", default_value_t = 0)]
        from: u32,
        /// At most this many.
        #[arg(long, default_value_t = 256)]
        limit: u32,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// What an account may do, and who could let it do more.
    Roles {
        /// Its address.
        #[arg(value_name = "ACCOUNT")]
        account: AccountId,
        /// The node to ask.
        #[command(flatten)]
        rpc: RpcArgs,
    },
    /// Accounts, their grants, hosts and data centers.
    #[command(flatten)]
    Parties(parties::PartiesCommand),
    /// Propose a change, as an operator. It is enacted when a quorum of the operators approved it.
    #[command(subcommand)]
    Propose(ProposeCommand),
    /// Approve a proposal, as an operator.
    Approve {
        /// Its number.
        #[arg(value_name = "ID")]
        id: u32,
        /// Its hash, from somebody you trust [default: that of the proposal which the node shows].
        #[arg(long, value_name = "HASH")]
        hash: Option<H256>,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Close a proposal whose deadline is over.
    Expire {
        /// Its number.
        #[arg(value_name = "ID")]
        id: u32,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
}

/// What to propose.
#[derive(Debug, Subcommand)]
pub(crate) enum ProposeCommand {
    /// One validator more, from the next epoch on.
    AddValidator(Box<AddValidatorArgs>),
    /// One validator less, from the next epoch on. Its node may follow on as an observer.
    RemoveValidator {
        /// Its name or its consensus key.
        #[arg(value_name = "VALIDATOR")]
        validator: String,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// Another consensus key for a validator, from the next epoch on.
    ReplaceKey {
        /// Its name or its consensus key.
        #[arg(value_name = "VALIDATOR")]
        validator: String,
        /// The key it will vote with.
        #[command(flatten)]
        consensus: ConsensusKeyArgs,
        /// Who signs.
        #[command(flatten)]
        submit: SubmitArgs,
    },
    /// One observer more, at once: its node may follow the chain, without a vote.
    AddObserver(ObserverArgs),
    /// One observer less, at once: the validators close its node's connections. A validator that was removed is one.
    RemoveObserver(ObserverArgs),
}

/// An observer.
#[derive(Debug, Args)]
pub(crate) struct ObserverArgs {
    /// Peer id of its node: `tierchain key inspect FILE --field peerId` of its network key.
    #[arg(value_name = "PEERID")]
    pub(crate) peer_id: PeerId,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// A new validator.
#[derive(Debug, Args)]
pub(crate) struct AddValidatorArgs {
    /// Its name.
    #[arg(long)]
    pub(crate) name: String,
    /// The account of who runs it; it votes on proposals.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) operator: AccountId,
    /// The key it will vote with.
    #[command(flatten)]
    pub(crate) consensus: ConsensusKeyArgs,
    /// Peer id of its node: `tierchain key inspect FILE --field peerId` of its network key.
    #[arg(long, value_name = "PEERID")]
    pub(crate) peer_id: PeerId,
    /// Where it listens, as multiaddress; up to four.
    #[arg(long = "address", value_name = "MULTIADDR", required = true)]
    pub(crate) addresses: Vec<String>,
    /// Who signs.
    #[command(flatten)]
    pub(crate) submit: SubmitArgs,
}

/// A new consensus key: the key itself, or its public half and a proof that was made where the key is.
#[derive(Debug, Args)]
pub(crate) struct ConsensusKeyArgs {
    /// File, secret URI or seed of the new consensus key; the proof that it is held is made from it.
    #[arg(long, value_name = "KEY", required_unless_present = "consensus", conflicts_with_all = ["consensus", "proof"])]
    pub(crate) consensus_key: Option<String>,
    /// The new consensus key's public half.
    #[arg(long, value_name = "ACCOUNT", requires = "proof")]
    pub(crate) consensus: Option<AccountId>,
    /// The proof: what `tierchain key prove-possession` printed on the machine that holds the key.
    #[arg(long, value_name = "HEX", value_parser = signature, requires = "consensus")]
    pub(crate) proof: Option<Signature>,
}

/// Reads 64 bytes in hexadecimal.
fn signature(text: &str) -> Result<Signature, String> {
    let mut bytes = [0; 64];
    let digits = text.strip_prefix("0x").unwrap_or(text);
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| "a proof is 0x and 128 hexadecimal digits".to_owned())?;
    Ok(Signature(bytes))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    const KEY: &str = "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu";

    fn parse(words: &[&str]) -> Result<RegistryCommand, String> {
        let replace = ["tierchain", "registry", "propose", "replace-key", "validator-1", "--key", "//Alice"];
        let parsed = Cli::try_parse_from(replace.iter().chain(words)).map_err(|error| error.to_string())?;
        match parsed.command {
            Command::Registry(command) => Ok(*command),
            _ => Err("another command".to_owned()),
        }
    }

    #[test]
    fn a_new_key_comes_itself_or_with_its_proof() {
        let proof = "0x".to_owned() + &"0a".repeat(64);
        let with_proof = parse(&["--consensus", KEY, "--proof", &proof]).expect("complete");
        let RegistryCommand::Propose(ProposeCommand::ReplaceKey { consensus, .. }) = with_proof else {
            panic!("another command: {with_proof:?}")
        };
        assert_eq!(consensus.proof, Some(Signature([10; 64])));
        assert!(parse(&["--consensus-key", "keys/new"]).is_ok());
        let faults: [&[&str]; 5] = [
            &[],
            &["--consensus", KEY],
            &["--proof", &proof],
            &["--consensus-key", "keys/new", "--consensus", KEY, "--proof", &proof],
            &["--consensus", KEY, "--proof", "0x0a"],
        ];
        for fault in faults {
            assert!(parse(fault).is_err(), "{fault:?}");
        }
    }
}
