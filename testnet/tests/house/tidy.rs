//! Files of one noun, lines that fit, nothing left over.

use super::{CRATES, root, rust_files};

/// Past this a file has a second noun.
const FILE_LINES_MAX: usize = 600;

/// Past this a line fits no screen. The formatter keeps code at 120; only a sentence in a string may be longer.
const LINE_SYMBOLS_MAX: usize = 200;

/// What is written to be removed. In pieces, so that this file isn't found.
const LEFT_OVER: [&str; 5] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("todo", "!("), concat!("dbg", "!(")];

#[test]
fn files_are_short_and_lines_fit() {
    for name in CRATES {
        for (path, text) in rust_files(&root().join(name)) {
            let lines = text.lines().count();
            assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines: look for its second noun", path.display());
            for (number, line) in text.lines().enumerate() {
                let symbols = line.chars().count();
                assert!(symbols <= LINE_SYMBOLS_MAX, "{}:{} has {symbols} symbols", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn nothing_is_left_to_be_done() {
    for name in CRATES {
        for (path, text) in rust_files(&root().join(name)) {
            for (number, line) in text.lines().enumerate() {
                for word in LEFT_OVER {
                    assert!(!line.contains(word), "{}:{}: {word}", path.display(), number + 1);
                }
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    for name in CRATES {
        for (path, text) in rust_files(&root().join(name).join("src")) {
            let is_test = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
            assert!(is_test || text.starts_with("//!"), "{} begins without a module comment", path.display());
        }
    }
}
