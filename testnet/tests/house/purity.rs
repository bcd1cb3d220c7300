//! The heart sees no socket, file, clock, thread, float or randomly ordered map.

use super::{root, rust_files};

/// Words that mean the world, or an order that differs from run to run.
const BANNED: [&str; 14] = [
    "std::time",
    "std::net",
    "std::fs",
    "std::thread",
    "std::env",
    "std::process",
    "SystemTime",
    "Instant",
    "HashMap",
    "HashSet",
    "f32",
    "f64",
    "println!",
    "async fn",
];

/// Whether `word` stands in `line` as a word of its own.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |symbol: Option<char>| symbol.is_some_and(|symbol| symbol.is_alphanumeric() || symbol == '_');
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !is_part(before) && !is_part(after)
    })
}

#[test]
fn no_word_of_the_world_stands_in_the_heart() {
    for name in ["primitives", "consensus", "runtime", "replica"] {
        for (path, text) in rust_files(&root().join(name).join("src")) {
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for word in BANNED {
                    assert!(!has_word(code, word), "{}:{}: {word}", path.display(), number + 1);
                }
            }
        }
    }
}

#[test]
fn words_are_found_as_words_only() {
    assert!(has_word("let x: f64 = 1.0;", "f64"));
    assert!(!has_word("let half64 = 1;", "f64"));
    assert!(has_word("use std::time::Instant;", "std::time"));
}
