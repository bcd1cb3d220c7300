//! What fuzzing collected, replayed; and what a seeded tool makes, so that each target has something to start from.
//!
//! `TIERCHAIN_CORPUS=write` writes the seeds of all targets again.

mod seeds;

use std::fs;
use std::path::{Path, PathBuf};

use tierchain_fuzz::TARGETS;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The files of a target's corpus, sorted.
fn files(target: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(target)).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

#[test]
fn every_target_holds_for_its_whole_corpus() {
    for (name, target) in TARGETS {
        let files = files(name);
        assert!(!files.is_empty(), "corpus/{name} is empty");
        for file in &files {
            target(&fs::read(file).expect("a file of the corpus"));
        }
        println!("{name}: {} files", files.len());
    }
}

#[test]
fn the_seeds_stand_in_the_corpus() {
    for (name, _) in TARGETS {
        for (index, bytes) in seeds::of(name).into_iter().enumerate() {
            let file = folder(name).join(format!("seed-{index:02}"));
            if std::env::var_os("TIERCHAIN_CORPUS").is_some() {
                fs::create_dir_all(folder(name)).expect("a folder for the corpus");
                fs::write(&file, &bytes).expect("a file of the corpus");
            }
            let stored = fs::read(&file).unwrap_or_default();
            assert!(stored == bytes, "{} isn't what the seeds say: TIERCHAIN_CORPUS=write", file.display());
        }
    }
}

#[test]
fn every_target_has_a_binary() {
    for (name, _) in TARGETS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz_targets/{name}.rs"));
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(text.contains(&format!("tierchain_fuzz::fuzz_{name}(")), "{} doesn't call its target", path.display());
    }
}
