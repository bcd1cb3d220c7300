//! Whether the service answers: asked again and again, each time within a bound.

use std::io;
use std::path::Path;

use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::workload::Change;
use crate::manifest::Check;

/// Asks for ever; ends when nobody listens.
pub(super) async fn ask(check: Check, disk: std::path::PathBuf, answers: mpsc::UnboundedSender<Result<(), String>>) {
    loop {
        sleep(check.every()).await;
        let answer = match timeout(check.timeout(), connect(&check, &disk)).await {
            Ok(connected) => connected.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {} ms", check.timeout().as_millis())),
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}

async fn connect(check: &Check, disk: &Path) -> io::Result<()> {
    match (check.tcp, &check.unix) {
        (Some(port), _) => TcpStream::connect(("127.0.0.1", port)).await.map(drop),
        (None, Some(path)) => UnixStream::connect(disk.join(path)).await.map(drop),
        (None, None) => Ok(()),
    }
}

/// What the answers say of the service.
#[derive(Debug)]
pub(super) struct Answers {
    check: Check,
    failed: u32,
    /// What was said last since the service was started.
    is_up: Option<bool>,
}

impl Answers {
    /// Nothing was asked yet.
    pub(super) fn new(check: Check) -> Self {
        Self { check, failed: 0, is_up: None }
    }

    /// The service was started, or has ended: what was known is over.
    pub(super) fn begin_anew(&mut self) {
        (self.failed, self.is_up) = (0, None);
    }

    /// Takes an answer of a service that runs, and gives what is new.
    pub(super) fn on(&mut self, answer: Result<(), String>) -> Option<Change> {
        let what = self.check.to_string();
        match answer {
            Ok(()) => {
                self.failed = 0;
                (self.is_up.replace(true) != Some(true)).then_some(Change::Answers { what })
            }
            Err(how) => {
                self.failed = self.failed.saturating_add(1);
                if self.failed < self.check.failures {
                    return None;
                }
                (self.is_up.replace(false) != Some(false)).then_some(Change::Silent { what, how })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Check {
        serde_json::from_str(text).expect("a check")
    }

    #[test]
    fn up_and_down_are_said_once_and_one_failure_is_none() {
        let mut answers = Answers::new(check(r#"{"tcp":7,"failures":2}"#));
        let (up, down) = (|| Ok(()), || Err("refused".to_owned()));
        let what = || "tcp 7".to_owned();
        let answers_now = Some(Change::Answers { what: what() });
        let silent = Some(Change::Silent { what: what(), how: "refused".into() });
        let day = [down(), up(), up(), down(), up(), down(), down(), down(), up()];
        let told: Vec<_> = day.into_iter().map(|answer| answers.on(answer)).collect();
        let nothing = None::<Change>;
        let expected =
            [&nothing, &answers_now, &nothing, &nothing, &nothing, &nothing, &silent, &nothing, &answers_now];
        assert_eq!(told.iter().collect::<Vec<_>>(), expected);
        // One that never answers since it was started is down, too; a start begins anew.
        answers.begin_anew();
        assert_eq!((answers.on(down()), answers.on(down())), (None, silent));
        answers.begin_anew();
        assert_eq!(answers.on(up()), answers_now);
    }

    #[tokio::test]
    async fn a_port_and_a_socket_are_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let number = port.local_addr().expect("an address").port();
        let tcp = check(&format!(r#"{{"tcp":{number},"everyMs":100}}"#));
        let unix = check(r#"{"unix":"a.sock","everyMs":100}"#);
        assert!(connect(&unix, folder.path()).await.is_err());
        let socket = tokio::net::UnixListener::bind(folder.path().join("a.sock")).expect("a socket");
        connect(&tcp, folder.path()).await.expect("it answers");
        connect(&unix, folder.path()).await.expect("it answers");
        let (send, mut answers) = mpsc::unbounded_channel();
        tokio::spawn(ask(tcp, folder.path().into(), send));
        assert_eq!(answers.recv().await, Some(Ok(())));
        drop((port, socket));
        while answers.recv().await.expect("it goes on").is_ok() {}
    }
}
