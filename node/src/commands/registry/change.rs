//! `tierchain registry propose`, `approve` and `expire`: signs, submits, waits until it is final, and says what became
//! of the proposal.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use parity_scale_codec::DecodeAll;
use tierchain_primitives::crypto::Signature;
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::api::RegistryApiClient;
use tierchain_rpc::types::{ProposalInfo, ValidatorInfo};
use tierchain_runtime::registry::{self, Proposal};
use tierchain_runtime::{Call, Validator};

use super::super::possession::prove;
use super::super::query::{PAGE, at};
use super::super::submit::{Applied, Author, secret_key};
use super::whole;
use crate::cli::registry::{AddValidatorArgs, ConsensusKeyArgs, ObserverArgs, ProposeCommand};
use crate::cli::submit::SubmitArgs;

/// Proposes a change.
pub(super) async fn propose(command: ProposeCommand) -> anyhow::Result<ExitCode> {
    match command {
        ProposeCommand::AddValidator(args) => add_validator(*args).await,
        ProposeCommand::RemoveValidator { validator, submit } => {
            let author = Author::at_node(&submit).await?;
            let consensus = find(&author, &submit, &validator).await?.consensus.0;
            make(&author, &submit, Proposal::RemoveValidator { consensus }).await
        }
        ProposeCommand::ReplaceKey { validator, consensus, submit } => {
            let author = Author::at_node(&submit).await?;
            let known = find(&author, &submit, &validator).await?;
            let (new, proof) = consensus_key(&consensus, &author.genesis, &known.operator.0)?;
            make(&author, &submit, Proposal::ReplaceKey { old: known.consensus.0, new, proof }).await
        }
        ProposeCommand::AddObserver(ObserverArgs { peer_id, submit }) => {
            propose_as(&submit, Proposal::AddObserver { network_key: peer_id.0 }).await
        }
        ProposeCommand::RemoveObserver(ObserverArgs { peer_id, submit }) => {
            propose_as(&submit, Proposal::RemoveObserver { network_key: peer_id.0 }).await
        }
    }
}

async fn add_validator(args: AddValidatorArgs) -> anyhow::Result<ExitCode> {
    let AddValidatorArgs { name, operator, consensus, peer_id, addresses, submit } = args;
    let author = Author::at_node(&submit).await?;
    let (consensus, proof) = consensus_key(&consensus, &author.genesis, &operator)?;
    let peer_id = peer_id.to_bytes();
    let validator = Validator { name, operator, consensus, peer_id, addresses };
    make(&author, &submit, Proposal::AddValidator { validator, proof }).await
}

/// Approves a proposal.
pub(super) async fn approve(id: u32, hash: Option<H256>, submit: &SubmitArgs) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(submit).await?;
    let hash = match hash {
        Some(hash) => hash,
        None => shown_hash(&author, submit, id).await?,
    };
    let applied = author.submit(&Call::Registry(registry::Call::Approve { id, hash })).await?;
    report(&author, submit, &applied, id).await
}

/// Closes an overdue proposal.
pub(super) async fn expire(id: u32, submit: &SubmitArgs) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(submit).await?;
    let applied = author.submit(&Call::Registry(registry::Call::Expire { id })).await?;
    report(&author, submit, &applied, id).await
}

/// Proposes something that ends no epoch.
pub(super) async fn propose_as(submit: &SubmitArgs, proposal: Proposal) -> anyhow::Result<ExitCode> {
    let author = Author::at_node(submit).await?;
    make(&author, submit, proposal).await
}

/// Makes a proposal and finds its number.
async fn make(author: &Author<'_>, submit: &SubmitArgs, proposal: Proposal) -> anyhow::Result<ExitCode> {
    let hash = proposal.hash();
    let applied = author.submit(&Call::Registry(registry::Call::Propose { proposal })).await?;
    // The newest of that hash is ours: while it is open nobody can propose the same again.
    let mut cursor = None;
    loop {
        let page = author.client.proposals(cursor, PAGE, None).await.with_context(|| at(&submit.rpc))?;
        if let Some(found) = page.items.iter().find(|info| info.hash.0 == hash) {
            return report(author, submit, &applied, found.id).await;
        }
        cursor = page.next;
        ensure!(cursor.is_some(), "the proposal {hash} is final and not in the node's list: ask another node");
    }
}

async fn report(author: &Author<'_>, submit: &SubmitArgs, applied: &Applied, id: u32) -> anyhow::Result<ExitCode> {
    let proposal = read(author, submit, id).await?;
    applied.report(submit.rpc.json, "proposal", &proposal, whole(&proposal))
}

async fn read(author: &Author<'_>, submit: &SubmitArgs, id: u32) -> anyhow::Result<ProposalInfo> {
    let found = author.client.proposal(id).await.with_context(|| at(&submit.rpc))?;
    found.with_context(|| format!("there is no proposal {id}: `tierchain registry proposals` lists them"))
}

/// The hash of the proposal that the node shows, computed from its bytes; what is about to be approved is shown too.
async fn shown_hash(author: &Author<'_>, submit: &SubmitArgs, id: u32) -> anyhow::Result<H256> {
    let info = read(author, submit, id).await?;
    let proposal = Proposal::decode_all(&mut info.encoded.0.as_slice())
        .context("the node shows a proposal of a kind that this version doesn't know: use the node's version")?;
    if !submit.rpc.json {
        tierchain_stdio::complain(format_args!("approving:\n{}", whole(&info).render()));
    }
    Ok(proposal.hash())
}

/// The validator of a name or a consensus key, in force or decided to follow.
async fn find(author: &Author<'_>, submit: &SubmitArgs, text: &str) -> anyhow::Result<ValidatorInfo> {
    let electorate = author.client.electorate().await.with_context(|| at(&submit.rpc))?;
    let key: Option<AccountId> = text.parse().ok();
    let next = electorate.pending.into_iter().flat_map(|pending| pending.validators);
    let mut known = next.chain(electorate.validators);
    let found = known.find(|entry| entry.name == text || Some(entry.consensus.0) == key);
    match found {
        Some(found) => Ok(found),
        None => bail!("no validator is named {text:?} or has that key: `tierchain registry validators` lists them"),
    }
}

/// The public half of a new consensus key and the proof that it is held.
fn consensus_key(
    args: &ConsensusKeyArgs,
    genesis: &H256,
    operator: &AccountId,
) -> anyhow::Result<(AccountId, Signature)> {
    match (&args.consensus_key, args.consensus, args.proof) {
        (Some(text), _, _) => {
            let key = secret_key(text).context("--consensus-key")?;
            Ok((key.public(), prove(&key, genesis, operator)))
        }
        (None, Some(consensus), Some(proof)) => Ok((consensus, proof)),
        (None, _, _) => bail!("give --consensus-key, or --consensus and --proof"),
    }
}
