//! A process that ends with its owner.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A child of this test. Dropped, it is killed.
pub(crate) struct Process(Child);

impl Process {
    /// Starts a command. What it says goes to the end of these files.
    pub(crate) fn start(command: &mut Command, stdout: &Path, stderr: &Path) -> Self {
        let child = command.stdin(Stdio::null()).stdout(append_to(stdout)).stderr(append_to(stderr)).spawn();
        Self(child.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}")))
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// SIGKILL; comes back when it is gone. A tracer takes what it traces with it.
    pub(crate) fn kill(&mut self) {
        if self.ended().is_none() {
            children(self.pid()).for_each(|child| signal("-KILL", child));
        }
        // An error says that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        signal("-TERM", self.pid());
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a child that nobody else waits for")
    }

    /// How it ended, if it does so in time.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
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

/// Sends a signal to one process.
pub(crate) fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").arg(name).arg(pid.to_string()).status().expect("kill is everywhere");
    assert!(sent.success(), "process {pid} can't be sent {name}");
}

/// The children of a process.
fn children(pid: u32) -> impl Iterator<Item = u32> {
    let listed = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|child| child.parse().ok()).collect::<Vec<_>>().into_iter()
}

fn append_to(path: &Path) -> File {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()))
}
