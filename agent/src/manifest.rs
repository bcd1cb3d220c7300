//! What a host knows of an image beside the image: how to see that its service answers.
//!
//! A JSON file beside the image, named by the image's digest with `.json`. The digest doesn't cover it: it is the host's
//! word, as the programs are that the host itself runs. What a tracker reports names the check that it is about.
//!
//! ```json
//! { "check": { "tcp": 8080, "everyMs": 1000, "timeoutMs": 500, "failures": 3 } }
//! ```

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Most bytes of a manifest.
const BYTES_MAX: u64 = 16 * 1024;

/// Most bytes of a socket's path within the server's disk: with the disk's own path the system takes 107.
const SOCKET_BYTES_MAX: usize = 32;

/// A manifest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// How to see that the service answers.
    pub(crate) check: Check,
}

/// A check of a service: it answers where a connection to it can be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Check {
    /// A TCP port on loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tcp: Option<u16>,
    /// A Unix socket, by its path on the server's own disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unix: Option<PathBuf>,
    /// How often it is asked.
    #[serde(default = "every_ms")]
    every_ms: u64,
    /// How long an answer may take.
    #[serde(default = "timeout_ms")]
    timeout_ms: u64,
    /// How often in a row it may fail before the service is down.
    #[serde(default = "failures")]
    pub(crate) failures: u32,
}

fn every_ms() -> u64 {
    1_000
}

fn timeout_ms() -> u64 {
    500
}

fn failures() -> u32 {
    3
}

/// A manifest that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the manifest {path} can't be used: {problem}")]
pub(crate) struct ManifestError {
    /// The file.
    pub(crate) path: PathBuf,
    /// What is wrong, and what would be right.
    pub(crate) problem: String,
}

impl Manifest {
    /// Reads a manifest; none where there is none.
    ///
    /// # Errors
    /// [`ManifestError`] where there is one that can't be read or isn't within its bounds.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, ManifestError> {
        let wrong = |problem: String| ManifestError { path: path.into(), problem };
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| wrong(error.to_string()))?,
        };
        let mut bytes = Vec::new();
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        if bytes.len() as u64 > BYTES_MAX {
            return Err(wrong(format!("it may have {BYTES_MAX} bytes")));
        }
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        manifest.check.ensure().map_err(wrong)?;
        Ok(Some(manifest))
    }
}

impl Check {
    /// How often it is asked.
    pub(crate) fn every(&self) -> Duration {
        Duration::from_millis(self.every_ms)
    }

    /// How long an answer may take.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    fn ensure(&self) -> Result<(), String> {
        match (self.tcp, &self.unix) {
            (Some(1..), None) => {}
            (None, Some(path)) => ensure_socket(path)?,
            (Some(0), _) => return Err("tcp is a port from 1 to 65535".into()),
            _ => return Err("check names either tcp or unix".into()),
        }
        if !(100..=60_000).contains(&self.every_ms) {
            return Err("everyMs is from 100 to 60000".into());
        }
        if !(10..=self.every_ms).contains(&self.timeout_ms) {
            return Err("timeoutMs is from 10 to everyMs".into());
        }
        if !(1..=100).contains(&self.failures) {
            return Err("failures is from 1 to 100".into());
        }
        Ok(())
    }
}

fn ensure_socket(path: &Path) -> Result<(), String> {
    let is_within = path.components().all(|part| matches!(part, Component::Normal(_)));
    match path.as_os_str().len() {
        1..=SOCKET_BYTES_MAX if is_within => Ok(()),
        _ => Err(format!(
            "unix is a path within the server's own disk, without .. and no longer than {SOCKET_BYTES_MAX} bytes"
        )),
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.tcp, &self.unix) {
            (Some(port), _) => write!(f, "tcp {port}"),
            (None, Some(path)) => write!(f, "unix {}", path.display()),
            (None, None) => write!(f, "nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Manifest>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("image.json");
        std::fs::write(&path, text).expect("written");
        Manifest::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_check_has_defaults_and_is_named() {
        let check = read(r#"{"check":{"tcp":8080}}"#).expect("good").expect("there").check;
        assert_eq!(
            (check.every(), check.timeout(), check.failures),
            (Duration::from_secs(1), Duration::from_millis(500), 3)
        );
        assert_eq!(check.to_string(), "tcp 8080");
        let check = read(r#"{"check":{"unix":"run/a.sock","everyMs":100,"timeoutMs":10,"failures":1}}"#);
        assert_eq!(check.expect("good").expect("there").check.to_string(), "unix run/a.sock");
        assert!(Manifest::read(Path::new("/nonexistent/image.json")).expect("none").is_none());
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_by_name() {
        let long = format!(r#"{{"check":{{"unix":"{}"}}}}"#, "a".repeat(33));
        for (text, says) in [
            ("", "EOF"),
            (r#"{"checks":{"tcp":1}}"#, "unknown field `checks`"),
            (r#"{"check":{}}"#, "either tcp or unix"),
            (r#"{"check":{"tcp":1,"unix":"a"}}"#, "either tcp or unix"),
            (r#"{"check":{"tcp":0}}"#, "a port from 1"),
            (r#"{"check":{"tcp":65536}}"#, "u16"),
            (r#"{"check":{"tcp":1,"everyMs":99}}"#, "everyMs is from 100"),
            (r#"{"check":{"tcp":1,"everyMs":200,"timeoutMs":201}}"#, "timeoutMs is from 10 to everyMs"),
            (r#"{"check":{"tcp":1,"failures":0}}"#, "failures is from 1"),
            (r#"{"check":{"unix":"/run/a.sock"}}"#, "within the server's own disk"),
            (r#"{"check":{"unix":"../a.sock"}}"#, "within the server's own disk"),
            (long.as_str(), "32 bytes"),
            (&" ".repeat(16 * 1024 + 1), "16384 bytes"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(says) && error.contains("image.json"), "{error}");
        }
    }
}
