//! A command that runs to its end.

use std::process::Command;
use std::time::Duration;

use super::process::Process;

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit code; none where a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Finished {
    /// Standard output of a command that must have gone well.
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// Runs a command that must end within a time.
///
/// # Panics
/// When it doesn't.
pub(crate) fn finish(command: &mut Command, limit: Duration) -> Finished {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (stdout, stderr) = (folder.path().join("stdout"), folder.path().join("stderr"));
    let status = Process::start(command, &stdout, &stderr).wait(limit);
    let read = |path| String::from_utf8_lossy(&std::fs::read(path).expect("it was made")).into_owned();
    let (stdout, stderr) = (read(stdout), read(stderr));
    let Some(status) = status else { panic!("{command:?} still runs after {limit:?}:\n{stdout}{stderr}") };
    Finished { code: status.code(), stdout, stderr }
}
