//! `tierchain init --replace-votes`: the operators' way out when more than f validators lost their vote logs.
//!
//! With at most f lost, `run --rejoin` needs no trust: a quorum of whole logs begins an epoch in which nothing forgotten
//! counts. With more than f lost there is no such quorum, and only people can say what was promised. This log says it
//! the protocol's own way: it begins with the validator's VIEW-CHANGE for the view given, so it votes in no view below.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use tierchain_consensus::{Record as ConsensusRecord, Signer, ViewChange};
use tierchain_primitives::certificate::{Certificate, SignedKind, ValidatorSet, signed_bytes};
use tierchain_primitives::crypto::{KeyPair, Signature};
use tierchain_primitives::{AccountId, BlockNumber, H256, View};
use tierchain_replica::{Record, epochs_of};
use tierchain_runtime::registry;
use tierchain_storage::{BasePath, Database, Settings};

use crate::chain_spec::ChainSpec;
use crate::cli::init::InitArgs;
use crate::commands::print;
use crate::config::consensus_key_file;
use crate::{keystore, vote_log};

/// What the new log rests on.
struct Ground {
    set: ValidatorSet,
    height: BlockNumber,
    certificate: Option<Certificate>,
    /// The newest rejoin of the validator: a log without its challenge gives no vote.
    challenge: Option<H256>,
}

/// Performs `init --replace-votes`.
pub(super) fn replace_votes(args: &InitArgs, spec: &ChainSpec) -> anyhow::Result<ExitCode> {
    let genesis = spec.genesis_hash();
    let base_path = BasePath::lock(&args.base_path)?;
    let votes = base_path.votes();
    let view = View(args.above_view.context("--replace-votes needs --above-view VIEW")?);
    match vote_log::look(&votes, genesis)? {
        Ok(()) => bail!("the vote log in {} is whole: run the node with it", votes.display()),
        Err(error) if error.is_loss() => {}
        Err(error) => return Err(error).with_context(|| format!("the vote log in {}", votes.display())),
    }
    let path = args.consensus_key.clone().unwrap_or_else(|| consensus_key_file(&args.base_path));
    let key = keystore::load(&path)?;
    let ground = ground(&base_path, spec, genesis, &key.public())?;
    ensure!(
        ground.set.index_of(&key.public()).is_some(),
        "the consensus key {} in {} has no vote in epoch {}, which block {} is of: choose the right file with \
         --consensus-key",
        key.public(),
        path.display(),
        ground.set.epoch,
        ground.height
    );
    print(&warning(&ground, view))?;
    if !args.accept_possible_fork {
        bail!("nothing was changed; give --accept-possible-fork to go on");
    }
    let rejoin = ground.challenge.map(|challenge| Record::Rejoin { challenge });
    let promise = [Record::Epoch(ground.set.epoch), view_change(&key, &ground, genesis, view)?];
    let first: Vec<Record> = rejoin.into_iter().chain(promise).collect();
    let aside = vote_log::set_aside(&votes)?;
    drop(vote_log::create(&votes, genesis, &first)?);
    let kept = aside.map(|path| format!("; the lost one is kept as {}", path.display())).unwrap_or_default();
    print(&format!("made a vote log in {} that binds to no vote below view {view}{kept}\n", votes.display()))
}

/// The newest block here, and the set that votes after it.
fn ground(base_path: &BasePath, spec: &ChainSpec, genesis: H256, key: &AccountId) -> anyhow::Result<Ground> {
    let nothing = Ground { set: spec.validator_set(), height: 0, certificate: None, challenge: None };
    if !base_path.database().exists() {
        return Ok(nothing);
    }
    let database = Database::open(&base_path.database(), genesis, Settings::default())?;
    let Some((height, _)) = database.best() else { return Ok(nothing) };
    let epochs = epochs_of(&database);
    let certificate = database.certificate(height).filter(|_| height > epochs.begins_after());
    let challenge = registry::rejoined(&database, key).map(|rejoined| rejoined.challenge);
    Ok(Ground { set: epochs.current().clone(), height, certificate, challenge })
}

/// The promise as the log holds it. It shows the newest certificate that is here, so that no view after it can begin
/// below that block.
fn view_change(key: &KeyPair, ground: &Ground, genesis: H256, view: View) -> anyhow::Result<Record> {
    let epoch = ground.set.epoch;
    let sender = ground.set.index_of(&key.public()).context("the key has a vote")?;
    let certified = ground.certificate.clone();
    let mut change = ViewChange { epoch, view, sender, certified, prepared: None, signature: Signature::ZERO };
    let content = change.content_hash();
    change.signature = Signer::sign(key, &signed_bytes(&genesis, epoch, SignedKind::ViewChange, view, 0, &content));
    Ok(Record::Consensus(ConsensusRecord::ViewChange(change)))
}

fn warning(ground: &Ground, view: View) -> String {
    let Ground { set, height, .. } = ground;
    format!(
        "This validator forgets every vote it cast in epoch {epoch}. It promises no vote below view {view}, and knows of \
         blocks up to {height}.\n\
         What that risks:\n\
         - A block above {height} that only the lost logs can prove final is lost, and another may take its place. \
         Whoever has seen it as final (an operator, an auditor, an observer) then holds a proof that the network \
         contradicts: a fork.\n\
         - A validator that has a final block above those that the lost ones know stops rather than follow.\n\
         - The others may report evidence against this validator, for votes that it no longer knows of.\n\
         Use it only when more than {faulty} of the {count} validators lost their logs at once; else `tierchain run \
         --rejoin` risks nothing. First let each of them follow the survivors as an observer (`tierchain run` without \
         --validator) until all have the same block. Give the same view everywhere, above every view that any validator \
         has been in (`tierchain status`).\n",
        epoch = set.epoch,
        faulty = set.faulty_max(),
        count = set.len(),
    )
}

#[cfg(test)]
mod tests {
    use tierchain_consensus::{Message, verify};
    use tierchain_primitives::Epoch;

    use super::*;

    #[test]
    fn the_promise_is_one_that_the_others_accept() {
        let keys: Vec<KeyPair> = (1..5).map(|seed| KeyPair::from_seed(&[seed; 32])).collect();
        let set = ValidatorSet { epoch: Epoch(3), keys: keys.iter().map(KeyPair::public).collect() };
        let ground = Ground { set: set.clone(), height: 0, certificate: None, challenge: None };
        let genesis = H256([9; 32]);
        let record = view_change(&keys[2], &ground, genesis, View(100)).expect("it has a vote");
        let Record::Consensus(ConsensusRecord::ViewChange(change)) = record else { panic!("a promise") };
        assert_eq!((change.view, change.sender.0), (View(100), 2));
        assert_eq!(verify(&Message::ViewChange(change), &set, &genesis), Ok(()));
    }
}
