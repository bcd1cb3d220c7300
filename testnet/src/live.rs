//! A closed loop, live: an operator's commands become directives, a host's agent runs a server, its tracker asks a
//! foundry for the birth and reports a service going down and up, the server ends, its end is anchored, and the audit
//! verifies. Each step is printed when it is seen on the ledger, with the time since its cause and since it happened.
//!
//! It starts nothing: network, foundry and agent run already. It only gives the operator's commands, kills the service
//! once, and looks.

mod steps;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tierchain_primitives::H256;
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::{ServerState, Uuid};
use tierchain_rpc::api::{ChainApiClient, ChainsApiClient, DirectivesApiClient};
use tierchain_rpc::client::{Client, connect};
use tierchain_rpc::types::{
    Address, AnyNumber, ChainRef, DirectiveInfo, DirectiveStatus, EntityBlock, EventKind, Hash, ListOrValue, Named,
    ServerInfo, ServerStatus, ServerUuid,
};

use crate::cluster::finish;
pub use steps::{Step, Steps};

/// How long one of our calls may take.
const CALL_WAIT: Duration = Duration::from_secs(5);

/// How long one of the operator's commands may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// Codes of a tracker's guest events.
const SERVICE_UP: u32 = 1;
const SERVICE_DOWN: u32 = 2;

/// The service that the server runs: a line a second, which nobody reads.
pub const SERVICE: &str = "#!/bin/sh\n# A service that only lives.\nwhile :; do sleep 1; done\n";

/// What is running, and whose keys there are.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The node's binary.
    pub tierchain: PathBuf,
    /// JSON-RPC of a node to which neither agent nor foundry talks.
    pub rpc: String,
    /// The provider's key file and account.
    pub provider: (PathBuf, Address),
    /// The name of the provider, as the chain spec has it.
    pub provider_name: String,
    /// The host's name.
    pub host: String,
    /// The state folder of the host's agent.
    pub state: PathBuf,
    /// The host's folder of images.
    pub images: PathBuf,
    /// Where the audit file is written; none leaves the audit out.
    pub audit: Option<PathBuf>,
}

/// Puts a program into a folder of images and gives its digest.
///
/// # Errors
/// When it can't be written.
pub fn add_image(images: &Path, program: &str) -> anyhow::Result<H256> {
    let digest = sha256(&[program.as_bytes()]);
    std::fs::create_dir_all(images).and_then(|()| std::fs::write(images.join(hex::encode(digest.0)), program))?;
    Ok(digest)
}

/// Lives a server's whole life and gives its steps, in order.
///
/// # Errors
/// When a step doesn't come, or a command fails.
pub async fn live(stage: &Stage, say: impl FnMut(&Step)) -> anyhow::Result<Vec<Step>> {
    let client = connect(&stage.rpc, CALL_WAIT).await?;
    let uuid = Uuid(rand_uuid());
    let mut play = Play { stage, client, uuid, steps: Steps::new(say) };
    play.create().await?;
    play.kill_the_service().await?;
    play.turn("pause", ServerState::Paused).await?;
    play.turn("resume", ServerState::Running).await?;
    play.destroy().await?;
    play.audit().await?;
    Ok(play.steps.into_all())
}

struct Play<'a, F> {
    stage: &'a Stage,
    client: Client,
    uuid: Uuid,
    steps: Steps<F>,
}

impl<F: FnMut(&Step)> Play<'_, F> {
    async fn create(&mut self) -> anyhow::Result<()> {
        let stage = self.stage;
        let image = add_image(&stage.images, SERVICE)?.to_string();
        self.steps.cause("operator: tierchain foundry image add");
        self.command(&["foundry", "image", "add", &image])?;
        self.steps.done("the image is in the provider's catalog");

        let uuid = self.uuid.to_string();
        let id = self.issue(
            "create",
            &[
                "--uuid",
                &uuid,
                "--host",
                &stage.host,
                "--image",
                &image,
                "--provider",
                &stage.provider_name,
                "--tenant",
                "demo-tenant",
                "--service",
                "demo-service",
                "--vcpus",
                "1",
                "--memory-mib",
                "64",
            ],
        )?;
        self.directive(&id, "accepted by the host", |info| info.status != DirectiveStatus::Issued).await?;
        self.server("announced, with its tracker's key", |_| true).await?;
        self.server("born, by its tracker's request to the foundry", |info| info.status != ServerStatus::Announced)
            .await?;
        self.block(
            "runs",
            |kind| matches!(kind, EventKind::StateChanged { state } if *state == Named(ServerState::Running)),
        )
        .await?;
        self.guest("its tracker reports the service up", SERVICE_UP, 1).await?;
        self.closed(&id).await
    }

    /// What the tracker is there for.
    async fn kill_the_service(&mut self) -> anyhow::Result<()> {
        let path = self.stage.state.join("servers").join(self.uuid.to_string()).join("guest/service.pid");
        let pid = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        self.steps.cause(&format!("somebody kills the service, process {}", pid.trim()));
        finish(Command::new("kill").args(["-KILL", pid.trim()]), COMMAND_LIMIT)?.succeeded()?;
        self.guest("its tracker reports the service down", SERVICE_DOWN, 1).await?;
        self.guest("its tracker reports the service up again", SERVICE_UP, 2).await
    }

    async fn turn(&mut self, action: &str, state: ServerState) -> anyhow::Result<()> {
        let id = self.issue(action, &[&self.uuid.to_string()])?;
        self.server(&format!("is {}", state.name()), move |info| info.state == Some(Named(state))).await?;
        self.closed(&id).await
    }

    async fn destroy(&mut self) -> anyhow::Result<()> {
        let id = self.issue("destroy", &[&self.uuid.to_string()])?;
        self.block("has ended", |kind| matches!(kind, EventKind::Ended { .. })).await?;
        let folder = self.stage.state.join("servers").join(self.uuid.to_string());
        self.steps
            .until("nothing of it runs, nothing of it is kept", async || Ok((!folder.exists()).then_some(None)))
            .await?;
        self.server("its end is anchored in the meta-chain", |info| info.anchored).await?;
        self.closed(&id).await
    }

    /// From the ledger's files alone: fetched once, verified without any node.
    async fn audit(&mut self) -> anyhow::Result<()> {
        let Some(file) = &self.stage.audit else { return Ok(()) };
        let genesis = match self.client.block_hash(Some(ListOrValue::Value(AnyNumber::from(0)))).await? {
            ListOrValue::Value(Some(hash)) => hash.0.to_string(),
            _ => bail!("the node at {} has no block 0", self.stage.rpc),
        };
        let (uuid, file) = (self.uuid.to_string(), file.display().to_string());
        self.steps.cause("auditor: tierchain audit fetch");
        self.question(&["audit", "fetch", &uuid, "-o", &file, "--rpc", &self.stage.rpc])?;
        self.steps.done("the audit file is written");
        self.steps.cause("auditor: tierchain audit verify, without any node");
        let said = self.question(&["audit", "verify", &file, "--genesis", &genesis])?;
        ensure!(!said.is_empty(), "the verifier says nothing");
        self.steps.done("the audit verifies");
        Ok(())
    }

    /// Issues a directive as an operator does, and gives its reference.
    fn issue(&mut self, action: &str, arguments: &[&str]) -> anyhow::Result<H256> {
        let reference = H256(rand_bytes());
        let text = reference.to_string();
        self.steps.cause(&format!("operator: tierchain directives issue {action}"));
        let all = [&["directives", "issue", action], arguments, &["--reference", &text]].concat();
        self.command(&all)?;
        self.steps.done("the directive is final");
        Ok(reference)
    }

    async fn directive(
        &mut self,
        reference: &H256,
        what: &str,
        so: impl Fn(&DirectiveInfo) -> bool,
    ) -> anyhow::Result<DirectiveInfo> {
        let (client, issuer, reference) = (&self.client, self.stage.provider.1, Hash(*reference));
        let mut found = None;
        let look = async || {
            found = client.directive_named(issuer, reference).await?.filter(|info| so(info));
            Ok(found.is_some().then_some(None))
        };
        self.steps.until(what, look).await?;
        found.context("it was just seen")
    }

    /// Waits until a directive is done.
    async fn closed(&mut self, reference: &H256) -> anyhow::Result<()> {
        let info = self.directive(reference, "the directive is done", |info| !info.status.is_open()).await?;
        ensure!(info.status == DirectiveStatus::Done, "the directive wasn't done: {info:?}");
        Ok(())
    }

    async fn server(&mut self, what: &str, so: impl Fn(&ServerInfo) -> bool) -> anyhow::Result<()> {
        let (client, uuid) = (&self.client, ServerUuid(self.uuid));
        self.steps.until(what, async || Ok(client.server(uuid, None).await?.filter(&so).map(|_| None))).await
    }

    /// Waits for a block of the server's chain, and says how long after its event it was seen.
    async fn block(&mut self, what: &str, is_it: impl Fn(&EventKind) -> bool) -> anyhow::Result<()> {
        self.nth_block(what, 1, is_it).await
    }

    async fn guest(&mut self, what: &str, wanted: u32, nth: usize) -> anyhow::Result<()> {
        self.nth_block(what, nth, |kind| matches!(kind, EventKind::GuestEvent { code } if *code == wanted)).await
    }

    async fn nth_block(&mut self, what: &str, nth: usize, is_it: impl Fn(&EventKind) -> bool) -> anyhow::Result<()> {
        let (client, chain) = (&self.client, ChainRef::Newest(self.uuid));
        let look = async || {
            // A server that isn't born has no chain.
            let blocks: Vec<EntityBlock> = client.server_blocks(chain, 0, 256).await.unwrap_or_default();
            let found = blocks.iter().filter(|block| is_it(&block.tx.event)).nth(nth - 1);
            Ok(found.map(|block| Some(block.tx.occurred_at.0)))
        };
        self.steps.until(what, look).await
    }

    /// One of the operator's commands.
    fn command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let key = self.stage.provider.0.display().to_string();
        self.question(&[arguments, &["--key", &key, "--rpc", &self.stage.rpc]].concat())
    }

    fn question(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(&self.stage.tierchain);
        let finished = finish(command.args(arguments), COMMAND_LIMIT).and_then(|finished| finished.succeeded());
        finished.with_context(|| format!("tierchain {}", arguments.join(" ")))
    }
}

fn rand_bytes<const N: usize>() -> [u8; N] {
    rand::random()
}

/// A random UUID (RFC 9562, version 4).
fn rand_uuid() -> [u8; 16] {
    let mut bytes = rand_bytes::<16>();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}
