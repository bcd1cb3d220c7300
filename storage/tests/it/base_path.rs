//! One process per base path.

use tierchain_storage::{BasePath, BasePathError};

#[test]
fn a_base_path_is_used_by_one_process_at_a_time() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let root = directory.path().join("node");
    let held = BasePath::lock(&root).expect("nobody has it");
    assert_eq!(held.votes(), root.join("votes"));
    let Err(BasePathError::InUse { pid, .. }) = BasePath::lock(&root) else { panic!("locked twice") };
    assert_eq!(pid, std::process::id().to_string());
    drop(held);
    BasePath::lock(&root).expect("it is free again");
}

#[test]
fn a_path_that_cannot_be_a_directory_is_named() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "").expect("writable");
    let error = BasePath::lock(&file).expect_err("a file is no base path");
    assert!(error.to_string().contains("cannot create"), "{error}");
}
