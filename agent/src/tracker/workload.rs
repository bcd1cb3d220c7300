//! What the server runs: started, found gone, started again. The tracker reaps every process of the server, since all
//! that lose their parents are given to it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions, WaitStatus, wait};

use super::{SERVICE_DOWN, SERVICE_UP};

/// The first wait before it is started again.
const RESTART_FIRST: Duration = Duration::from_millis(200);

/// The longest wait before it is started again.
const RESTART_LONGEST: Duration = Duration::from_secs(30);

/// Having run for so long, it is started again as soon as at first.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// Something the tracker saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Change {
    /// The service runs.
    Up {
        /// As this process.
        pid: i32,
    },
    /// It doesn't run any more, or can't be started.
    Down {
        /// How that came.
        how: String,
    },
    /// It answers.
    Answers {
        /// To which check.
        what: String,
    },
    /// It doesn't answer, though it runs.
    Silent {
        /// To which check.
        what: String,
        /// How the last try ended.
        how: String,
    },
}

impl Change {
    /// The code of the guest event.
    pub(super) fn code(&self) -> u32 {
        match self {
            Self::Up { .. } | Self::Answers { .. } => SERVICE_UP,
            Self::Down { .. } | Self::Silent { .. } => SERVICE_DOWN,
        }
    }

    /// The tracker's words for it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Up { pid } => format!("tracker:UP process {pid}"),
            Self::Down { how } => format!("tracker:DOWN process, {how}"),
            Self::Answers { what } => format!("tracker:UP {what} answers"),
            Self::Silent { what, how } => format!("tracker:DOWN {what} doesn't answer, {how}"),
        }
    }
}

/// The service.
pub(super) struct Workload {
    image: PathBuf,
    folder: PathBuf,
    runs: Option<(Pid, Instant)>,
    start_at: Instant,
    wait: Duration,
    /// Whether the last start failed: that is said once.
    cannot_start: bool,
}

impl Workload {
    /// A service that is to be started.
    pub(super) fn new(image: PathBuf, folder: PathBuf) -> Self {
        Self { image, folder, runs: None, start_at: Instant::now(), wait: RESTART_FIRST, cannot_start: false }
    }

    /// Whether it runs.
    pub(super) fn runs(&self) -> bool {
        self.runs.is_some()
    }

    /// Looks at it, and starts it when that is due.
    pub(super) fn look(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if let Some((_, since)) = self.runs.take_if(|(runs, _)| *runs == pid) {
                changes.push(Change::Down { how: describe(status) });
                self.wait_for_restart(since.elapsed());
            }
        }
        if self.runs.is_none() && Instant::now() >= self.start_at {
            changes.extend(self.start());
        }
        changes
    }

    fn wait_for_restart(&mut self, ran: Duration) {
        if ran >= STEADY_AFTER {
            self.wait = RESTART_FIRST;
        }
        self.start_at = Instant::now() + self.wait;
        self.wait = (self.wait * 2).min(RESTART_LONGEST);
    }

    fn start(&mut self) -> Option<Change> {
        // In the server's own group, as all that it starts.
        let mut command = Command::new(&self.image);
        command.current_dir(&self.folder).stdin(Stdio::null());
        let spawned = command.spawn().map_err(|error| error.to_string()).and_then(|child| {
            let raw = i32::try_from(child.id()).map_err(|error| error.to_string())?;
            Pid::from_raw(raw).map(|pid| (raw, pid)).ok_or_else(|| "it has no number".to_owned())
        });
        match spawned {
            Ok((raw, pid)) => {
                self.runs = Some((pid, Instant::now()));
                self.cannot_start = false;
                // For whoever looks after the server; nothing here reads it.
                let _ = fs::write(self.folder.join("service.pid"), format!("{raw}\n"));
                Some(Change::Up { pid: raw })
            }
            Err(error) => {
                self.wait_for_restart(Duration::ZERO);
                let is_news = !std::mem::replace(&mut self.cannot_start, true);
                is_news.then(|| Change::Down { how: format!("cannot start: {error}") })
            }
        }
    }
}

fn describe(status: WaitStatus) -> String {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}
