//! Where the binaries are that networks are made of.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// A binary of ours: in the folder that `TIERCHAIN_BIN` names, else in the build that this program is part of.
///
/// # Errors
/// When it isn't there, with the remedy.
pub fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let folder = std::env::var_os("TIERCHAIN_BIN").map_or_else(build_folder, |folder| Ok(PathBuf::from(folder)))?;
    let path = folder.join(name);
    let remedy = "build it by `cargo build --release --workspace --bins`, or name its folder in TIERCHAIN_BIN";
    ensure!(path.exists(), "there is no {}: {remedy}", path.display());
    Ok(path)
}

/// The build's `release/`: binaries lie in it, tests in its `deps/`.
fn build_folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("this program has no file")?;
    let folder = program.parent().context("a program lies in a folder")?;
    let is_test = folder.file_name().is_some_and(|name| name == "deps");
    Ok(folder.parent().filter(|_| is_test).map_or(folder, Path::new).to_owned())
}
