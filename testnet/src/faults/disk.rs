//! A small file system in memory, for a disk that can be filled.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cluster::tool;

/// A mounted tmpfs, gone when dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of so many MiB on a new folder.
    pub(crate) fn mount(at: &Path, mib: u32) -> anyhow::Result<Self> {
        std::fs::create_dir_all(at).with_context(|| format!("cannot make {}", at.display()))?;
        let (size, path) = (format!("size={mib}m"), at.to_string_lossy());
        tool("mount", &["-t", "tmpfs", "-o", &size, "tierchain-faults", &path])
            .context("this machine doesn't let us mount a small disk: run as root")?;
        Ok(Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, so that a process that just ended doesn't hold it up.
        let _ = tool("umount", &["--lazy", &self.0.to_string_lossy()]);
    }
}
