//! Who may depend on whom: the house has one brain, and nobody imports `node`.

use super::{CRATES, root};

/// What each crate may depend on of ours, outside of its tests.
fn allowed(name: &str) -> &'static [&'static str] {
    match name {
        "primitives" | "stdio" => &[],
        "consensus" | "runtime" | "storage" | "network" | "rpc" => &["primitives"],
        "replica" => &["consensus", "runtime", "primitives"],
        "rpc/client" => &["rpc", "primitives"],
        "node" => &["primitives", "consensus", "runtime", "replica", "storage", "network", "rpc", "client", "stdio"],
        "agent" => &["client", "rpc", "runtime", "primitives", "stdio"],
        // Vote logs are audited by the code that writes them.
        "testnet" => &["rpc", "replica", "consensus", "runtime", "primitives", "stdio"],
        "simulator" => &["replica", "consensus", "runtime", "primitives"],
        other => panic!("{other} isn't a crate of ours"),
    }
}

/// Third-party words that the heart may use.
const HEART_WORDS: [&str; 15] = [
    "parity-scale-codec",
    "sha2",
    "blake2",
    "twox-hash",
    "ed25519-dalek",
    "ed25519-zebra",
    "bip39",
    "hmac",
    "hex",
    "thiserror",
    "zeroize",
    "crc32fast",
    "rand_core",
    "scale-info",
    "frame-metadata",
];

/// The names under `[dependencies]` of a manifest.
fn dependencies(name: &str) -> Vec<String> {
    let path = root().join(name).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).expect("each crate has a manifest");
    let section = text.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let name = |line: &str| line.split(['.', '=', ' ']).next().unwrap_or_default().to_owned();
    section.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(name).collect()
}

#[test]
fn crates_depend_downwards_only() {
    for name in CRATES {
        for dependency in dependencies(name) {
            let Some(ours) = dependency.strip_prefix("tierchain-") else { continue };
            assert!(allowed(name).contains(&ours), "{name} may not depend on {ours}");
        }
    }
}

#[test]
fn the_heart_has_no_word_for_the_world() {
    for name in ["primitives", "consensus", "runtime", "replica"] {
        for dependency in dependencies(name) {
            let known = dependency.starts_with("tierchain-") || HEART_WORDS.contains(&dependency.as_str());
            assert!(known, "{name} depends on {dependency}, which isn't a word of the heart");
        }
    }
}

/// The known bugs that the simulator has to find are behind a feature that nothing turns on by itself.
#[test]
fn nothing_asks_for_the_known_bugs() {
    for name in CRATES {
        let text = std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("each crate has a manifest");
        for line in text.lines().filter(|line| line.contains("bugs")) {
            let is_harmless = line.starts_with("bugs = ") || line.starts_with('#') || line.starts_with("name = ");
            let permitted = is_harmless || line.starts_with("required-features = ");
            let has_feature = ["consensus", "replica", "simulator"].contains(&name);
            assert!(permitted && has_feature, "{name} asks for the known bugs: {line}");
        }
    }
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace has a manifest");
    assert!(!workspace.contains("bugs"), "the workspace asks for the known bugs");
}

#[test]
fn the_manifests_are_read_at_all() {
    assert!(dependencies("node").contains(&"tierchain-replica".to_owned()));
    assert!(dependencies("primitives").contains(&"sha2".to_owned()));
}
