//! A process that ends with its owner.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// A child of this process. Dropped, it is killed.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts a command. What it says goes to the end of these files.
    ///
    /// # Errors
    /// When a file can't be written or the command can't be started.
    pub fn start(command: &mut Command, stdout: &Path, stderr: &Path) -> anyhow::Result<Self> {
        let (stdout, stderr) = (append_to(stdout)?, append_to(stderr)?);
        let child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn();
        Ok(Self(child.with_context(|| format!("cannot start {command:?}"))?))
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// SIGKILL; comes back when it is gone. A tracer takes what it traces with it.
    pub fn kill(&mut self) {
        if self.ended().is_none() {
            // A child that just ended needs no signal.
            let _ = signal("-KILL", &children(self.pid()));
        }
        // An error says that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// SIGTERM.
    ///
    /// # Errors
    /// When it can't be sent.
    pub fn terminate(&self) -> anyhow::Result<()> {
        signal("-TERM", &[self.pid()])
    }

    /// SIGSTOP: it does nothing until [`Self::resume`], and its sockets stay open.
    ///
    /// # Errors
    /// When it can't be sent.
    pub fn pause(&self) -> anyhow::Result<()> {
        signal("-STOP", &[self.pid()])
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// When it can't be sent.
    pub fn resume(&self) -> anyhow::Result<()> {
        signal("-CONT", &[self.pid()])
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("it is our child, and nobody else waits for it")
    }

    /// How it ended, if it does so in time.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        loop {
            let ended = self.ended();
            if ended.is_some() || began.elapsed() > limit {
                return ended;
            }
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to processes, all by one call.
///
/// # Errors
/// When one of them can't be sent it.
pub fn signal(name: &str, pids: &[u32]) -> anyhow::Result<()> {
    if pids.is_empty() {
        return Ok(());
    }
    let sent = Command::new("kill").arg(name).args(pids.iter().map(u32::to_string)).stderr(Stdio::null()).status();
    ensure!(sent.context("cannot run kill")?.success(), "processes {pids:?} can't be sent {name}");
    Ok(())
}

/// The children of a process.
fn children(pid: u32) -> Vec<u32> {
    let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

fn append_to(path: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.with_context(|| format!("cannot write {}", path.display()))
}
