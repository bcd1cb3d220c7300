//! The source side across restarts.

use std::io::Write;
use std::path::{Path, PathBuf};

use tierchain_primitives::AccountId;

use super::*;
use crate::source::Grammar;

const SAMPLE: &[u8] = include_bytes!("../../tests/data/nova-sample.log");

fn spec(path: PathBuf) -> SourceSpec {
    SourceSpec { grammar: Grammar::Nova, path }
}

fn written(folder: &Path, content: &[u8]) -> SourceSpec {
    let path = folder.join("recording");
    std::fs::write(&path, content).expect("it can be written");
    spec(path)
}

/// Runs a feed to its end: the records it gave and what it said last.
fn run(source: SourceSpec, outbox: &Path, speed: f64) -> (Vec<Record>, Result<SourceEnd, AgentError>) {
    let (out, mut fed) = mpsc::channel(8);
    let opened = Outbox::open(outbox, AccountId([7; 32])).expect("it opens");
    let feed = Feed::new(source, opened, speed, Arc::new(AtomicBool::new(false)), out);
    let reader = thread::spawn(move || feed.run());
    let (mut records, mut end) = (Vec::new(), None);
    while let Some(fed) = fed.blocking_recv() {
        match fed {
            Fed::Records(more) => records.extend(more),
            Fed::Errand(_) | Fed::Gone(_) => panic!("a recording asks for nothing"),
            Fed::Ended(ended) => end = Some(Ok(ended)),
            Fed::Failed(error) => end = Some(Err(error)),
        }
    }
    reader.join().expect("it doesn't panic");
    (records, end.expect("it says how it ended"))
}

#[test]
fn a_restart_gives_the_same_records_and_stores_none_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = folder.path().join("outbox");
    let source = written(folder.path(), SAMPLE);
    let (first, end) = run(source.clone(), &outbox, 0.0);
    assert_eq!(end.expect("it ends well").counts.births, 4);
    let (second, end) = run(source, &outbox, 0.0);
    assert!(end.is_ok() && second == first);
    let stored = Outbox::open(&outbox, AccountId([7; 32])).expect("it opens").1;
    assert_eq!(stored, first);
}

#[test]
fn an_outbox_with_any_first_part_is_filled_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = written(folder.path(), SAMPLE);
    let (all, _) = run(source.clone(), &folder.path().join("whole"), 0.0);
    for kept in 0..all.len() {
        let outbox = folder.path().join(format!("outbox-{kept}"));
        let (mut part, _) = Outbox::open(&outbox, AccountId([7; 32])).expect("it opens");
        part.append(&all[..kept]).expect("it can be written");
        drop(part);
        let (records, end) = run(source.clone(), &outbox, 0.0);
        assert!(end.is_ok() && records == all, "{kept}");
    }
}

#[test]
fn another_recording_is_told_from_the_one_the_outbox_was_filled_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = folder.path().join("outbox");
    run(written(folder.path(), SAMPLE), &outbox, 0.0).1.expect("it ends well");
    // The first half only, and one with another first server.
    let other = String::from_utf8_lossy(SAMPLE).replace("7c3d0001", "7c3d00ff").into_bytes();
    for content in [&SAMPLE[..SAMPLE.len() / 2], &other] {
        let (_, end) = run(written(folder.path(), content), &outbox, 0.0);
        assert!(matches!(end, Err(AgentError::OtherRecording { .. })));
    }
    let (_, end) = run(spec(folder.path().join("none")), &outbox, 0.0);
    assert!(matches!(end, Err(AgentError::Source { .. })));
}

#[test]
fn a_replay_takes_its_time_when_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recording = Vec::new();
    for second in [1, 2] {
        writeln!(recording, "2026-03-01 00:00:0{second}.000 1 INFO x [-] nothing").expect("a vector takes all");
    }
    let source = written(folder.path(), &recording);
    let started = Instant::now();
    run(source, &folder.path().join("outbox"), 10.0).1.expect("it ends well");
    assert!(started.elapsed() >= Duration::from_millis(100), "{:?}", started.elapsed());
}
