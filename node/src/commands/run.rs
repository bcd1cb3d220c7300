//! `tierchain run`: reads and checks every file, starts telemetry, and hands over to the service.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tierchain_primitives::crypto::KeyPair;
use tierchain_rpc::{Origins, ServerConfig, TlsFiles};

use super::init::{has_vote_log, make_vote_log};
use crate::chain_spec::{ChainSpec, development};
use crate::cli::run::RunArgs;
use crate::config::{RunConfig, consensus_key_file, node_key_file};
use crate::peer_id::PeerId;
use crate::telemetry::LogFilter;
use crate::{keystore, open_files, service, telemetry};

/// Where a node listens when neither options nor specification say.
const LISTEN_ADDRESS: &str = "/ip4/127.0.0.1/tcp/10044";

/// Performs `run`; comes back when the node has stopped.
pub(super) fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let log = telemetry::start_log(args.log_format, &args.log)?;
    let temporary = TemporaryFolder::for_run(&args);
    let config = if args.dev { development_config(&args, log, temporary.as_ref())? } else { file_config(&args, log)? };
    open_files::raise_limit(config.rpc.connections_max);
    let metrics = SocketAddr::from((Ipv4Addr::LOCALHOST, args.prometheus_port));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(async {
        telemetry::start_metrics(metrics)?;
        service::run(config).await
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration of a node of a real chain.
fn file_config(args: &RunArgs, log: LogFilter) -> anyhow::Result<RunConfig> {
    let (Some(chain), Some(base_path)) = (&args.chain, &args.base_path) else {
        bail!("--chain FILE and --base-path DIR are needed, or --dev");
    };
    let spec = ChainSpec::load(chain)?;
    let node_key_path = args.node_key.clone().unwrap_or_else(|| node_key_file(base_path));
    let node_key = keystore::load(&node_key_path)?;
    let consensus_key = if args.validator { Some(consensus_key(args, base_path, &spec, chain)?) } else { None };
    check_member(&spec, &node_key, consensus_key.as_ref(), &node_key_path, chain)?;
    if args.validator {
        ensure!(
            has_vote_log(base_path),
            "there is no vote log in {0}: a validator that has never voted runs `tierchain init --chain {1} \
             --base-path {0}` once; one that lost its log must not vote with an empty one",
            base_path.display(),
            chain.display()
        );
    }
    Ok(config(args, log, spec, base_path.clone(), consensus_key, node_key))
}

/// The consensus key of a validator that the specification names.
fn consensus_key(args: &RunArgs, base_path: &Path, spec: &ChainSpec, chain: &Path) -> anyhow::Result<KeyPair> {
    let path = args.consensus_key.clone().unwrap_or_else(|| consensus_key_file(base_path));
    let key = keystore::load(&path)?;
    ensure!(
        spec.validator_of(&key.public()).is_some(),
        "the consensus key {} in {} is no validator's of {}: choose the right file with --consensus-key, or run \
         without --validator",
        key.public(),
        path.display(),
        chain.display()
    );
    Ok(key)
}

/// Refuses a network key that the others would not let in.
fn check_member(
    spec: &ChainSpec,
    node_key: &KeyPair,
    consensus_key: Option<&KeyPair>,
    path: &Path,
    chain: &Path,
) -> anyhow::Result<()> {
    let peer = PeerId(node_key.public());
    let owner = spec.validators.iter().find(|validator| validator.peer == peer);
    let voter = consensus_key.and_then(|key| spec.validator_of(&key.public()));
    match (owner, voter) {
        (Some(owner), Some(voter)) if owner != voter => bail!(
            "the network key in {} is of validator {}, and the consensus key of validator {}: take both from one",
            path.display(),
            owner.name,
            voter.name
        ),
        (None, Some(voter)) => bail!(
            "the network key in {} has peer id {peer}, and {} expects {} of validator {}: choose the right file with \
             --node-key",
            path.display(),
            chain.display(),
            voter.peer,
            voter.name
        ),
        (None, None) if !spec.observers.contains(&peer) => bail!(
            "peer id {peer} of {} is neither a validator nor an observer in {}: nobody would let it in; add it to \
             genesis.observers",
            path.display(),
            chain.display()
        ),
        _ => Ok(()),
    }
}

/// The configuration of `--dev`: the only validator of a chain of well-known keys.
fn development_config(
    args: &RunArgs,
    log: LogFilter,
    temporary: Option<&TemporaryFolder>,
) -> anyhow::Result<RunConfig> {
    let development = development();
    let (spec, _) = ChainSpec::from_document(&development.document);
    let spec = spec.expect("a test checks that the development chain has no errors");
    let base_path = args.base_path.clone().or_else(|| temporary.map(|folder| folder.0.clone()));
    let base_path = base_path.expect("without --base-path the folder is a temporary one");
    if !has_vote_log(&base_path) {
        make_vote_log(&base_path, spec.genesis_hash())?;
    }
    Ok(config(args, log, spec, base_path, Some(development.consensus_key), development.node_key))
}

fn config(
    args: &RunArgs,
    log: LogFilter,
    spec: ChainSpec,
    base_path: PathBuf,
    consensus_key: Option<KeyPair>,
    node_key: KeyPair,
) -> RunConfig {
    let peer = PeerId(node_key.public());
    let validator = spec.validators.iter().find(|validator| validator.peer == peer);
    let name = args.name.clone().or_else(|| validator.map(|known| known.name.clone()));
    let mut listen_addresses = args.listen_addresses.clone();
    if listen_addresses.is_empty() {
        listen_addresses = validator.map_or_else(|| vec![LISTEN_ADDRESS.to_owned()], |known| known.addresses.clone());
    }
    RunConfig {
        base_path,
        consensus_key,
        name: name.unwrap_or_else(|| peer.to_string()),
        node_key,
        listen_addresses,
        bootnodes: spec.bootnodes.iter().chain(&args.bootnodes).cloned().collect(),
        rpc: rpc_config(args),
        rpc_admin: args.rpc.rpc_admin_port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        log,
        heartbeat: Duration::from_millis(args.heartbeat_ms),
        archive: args.archive,
        quic: args.quic,
        spec,
    }
}

/// What the JSON-RPC server allows.
fn rpc_config(args: &RunArgs) -> ServerConfig {
    const MIB: u32 = 1024 * 1024;
    let rpc = &args.rpc;
    let tls = rpc.rpc_tls_cert.clone().zip(rpc.rpc_tls_key.clone());
    ServerConfig {
        connections_max: rpc.rpc_max_connections,
        subscriptions_max: rpc.rpc_max_subscriptions_per_connection,
        batch_calls_max: rpc.rpc_max_batch_request_len,
        request_bytes_max: rpc.rpc_max_request_size * MIB,
        response_bytes_max: rpc.rpc_max_response_size * MIB,
        origins: origins(&rpc.rpc_cors),
        tls: tls.map(|(certificate, key)| TlsFiles {
            certificate,
            key,
            client_authorities: rpc.rpc_tls_client_ca.clone(),
        }),
        ..ServerConfig::at(SocketAddr::from((args.rpc_listen, args.rpc_port)))
    }
}

fn origins(texts: &[String]) -> Origins {
    match texts {
        [] => Origins::default(),
        [all] if all == "all" => Origins::All,
        [none] if none == "none" => Origins::none(),
        these => Origins::These(these.to_vec()),
    }
}

/// A base path that is gone when the node is.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// One for a development node without a base path. Its name is random; the node makes it itself.
    fn for_run(args: &RunArgs) -> Option<Self> {
        let is_wanted = args.dev && args.base_path.is_none();
        let folder = || std::env::temp_dir().join(format!("tierchain-dev-{:016x}", rand::random::<u64>()));
        is_wanted.then(|| Self(folder()))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        match std::fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, folder = %self.0.display(), "cannot remove the temporary base path");
            }
            _ => {}
        }
    }
}
