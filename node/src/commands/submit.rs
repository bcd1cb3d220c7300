//! Signing a call, submitting it, and waiting until it is final: what every command that changes the chain does.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use parity_scale_codec::Encode;
use serde::Serialize;
use serde_json::json;
use tierchain_primitives::crypto::{KeyPair, secret};
use tierchain_primitives::extrinsic::{Era, Extrinsic, RuntimeVersions};
use tierchain_primitives::{AccountId, H256};
use tierchain_rpc::api::{AuthorApiClient, ChainApiClient, StateApiClient, SystemApiClient};
use tierchain_rpc::client::{Client, message, refusal};
use tierchain_rpc::types::{Address, AnyNumber, Bytes, ExtrinsicState, Hash, Inclusion, ListOrValue};
use tierchain_runtime::Call;

use super::query::{at, client};
use super::{print, print_json};
use crate::cli::query::RpcArgs;
use crate::cli::submit::SubmitArgs;
use crate::keystore;
use crate::table::Table;

/// How often the node is asked what became of it.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// For how many blocks a submission may be included: a minute and more at the fastest pace of blocks, so that one that
/// was given up can't surprise anybody later.
const ERA_BLOCKS: u32 = 16_384;

/// An account at a node's door.
pub(super) struct Author<'a> {
    /// The node.
    pub(super) client: Client,
    /// Hash of block 0.
    pub(super) genesis: H256,
    args: &'a SubmitArgs,
    key: KeyPair,
    versions: RuntimeVersions,
}

/// An extrinsic that is final and was applied.
pub(super) struct Applied {
    /// Its hash.
    pub(super) extrinsic: Hash,
    /// Where it stands.
    pub(super) included: Inclusion,
}

impl<'a> Author<'a> {
    /// Reads the key and asks the node which chain it is on.
    pub(super) async fn at_node(args: &'a SubmitArgs) -> anyhow::Result<Self> {
        let key = secret_key(&args.key)?;
        let client = client(&args.rpc).await?;
        let genesis = genesis(&client, &args.rpc).await?;
        let version = client.runtime_version(None).await.with_context(|| at(&args.rpc))?;
        let versions = RuntimeVersions { spec: version.spec_version, transaction: version.transaction_version };
        Ok(Self { client, genesis, args, key, versions })
    }

    /// The account that signs.
    pub(super) fn account(&self) -> AccountId {
        self.key.public()
    }

    /// Signs and submits a call, and comes back when it is final and was applied.
    ///
    /// # Errors
    /// When the node refuses it, when it fails, or when it isn't final in time: what happened, and the remedy.
    pub(super) async fn submit(&self, call: &Call) -> anyhow::Result<Applied> {
        let extrinsic = self.sign(call).await?.encode();
        let submitted = self.client.submit_extrinsic(Bytes(extrinsic)).await;
        let hash = match submitted {
            Ok(hash) => hash,
            Err(error) if refusal(&error).is_some() => bail!("the node refused it: {}", message(&error)),
            Err(error) => return Err(error).with_context(|| at(&self.args.rpc)),
        };
        self.wait(hash).await
    }

    async fn sign(&self, call: &Call) -> anyhow::Result<Extrinsic> {
        let rpc = &self.args.rpc;
        let nonce = self.client.account_next_index(Address(self.account())).await.with_context(|| at(rpc))?;
        let head = self.client.header(None).await.with_context(|| at(rpc))?.context("the node has no newest block")?;
        let era = Era::mortal(ERA_BLOCKS, head.number.0);
        let birth = block_hash(&self.client, rpc, era.birth(head.number.0)).await?;
        Ok(Extrinsic::sign(&self.key, call.encode(), era, nonce, self.versions, &self.genesis, &birth))
    }

    /// Asks until it is final.
    async fn wait(&self, hash: Hash) -> anyhow::Result<Applied> {
        let deadline = Instant::now() + Duration::from_secs(self.args.wait_s);
        loop {
            let status = self.client.extrinsic_status(hash).await.with_context(|| at(&self.args.rpc))?;
            match (status.state, status.included) {
                (ExtrinsicState::Succeeded, Some(included)) => return Ok(Applied { extrinsic: hash, included }),
                (ExtrinsicState::Failed, _) => bail!("{}", status.explanation),
                _ if Instant::now() >= deadline => bail!(
                    "extrinsic {} isn't final after {} s ({}): ask the node with author_extrinsicStatus before you \
                     send it again",
                    hash.0,
                    self.args.wait_s,
                    status.explanation
                ),
                _ => tokio::time::sleep(ASK_EVERY).await,
            }
        }
    }
}

impl Applied {
    /// Prints where it stands.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<ExitCode> {
        let (extrinsic, block) = (self.extrinsic, self.included.block_number);
        if as_json {
            return print_json(&Final { extrinsic, block });
        }
        print(&format!("final in block {block}: extrinsic {}\n", extrinsic.0))
    }

    /// Prints what is so since it was applied, under its name in JSON or as a table, and where it stands.
    pub(super) fn report(
        &self,
        as_json: bool,
        name: &str,
        value: &impl Serialize,
        mut table: Table,
    ) -> anyhow::Result<ExitCode> {
        let (extrinsic, block) = (self.extrinsic, self.included.block_number);
        if as_json {
            let value = serde_json::to_value(value)?;
            return print_json(&json!({ "extrinsic": extrinsic.0.to_string(), "block": block, name: value }));
        }
        table.row(&[&"extrinsic", &extrinsic.0]);
        table.row(&[&"final in block", &block]);
        print(&table.render())
    }
}

/// What is printed with `--json` where there is nothing to show beside it.
#[derive(Serialize)]
struct Final {
    /// The extrinsic.
    extrinsic: Hash,
    /// The block in which it is final.
    block: u32,
}

/// Hash of block 0, as the node has it.
pub(super) async fn genesis(client: &Client, rpc: &RpcArgs) -> anyhow::Result<H256> {
    block_hash(client, rpc, 0).await
}

async fn block_hash(client: &Client, rpc: &RpcArgs, number: u32) -> anyhow::Result<H256> {
    let asked = Some(ListOrValue::Value(AnyNumber::from(number)));
    match client.block_hash(asked).await.with_context(|| at(rpc))? {
        ListOrValue::Value(Some(hash)) => Ok(hash.0),
        _ => bail!("the node at {} has no block {number}", rpc.rpc),
    }
}

/// The key behind a text: a secret URI, a seed, or a key file.
pub(super) fn secret_key(text: &str) -> anyhow::Result<KeyPair> {
    // Only a phrase has spaces.
    if text.starts_with("//") || text.starts_with("0x") || text.contains(' ') {
        return secret::parse(text).context("not a secret URI");
    }
    Ok(keystore::load(Path::new(text))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_uri_a_seed_or_a_file() {
        let alice = secret::parse("//Alice").expect("a URI");
        let seed = format!("0x{}", hex::encode(alice.seed()));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("alice");
        keystore::create(&path, &alice).expect("a new file");
        for text in ["//Alice", &seed, path.to_str().expect("a plain path")] {
            assert_eq!(secret_key(text).expect("a key").public(), alice.public());
        }
        let error = format!("{:#}", secret_key("no/such/file").expect_err("nothing"));
        assert!(error.contains("tierchain key generate"), "{error}");
    }
}
