//! `tierchain-agent host`: the host on a thread of its own, the ledger and the trackers' socket around it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc as sync;
use std::thread;
use std::time::Duration;

use tierchain_client::{AskError, Ledger, Ring};
use tierchain_primitives::H256;
use tierchain_primitives::ledger::{ServerId, party_id};
use tierchain_runtime::directives::{self, DirectiveId, DirectiveRecord};
use tierchain_runtime::query;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::{Host, HostError, Input, Settings, folder};
use crate::cli::{DriverKind, HostArgs};
use crate::clock;
use crate::driver::Driver;
use crate::driver::process::{ProcessDriver, Setup};
use crate::error::AgentError;
use crate::feed::Fed;
use crate::keyfile;
use crate::submitter::{Identity, Notice, Submitter};

mod moves;
mod socket;

use moves::Follower;

/// How often the servers are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often the ledger is asked for directives.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// How many things to say may be between the host and the submitter; what is more waits with the host.
const FEED_GROUPS: usize = 64;

/// Runs a host until the agent is asked to stop. Its servers go on.
pub(crate) async fn run(args: &HostArgs) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = serve(args) => Ok(ended?),
        _ = terminate.recv() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

async fn serve(args: &HostArgs) -> Result<(), AgentError> {
    let hypervisor = keyfile::read(&args.key)?;
    let (account, host) = (hypervisor.public(), party_id(&args.host));
    // Servers run in folders of their own: what they are told must not depend on ours.
    let (state, images) = (made(&args.state)?, made(&args.images)?);
    let _lock = folder::lock(&state).map_err(state_error)?;
    let channel = state.join("agent.sock");
    let (input, inputs) = sync::channel();
    socket::listen(&channel, input.clone()).map_err(folder_error("the trackers' socket", &channel))?;

    let identity = Identity { hypervisor: hypervisor.clone(), host, stand_in: None };
    let mut submitter = Submitter::new(args.validators.ring().await?, identity).await;
    let (told, notices) = mpsc::unbounded_channel();
    submitter.tell(told);
    let settings = Settings {
        host,
        account,
        genesis: submitter.chain().genesis,
        foundries: args.foundry.clone(),
        attest_every: args.attest_ms.saturating_mul(1_000),
        move_wait: args.move_wait_ms.saturating_mul(1_000),
    };
    let genesis = settings.genesis;
    folder::claim(&state, &account, &genesis).map_err(state_error)?;
    let DriverKind::Process = args.driver;
    let tracker = tracker_program(&channel).map_err(folder_error("the program", Path::new("/proc/self/exe")))?;
    let setup = Setup { state: state.clone(), images, tracker };
    let driver = ProcessDriver::open(setup).map_err(folder_error("the servers' folder", &state))?;
    let mut host = Host::open(settings, &state, driver).map_err(Box::new)?;
    host.archive_at(args.archive_bytes);

    let read_at = host.read_at();
    let (out, mut fed) = mpsc::channel(FEED_GROUPS);
    let (watch, watched) = watch::channel(BTreeMap::new());
    // It ends when nobody sends it anything any more, or takes anything from it.
    thread::spawn(move || drive(host, &inputs, &out, &watch));
    let own = party_id(&args.host);
    let directives = follow_directives(args.validators.ring().await?, own, read_at, input.clone());
    let moves = Follower { own, key: hypervisor, genesis, cursor: state.join("moves.cursor") };
    let moves = moves.follow(args.validators.ring().await?, watched, input.clone());
    tokio::select! {
        ended = submitter.run(&mut fed) => ended.map(drop),
        () = forward(notices, input) => Ok(()),
        () = directives => Ok(()),
        () = moves => Ok(()),
    }
}

/// A folder, made if it doesn't exist, by its whole path.
fn made(folder: &Path) -> Result<PathBuf, AgentError> {
    fs::create_dir_all(folder).and_then(|()| fs::canonicalize(folder)).map_err(folder_error("the folder", folder))
}

/// What a driver starts inside each server: this very program.
fn tracker_program(channel: &Path) -> std::io::Result<Vec<OsString>> {
    let program = std::env::current_exe()?;
    Ok(vec![program.into(), "tracker".into(), "--channel".into(), channel.into()])
}

fn state_error(error: folder::FolderError) -> AgentError {
    AgentError::Host(Box::new(error.into()))
}

fn folder_error(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> AgentError {
    let path = path.to_owned();
    move |source| AgentError::Host(Box::new(HostError::Folder { what, path, source }))
}

/// The host's own loop, on its thread: it looks at the servers all the time, whatever the ledger is doing.
fn drive<D: Driver>(
    mut host: Host<D>,
    inputs: &sync::Receiver<Input>,
    out: &mpsc::Sender<Fed>,
    watch: &watch::Sender<BTreeMap<ServerId, H256>>,
) {
    let mut next_look = std::time::Instant::now();
    loop {
        let input = match inputs.recv_timeout(next_look.saturating_duration_since(std::time::Instant::now())) {
            Ok(input) => input,
            Err(sync::RecvTimeoutError::Timeout) => {
                next_look = std::time::Instant::now() + LOOK_EVERY;
                Input::Look
            }
            Err(sync::RecvTimeoutError::Disconnected) => return,
        };
        if let Err(error) = host.on(clock::now_us(), input) {
            // Nobody hears it if the agent is ending anyway.
            let _ = out.blocking_send(Fed::Failed(Box::new(error).into()));
            return;
        }
        let watched = host.watched();
        watch.send_if_modified(|before| std::mem::replace(before, watched.clone()) != watched);
        while let Some(fed) = host.next_outgoing() {
            match out.try_send(fed) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(fed)) => {
                    host.put_back(fed);
                    break;
                }
                Err(mpsc::error::TrySendError::Closed(_)) => return,
            }
        }
    }
}

async fn forward(mut notices: mpsc::UnboundedReceiver<Notice>, input: sync::Sender<Input>) {
    while let Some(notice) = notices.recv().await {
        if input.send(Input::Notice(notice)).is_err() {
            return;
        }
    }
}

/// Reads the open directives of a host again and again, where any have made a step since the last time. A validator that
/// is behind that, or behind `read_at` at first, isn't listened to.
async fn follow_directives<L: Ledger>(mut ring: Ring<L>, host: H256, read_at: u64, input: sync::Sender<Input>) {
    let mut horizon = Horizon::new(read_at);
    loop {
        let question = async |ledger: &L| steps(ledger).await;
        let before = ring.ask("how far directives are", question).await;
        if horizon.wants(before) {
            let turns = ring.turns();
            let question = async |ledger: &L| Ok((open_directives(ledger, host).await?, steps(ledger).await?));
            let (open, after) = ring.ask("this host's directives", question).await;
            // Another validator than the one that was asked before may be behind it.
            if ring.turns() == turns {
                horizon.on_read(before, after);
                let told = [Input::ReadAt(after), Input::Directives(open)];
                if told.into_iter().any(|told| input.send(told).is_err()) {
                    return;
                }
            }
        }
        sleep(ASK_EVERY).await;
    }
}

/// Which states of the ledger directives are read in: no older one after a newer one.
#[derive(Debug)]
struct Horizon {
    /// What was read last is of a state with at least so many steps, if anything was read.
    from: Option<u64>,
    /// And with at most so many.
    to: u64,
}

impl Horizon {
    fn new(read_at: u64) -> Self {
        Self { from: None, to: read_at }
    }

    /// Whether to read a state with so many steps of directives, or more.
    fn wants(&self, steps: u64) -> bool {
        steps >= self.to && self.from != Some(steps)
    }

    /// It was read, between these two counts of steps.
    fn on_read(&mut self, before: u64, after: u64) {
        (self.from, self.to) = (Some(before), after.max(self.to));
    }
}

/// How many steps all directives have made.
async fn steps<L: Ledger>(ledger: &L) -> Result<u64, AskError> {
    let mut state = BTreeMap::new();
    read(ledger, directives::CHANGE_COUNT.key().to_vec(), &mut state).await?;
    Ok(query::directive_change_count(&state))
}

/// The open directives of a host: at most [`directives::OPEN_MAX`].
pub(super) async fn open_directives<L: Ledger>(
    ledger: &L,
    host: H256,
) -> Result<Vec<(DirectiveId, DirectiveRecord)>, AskError> {
    let mut state = BTreeMap::new();
    read(ledger, directives::OPEN.key(&host), &mut state).await?;
    for id in directives::open(&state, &host) {
        read(ledger, directives::DIRECTIVES.key(&id), &mut state).await?;
    }
    // One that was closed between two questions has a record that says so.
    Ok(query::directives_open(&state, &host))
}

async fn read<L: Ledger>(ledger: &L, key: Vec<u8>, state: &mut BTreeMap<Vec<u8>, Vec<u8>>) -> Result<(), AskError> {
    if let Some(value) = ledger.value(&key).await? {
        state.insert(key, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_in_states_that_are_never_older() {
        let mut horizon = Horizon::new(10);
        assert!(!horizon.wants(9) && horizon.wants(10), "an earlier agent has read at 10");
        horizon.on_read(10, 12);
        assert!(!horizon.wants(10) && !horizon.wants(11), "another validator, which is behind");
        assert!(horizon.wants(12), "something may have come while it was read");
        horizon.on_read(12, 12);
        assert!(!horizon.wants(12) && !horizon.wants(5) && horizon.wants(13));
    }
}
