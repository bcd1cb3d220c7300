//! A command that runs to its end.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// Standard output of a command that must have gone well.
    ///
    /// # Errors
    /// When it didn't, with what it said.
    pub fn succeeded(self) -> anyhow::Result<String> {
        ensure!(self.code == Some(0), "exit code {:?}: {}{}", self.code, self.stdout.trim(), self.stderr.trim());
        Ok(self.stdout)
    }
}

/// Runs a command that must end within a time.
///
/// # Errors
/// When it can't be started, or still runs then; it is killed.
pub fn finish(command: &mut Command, limit: Duration) -> anyhow::Result<Finished> {
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.with_context(|| format!("cannot start {command:?}"))?;
    // Read while it runs: a full pipe would hold it up.
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let readers = (std::thread::spawn(move || read(stdout)), std::thread::spawn(move || read(stderr)));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().context("cannot wait for a child")? {
            break status;
        }
        if began.elapsed() > limit {
            // Both fail only if it has ended in this very moment.
            let _ = child.kill();
            let _ = child.wait();
            bail!("{command:?} still ran after {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = |reader: std::thread::JoinHandle<String>| reader.join().unwrap_or_default();
    Ok(Finished { code: status.code(), stdout: text(readers.0), stderr: text(readers.1) })
}

/// Runs a tool of the system, such as `ip`, which must go well at once; what it prints.
///
/// # Errors
/// When it is missing or fails, with what it said.
pub fn tool(name: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let finished = finish(Command::new(name).args(arguments), Duration::from_secs(10));
    finished.and_then(Finished::succeeded).with_context(|| format!("{name} {}", arguments.join(" ")))
}

fn read(source: Option<impl std::io::Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut source) = source {
        // What was read before an error is all there is to show.
        let _ = source.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
