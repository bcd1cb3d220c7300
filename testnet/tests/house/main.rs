//! Taste as a test: the dependency graph, the purity of the heart, lock files, the size of files, leftovers,
//! the names in docs/protocol.md.

mod graph;
mod locks;
mod protocol;
mod purity;
mod tidy;

use std::path::{Path, PathBuf};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("testnet/ lies in the repository").to_owned()
}

/// Our crates, by their folder.
const CRATES: [&str; 13] = [
    "primitives",
    "consensus",
    "runtime",
    "replica",
    "storage",
    "network",
    "rpc",
    "rpc/client",
    "node",
    "agent",
    "simulator",
    "testnet",
    "stdio",
];

/// All Rust files below a folder, with their text.
fn rust_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file is text");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}
