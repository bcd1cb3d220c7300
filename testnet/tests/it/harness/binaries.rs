//! Where the binaries are that the scenarios drive.

use std::path::{Path, PathBuf};

/// A binary of ours: in the folder that `TIERCHAIN_BIN` names, else in the build that this test is part of.
///
/// # Panics
/// When it isn't there, with the remedy.
pub(crate) fn binary(name: &str) -> PathBuf {
    let folder = std::env::var_os("TIERCHAIN_BIN").map_or_else(build_folder, PathBuf::from);
    let path = folder.join(name);
    assert!(path.exists(), "there is no {}: run scripts/test.sh, which builds them", path.display());
    path
}

/// The build's `release/`: this test lies in its `deps/`.
fn build_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a file");
    test.parent().and_then(Path::parent).expect("cargo puts tests into deps/").to_owned()
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").join(path)
}
