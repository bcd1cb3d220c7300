//! The process driver: a server is a group of processes that is led by its tracker, which runs the image.
//!
//! - *Start.* The tracker is started behind a gate: it waits for a word on its standard input. The word is said only when
//!   its number and start time are on disk ([`shelf`]). An agent that dies in between closes the gate, and the tracker
//!   ends without having done anything. What ran is marked by the tracker itself ([`STARTED`]): so a repeat of a create
//!   knows whether to start anew.
//! - *Restart of the agent.* Servers go on; they are found again by number and start time, of the same boot.
//! - *Pause* is SIGSTOP to all that belong to it, *resume* SIGCONT, *destroy* SIGKILL.
//! - *Crash*: its leader is gone and nobody ordered that. What is left of it is killed: a server without its tracker
//!   isn't one.
//! - *Consumption* is read from `/proc`, of all that belong to it ([`proc`]).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tierchain_primitives::hash::sha256;
use tierchain_primitives::ledger::Uuid;

use super::{Driver, DriverError, Figures, Halted, Observation, Request, Seed, Seen};
use crate::manifest::Manifest;
use crate::tracker::reports;
use crate::{clock, keyfile};

mod proc;
mod shelf;
#[cfg(test)]
mod tests;

use proc::{Identity, Process};
use shelf::{Record, Shelf};

/// The file by which a tracker says that it was let through the gate.
pub(crate) const STARTED: &str = "started";

/// The file of a tracker's key.
pub(crate) const KEY: &str = "key";

/// The file of what a tracker has signed.
pub(crate) const REPORTS: &str = "reports";

/// The variable by which a server's processes are known when their leader is gone; the server's UUID is its value.
pub(crate) const MARK: &str = "TIERCHAIN_SERVER";

/// Most bytes of an image.
const IMAGE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// How long signals may take to show.
const SIGNAL_WAIT: Duration = Duration::from_secs(2);

/// How often all processes of the system are looked through. In between a look asks for the servers' leaders only: the
/// former costs some 10 us a process, of which there may be thousands.
const SCAN_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked whether they have.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How servers are run.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// Where servers are kept.
    pub(crate) state: PathBuf,
    /// Where images lie, each named by its SHA-256 in 64 digits.
    pub(crate) images: PathBuf,
    /// The tracker's program and its first arguments.
    pub(crate) tracker: Vec<OsString>,
}

/// Runs servers as processes.
#[derive(Debug)]
pub(crate) struct ProcessDriver {
    images: PathBuf,
    tracker: Vec<OsString>,
    shelf: Shelf,
    boot_id: String,
    running: BTreeMap<Uuid, Running>,
    scanned: Option<Instant>,
}

/// A server since this agent knows it.
#[derive(Debug)]
struct Running {
    record: Record,
    /// Where this agent started it: it has to be waited for.
    child: Option<Child>,
    /// The most that was ever seen.
    figures: Figures,
    /// All that belonged to it at the last look.
    members: Vec<Identity>,
    gone: Option<String>,
    /// Whether its leader was stopped at the last look.
    stopped: bool,
}

impl ProcessDriver {
    /// A driver that finds again what an earlier one has started.
    ///
    /// # Errors
    /// When the folder can't be used.
    pub(crate) fn open(setup: Setup) -> io::Result<Self> {
        let Setup { state, images, tracker } = setup;
        let shelf = Shelf::open(state.join("servers"))?;
        let mut running = BTreeMap::new();
        for uuid in shelf.uuids()? {
            if let Some(record) = shelf.record(uuid) {
                running.insert(uuid, Running::found(record));
            }
        }
        Ok(Self { images, tracker, shelf, boot_id: proc::boot_id(), running, scanned: None })
    }

    /// Copies the image into the server's folder and checks the copy, which is what will run.
    fn install(&self, request: &Request) -> Result<PathBuf, DriverError> {
        let name = hex::encode(request.image.0);
        let path = self.images.join(&name);
        let target = self.shelf.folder(request.uuid).join("image");
        // One that is started again has its copy: the host's may be gone by then.
        if read_image(&target).is_ok_and(|bytes| sha256(&[&bytes]) == request.image) {
            return Ok(target);
        }
        let manifest = Manifest::read(&path.with_extension("json"))?;
        let bytes = read_image(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DriverError::NoImage { image: request.image, folder: self.images.clone() },
            _ => io_error("reading the image", request.uuid)(error),
        })?;
        let found = sha256(&[&bytes]);
        if found != request.image || bytes.len() as u64 > IMAGE_BYTES_MAX {
            return Err(DriverError::OtherImage { path, found });
        }
        let io = io_error("copying the image", request.uuid);
        fs::create_dir_all(self.shelf.guest(request.uuid)).map_err(&io)?;
        if let Some(manifest) = manifest {
            let text = serde_json::to_vec(&manifest).expect("a manifest has text for keys, and no floats");
            fs::write(self.manifest(request.uuid), text).map_err(&io)?;
        }
        // Last, and written beside its name: the program of an earlier try may still be in use.
        let draft = target.with_extension("new");
        fs::write(&draft, &bytes).map_err(&io)?;
        fs::set_permissions(&draft, Permissions::from_mode(0o500)).map_err(&io)?;
        fs::rename(&draft, &target).map_err(&io)?;
        Ok(target)
    }

    /// The server's copy of what stands beside its image.
    fn manifest(&self, uuid: Uuid) -> PathBuf {
        self.shelf.folder(uuid).join("manifest.json")
    }

    /// Starts the tracker behind its gate, writes down who it is, and lets it through.
    fn start(&self, request: &Request, image: &Path) -> Result<Running, DriverError> {
        let io = io_error("starting the tracker", request.uuid);
        let guest = self.shelf.guest(request.uuid);
        let (program, arguments) = self.tracker.split_first().expect("the setup names a program");
        let log = OpenOptions::new().create(true).append(true).open(guest.join("console.log")).map_err(&io)?;
        let mut child = Command::new(program)
            .args(arguments)
            .arg("--dir")
            .arg(&guest)
            .arg("--image")
            .arg(image)
            .args(["--cpus", &request.resources.vcpus.to_string()])
            .arg("--manifest")
            .arg(self.manifest(request.uuid))
            .env(MARK, request.uuid.to_string())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(&io)?)
            .stderr(log)
            .spawn()
            .map_err(&io)?;
        let gate = child.stdin.take();
        let admitted =
            Process::find(child.id()).ok_or_else(|| io::Error::other("it ended at once")).and_then(|leader| {
                let Identity { pid, start } = leader.identity;
                let (directive, boot_id) = (request.directive, self.boot_id.clone());
                let record = Record { directive, pid, start, boot_id, started_us: clock::now_us() };
                self.shelf.write(request.uuid, &record)?;
                gate.ok_or_else(|| io::Error::other("it has no gate"))?.write_all(b"go\n")?;
                Ok(record)
            });
        match admitted {
            Ok(record) => Ok(Running { child: Some(child), ..Running::found(record) }),
            Err(error) => {
                // The gate is closed: it ends by itself, or it has.
                let _ = child.kill();
                let _ = child.wait();
                Err(io(error))
            }
        }
    }

    fn running(&mut self, uuid: Uuid) -> Result<&mut Running, DriverError> {
        self.running.get_mut(&uuid).ok_or(DriverError::NoSuchServer(uuid))
    }

    /// Sends a signal to all that belong to a living server, and waits until its leader shows `wanted`.
    fn signal(&mut self, uuid: Uuid, signal: Signal, wanted: impl Fn(&Process) -> bool) -> Result<(), DriverError> {
        let boot_id = self.boot_id.clone();
        let running = self.running(uuid)?;
        let began = Instant::now();
        while began.elapsed() < SIGNAL_WAIT {
            let members = running.look(uuid, &boot_id);
            if running.gone.is_some() {
                return Err(DriverError::HasEnded(uuid));
            }
            send(&members, signal);
            let leader = running.record.leader();
            if Process::find(leader.pid).is_some_and(|process| process.identity == leader && wanted(&process)) {
                return Ok(());
            }
            thread::sleep(LOOK_EVERY);
        }
        Err(io_error("signalling", uuid)(io::ErrorKind::TimedOut.into()))
    }
}

/// A server as its folder and the system show it to anybody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Surveyed {
    /// What an agent's look would find.
    pub(crate) seen: Observation,
    /// The most memory that each of its processes has had resident, added up, in KiB.
    pub(crate) peak_rss_kib: u64,
}

/// Looks at all servers of a state folder; neither writes nor signals anything, and needs no agent.
///
/// # Errors
/// When the folder can't be read.
pub(crate) fn survey(state: &Path) -> io::Result<Vec<Surveyed>> {
    let shelf = Shelf::at(state.join("servers"));
    let (boot_id, all) = (proc::boot_id(), proc::all());
    let found = shelf.uuids()?.into_iter().filter_map(|uuid| {
        let mut running = Running::found(shelf.record(uuid)?);
        let leader = running.record.leader();
        let members = running.take_in(uuid, &boot_id, &all);
        running.stopped = members.iter().any(|process| process.identity == leader && process.is_stopped());
        let seen = running.observation(uuid, |uuid| shelf.guest(uuid).join(STARTED).exists());
        Some(Surveyed { seen, peak_rss_kib: running.members.iter().map(|member| proc::peak_rss_kib(member.pid)).sum() })
    });
    Ok(found.collect())
}

impl Driver for ProcessDriver {
    fn create(&mut self, request: &Request) -> Result<(), DriverError> {
        let boot_id = self.boot_id.clone();
        let guest = self.shelf.guest(request.uuid);
        if let Some(running) = self.running.get_mut(&request.uuid) {
            let by = running.record.directive;
            if by != request.directive {
                return Err(DriverError::Taken { uuid: request.uuid, by });
            }
            running.look(request.uuid, &boot_id);
            // It runs; or it ran, and has ended by itself.
            if running.gone.is_none() || guest.join(STARTED).exists() {
                return Ok(());
            }
            self.running.remove(&request.uuid);
        }
        let io = io_error("making the folder", request.uuid);
        fs::create_dir_all(&guest).map_err(io)?;
        let has_run = guest.join(KEY).exists();
        let started = self.install(request).and_then(|image| self.start(request, &image));
        match started {
            Ok(running) => drop(self.running.insert(request.uuid, running)),
            Err(error) => {
                if !has_run {
                    // What stays of its folder harms nobody, and the reason is what counts.
                    let _ = self.shelf.remove(request.uuid);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn destroy(&mut self, uuid: Uuid) -> Result<Option<Figures>, DriverError> {
        let boot_id = self.boot_id.clone();
        let Some(running) = self.running.get_mut(&uuid) else { return Ok(None) };
        // Stopped first: then nothing is consumed between its last figures and its end.
        send(&running.look(uuid, &boot_id), Signal::STOP);
        let began = Instant::now();
        loop {
            let members = running.look(uuid, &boot_id);
            if members.is_empty() {
                return Ok(Some(running.figures));
            }
            if began.elapsed() > SIGNAL_WAIT {
                return Err(io_error("killing", uuid)(io::ErrorKind::TimedOut.into()));
            }
            send(&members, Signal::KILL);
            thread::sleep(LOOK_EVERY);
        }
    }

    fn forget(&mut self, uuid: Uuid) -> Result<(), DriverError> {
        self.running.remove(&uuid);
        self.shelf.remove(uuid).map_err(io_error("removing the folder", uuid))
    }

    fn pause(&mut self, uuid: Uuid) -> Result<(), DriverError> {
        self.signal(uuid, Signal::STOP, Process::is_stopped)
    }

    fn resume(&mut self, uuid: Uuid) -> Result<(), DriverError> {
        self.signal(uuid, Signal::CONT, |process| !process.is_stopped())
    }

    fn halt(&mut self, uuid: Uuid) -> Result<Halted, DriverError> {
        self.running(uuid)?;
        let guest = self.shelf.guest(uuid);
        // First: without the mark it is seen as halted, not as ended by itself, and a create starts it anew.
        shelf::remove_file(&guest.join(STARTED)).map_err(io_error("unmarking", uuid))?;
        let figures = self.destroy(uuid)?.unwrap_or_default();
        let reports = reports::left_in(&guest.join(REPORTS)).map_err(io_error("reading the reports", uuid))?;
        Ok(Halted { figures, tracker: keyfile::read(&guest.join(KEY)).ok(), reports })
    }

    fn prepare(&mut self, request: &Request, tracker: &Seed) -> Result<(), DriverError> {
        let uuid = request.uuid;
        if let Some(running) = self.running.get(&uuid) {
            return Err(DriverError::Taken { uuid, by: running.record.directive });
        }
        self.install(request)?;
        keyfile::write(&self.shelf.guest(uuid).join(KEY), tracker).map_err(io_error("keeping the tracker's key", uuid))
    }

    fn observe(&mut self) -> Vec<Observation> {
        let is_due = self.scanned.is_none_or(|scanned| scanned.elapsed() >= SCAN_EVERY);
        if is_due || self.running.values().any(Running::has_changed) {
            self.scanned = Some(Instant::now());
            // Without servers there is nobody to look for.
            let all = if self.running.is_empty() { Vec::new() } else { proc::all() };
            for (uuid, running) in &mut self.running {
                running.scan(*uuid, &self.boot_id, &all);
            }
        }
        let is_marked = |uuid| self.shelf.guest(uuid).join(STARTED).exists();
        self.running.iter().map(|(uuid, running)| running.observation(*uuid, is_marked)).collect()
    }
}

impl Running {
    fn found(record: Record) -> Self {
        let members = vec![record.leader()];
        Self { record, child: None, figures: Figures::default(), members, gone: None, stopped: false }
    }

    /// Whether its leader shows another state than at the last look.
    fn has_changed(&self) -> bool {
        let leader = self.record.leader();
        let found = Process::find(leader.pid).filter(|process| process.identity == leader);
        (self.gone.is_some(), self.stopped) != (found.is_none(), found.is_some_and(|process| process.is_stopped()))
    }

    /// Looks at all that belongs to it. What is left of a server that ended by itself is killed.
    fn scan(&mut self, uuid: Uuid, boot_id: &str, all: &[Process]) {
        let members = self.take_in(uuid, boot_id, all);
        if self.gone.is_some() {
            send(&self.members, Signal::KILL);
        }
        let leader = self.record.leader();
        self.stopped = members.iter().any(|process| process.identity == leader && process.is_stopped());
    }

    fn observation(&self, uuid: Uuid, is_marked: impl Fn(Uuid) -> bool) -> Observation {
        let seen = match (&self.gone, self.stopped) {
            (Some(_), _) if !is_marked(uuid) => Seen::Halted,
            (Some(how), _) => Seen::Gone { how: how.clone() },
            (None, true) => Seen::Paused,
            (None, false) => Seen::Running,
        };
        Observation {
            uuid,
            directive: self.record.directive,
            leader: self.gone.is_none().then_some(self.record.pid),
            seen,
            started: self.record.started_us,
            figures: Some(self.figures),
        }
    }

    /// Looks at it alone, and gives all that belong to it.
    fn look(&mut self, uuid: Uuid, boot_id: &str) -> Vec<Identity> {
        let members = self.take_in(uuid, boot_id, &proc::all());
        members.iter().map(|process| process.identity).collect()
    }

    fn take_in(&mut self, uuid: Uuid, boot_id: &str, all: &[Process]) -> Vec<Process> {
        let leader = self.record.leader();
        let same_boot = self.record.boot_id == boot_id;
        let mark = format!("{MARK}={uuid}");
        let members = match same_boot {
            true => proc::members(all, leader, |pid| proc::has_variable(pid, &mark)),
            false => Vec::new(),
        };
        // Those that left the group when their leader was gone are still who they were.
        let known = |process: &&Process| same_boot && self.members.contains(&process.identity);
        let strays = all.iter().filter(known).filter(|process| !members.contains(process)).cloned().collect::<Vec<_>>();
        let members = [members, strays].concat();
        if !members.iter().any(|process| process.identity == leader) && self.gone.is_none() {
            self.gone = Some(self.how());
        }
        let found = proc::figures(&members);
        // What ended without anybody of the server waiting for it isn't counted any more; it was.
        self.figures = Figures { cpu_us: found.cpu_us.max(self.figures.cpu_us), rss_kib: found.rss_kib };
        self.members = members.iter().map(|process| process.identity).collect();
        members
    }

    /// How its leader ended, where that can be known: by who started it.
    fn how(&mut self) -> String {
        let status = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        status.map_or_else(|| "found gone".to_owned(), describe)
    }
}

/// A file of at most [`IMAGE_BYTES_MAX`] bytes and one.
fn read_image(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(IMAGE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How a process ended, in a word.
pub(crate) fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}

/// Sends a signal to processes that are still who they were.
fn send(members: &[Identity], signal: Signal) {
    for member in members {
        let same = Process::find(member.pid).is_some_and(|process| process.identity == *member);
        let pid = i32::try_from(member.pid).ok().and_then(Pid::from_raw).filter(|_| same);
        if let Some(pid) = pid {
            // One that has ended in this moment needs no signal.
            let _ = kill_process(pid, signal);
        }
    }
}

fn io_error(what: &'static str, uuid: Uuid) -> impl Fn(io::Error) -> DriverError {
    move |source| DriverError::Io { what, uuid, source }
}
