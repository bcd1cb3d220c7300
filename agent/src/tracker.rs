//! The tracking application inside a server: starts the image, watches it, asks a foundry for the server's birth, and
//! reports what it sees, signed by a key that never leaves the server.
//!
//! It is started behind a gate (`driver/process.rs`): a word on its standard input lets it through; an input that ends
//! without it means that the agent died before it had written down who this is, and nothing is done.
//!
//! It leads the server's processes and is the reaper of all that descend from it, so that what they consumed is counted
//! with it. The agent may go and come back: reports are kept until the ledger has decided on them.

use std::fs::File;
use std::io::{self, BufRead};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{getpid, set_child_subreaper};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tierchain_primitives::ledger::BirthRequest;
use tierchain_primitives::numbers::Micros;
use tierchain_primitives::{H256, crypto::KeyPair};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::channel::{ToAgent, ToGuest, bytes32, scale};
use crate::cli::TrackerArgs;
use crate::clock;
use crate::driver::process::{KEY, REPORTS, STARTED};
use crate::manifest::Manifest;

mod birth;
mod check;
mod key;
mod link;
pub(crate) mod reports;
mod workload;

use birth::{Asked, News};
use check::Answers;
use reports::Reports;
use workload::{Change, Workload};

/// How often the workload is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A service that went up.
pub(crate) const SERVICE_UP: u32 = 1;
/// A service that went down.
pub(crate) const SERVICE_DOWN: u32 = 2;

/// Runs inside a server for as long as that lives.
///
/// # Errors
/// When the server's own disk can't be used, or the system refuses what a tracker needs.
pub(crate) async fn run(args: &TrackerArgs) -> anyhow::Result<()> {
    if !is_let_through()? {
        return Ok(());
    }
    set_child_subreaper(Some(getpid())).context("cannot become the reaper of the server's processes")?;
    hold_to(args.cpus).context("cannot hold the server to its CPUs")?;
    let key = key::read_or_make(&args.dir.join(KEY))?;
    let reports = Reports::open(&args.dir.join(REPORTS))?;
    mark(&args.dir.join(STARTED)).context("cannot mark the server as started")?;
    let (heard, messages) = mpsc::unbounded_channel();
    let (say, said) = mpsc::unbounded_channel();
    tokio::spawn(link::keep(args.channel.clone(), key.public(), heard, said));
    let (answered, answers) = mpsc::unbounded_channel();
    let manifest = args.manifest.as_deref().map(Manifest::read).transpose()?.flatten();
    let check = manifest.map(|manifest| {
        tokio::spawn(check::ask(manifest.check.clone(), args.dir.clone(), answered.clone()));
        Answers::new(manifest.check)
    });
    let workload = Workload::new(args.image.clone(), args.dir.clone());
    let tracker = Tracker {
        key,
        reports,
        workload,
        check,
        place: None,
        unsigned: Vec::new(),
        asked: Asked::NotYet,
        unborn: None,
        say,
    };
    // Held open where nothing is asked, so that waiting for an answer waits.
    let ended = tracker.live(messages, answers).await;
    drop(answered);
    ended
}

/// Waits at the gate.
fn is_let_through() -> io::Result<bool> {
    let mut word = String::new();
    io::stdin().lock().read_line(&mut word)?;
    Ok(word == "go\n")
}

/// Holds this process, and all that it starts, to so many of the CPUs it may use. Which, its number decides, so that
/// servers spread over all of them.
fn hold_to(count: u32) -> rustix::io::Result<()> {
    let allowed = sched_getaffinity(None)?;
    let known: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).collect();
    let first = usize::try_from(std::process::id()).unwrap_or(0);
    let mut held = CpuSet::new();
    for step in 0..known.len().min(usize::try_from(count.max(1)).unwrap_or(usize::MAX)) {
        held.set(known[(first + step) % known.len()]);
    }
    sched_setaffinity(None, &held)
}

fn mark(path: &Path) -> io::Result<()> {
    File::create(path)?.sync_all()?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Where the server stands on the ledger, as the agent says.
#[derive(Clone, Debug)]
struct Place {
    genesis: H256,
    request: BirthRequest,
}

struct Tracker {
    key: KeyPair,
    reports: Reports,
    workload: Workload,
    /// Whether its service answers, where there is a way to ask.
    check: Option<Answers>,
    place: Option<Place>,
    /// What was seen before it was known which life this is.
    unsigned: Vec<(Micros, Change)>,
    asked: Asked,
    /// Why no foundry makes the birth block, if so.
    unborn: Option<String>,
    say: mpsc::UnboundedSender<ToAgent>,
}

impl Tracker {
    async fn live(
        mut self,
        mut messages: mpsc::UnboundedReceiver<Heard>,
        mut answers: mpsc::UnboundedReceiver<Result<(), String>>,
    ) -> anyhow::Result<()> {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => {
                    for change in self.workload.look() {
                        self.check.iter_mut().for_each(Answers::begin_anew);
                        self.unsigned.push((clock::now_us(), change));
                    }
                    self.sign()?;
                    match self.asked.news() {
                        None => {}
                        Some(News::Waits(reason)) => self.say(ToAgent::Waiting { reason }),
                        Some(News::Refused(reason)) => {
                            self.say(ToAgent::Unborn { reason: reason.clone() });
                            self.unborn = Some(reason);
                        }
                    }
                }
                Some(heard) = messages.recv() => self.on(heard)?,
                Some(answer) = answers.recv() => self.on_answer(answer)?,
            }
        }
    }

    /// Something is known of whether the service answers. While it doesn't run, that is no news.
    fn on_answer(&mut self, answer: Result<(), String>) -> anyhow::Result<()> {
        let check = self.check.as_mut().filter(|_| self.workload.runs());
        if let Some(change) = check.and_then(|check| check.on(answer)) {
            self.unsigned.push((clock::now_us(), change));
            self.sign()?;
        }
        Ok(())
    }

    fn on(&mut self, heard: Heard) -> anyhow::Result<()> {
        match heard {
            // What was said to an agent that is gone is said again.
            Heard::Connected => {
                self.reports.untaken().for_each(|report| self.say(ToAgent::report(report)));
                self.unborn.iter().for_each(|reason| self.say(ToAgent::Unborn { reason: reason.clone() }));
            }
            Heard::Message(ToGuest::Taken { below }) => self.reports.on_taken(below),
            Heard::Message(ToGuest::Announced { genesis, request, foundries, born, report, reported }) => {
                self.reports.go_on_from(report, reported);
                let (Some(genesis), Some(request)) = (bytes32(&genesis).map(H256), scale::<BirthRequest>(&request))
                else {
                    tracing::warn!("the agent's announcement can't be read");
                    return Ok(());
                };
                if self.place.is_none() {
                    self.place = Some(Place { genesis, request: request.clone() });
                }
                self.sign()?;
                if !born {
                    self.asked.ask(&self.key, genesis, request, foundries);
                }
            }
        }
        Ok(())
    }

    /// Signs what was seen, once it is known which life this is: each has a number, on disk before it is said.
    fn sign(&mut self) -> anyhow::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        for (at, change) in self.unsigned.drain(..) {
            let report = self.reports.add(&self.key, &place.genesis, &place.request, at, &change)?;
            // Whoever has gone will be told again.
            let _ = self.say.send(ToAgent::report(&report));
        }
        Ok(())
    }

    fn say(&self, message: ToAgent) {
        let _ = self.say.send(message);
    }
}

/// What the link to the agent hears.
#[derive(Debug)]
enum Heard {
    /// It is connected, anew.
    Connected,
    /// The agent says something.
    Message(ToGuest),
}
