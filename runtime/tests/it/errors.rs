//! `docs/errors.md`: every error with what to do about it, as the runtime has it.

use std::fmt::Write;
use std::path::PathBuf;

use tierchain_runtime::{ModuleError, chains, directives, errors, foundry, meta, registry};

const HEAD: &str = "# Errors of calls

A call that fails is on record with its module's index and its error's, and nothing changed but its signer's account.
`author_extrinsicStatus` adds the values that belong to it. This page is what the runtime says, and a test keeps it so
(`TIERCHAIN_GOLDEN=write cargo test -p tierchain-runtime --test it errors`).
";

#[test]
fn every_error_stands_in_the_docs() {
    let modules = [
        ("Registry", registry::INDEX),
        ("Chains", chains::INDEX),
        ("Meta", meta::INDEX),
        ("Foundry", foundry::INDEX),
        ("Directives", directives::INDEX),
    ];
    let mut text = HEAD.to_owned();
    for (name, index) in modules {
        writeln!(text, "\n## {name} ({index})\n\n| | error | remedy |\n|---|---|---|").expect("a string takes it");
        let all =
            (0..=u8::MAX).map_while(|at| Some((at, errors::describe(ModuleError { index, error: [at, 0, 0, 0] })?)));
        for (at, (error, remedy)) in all {
            writeln!(text, "| {at} | `{error}` | {remedy} |").expect("a string takes it");
        }
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    if std::env::var("TIERCHAIN_GOLDEN").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, &text).expect("the docs can be written");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "docs/errors.md isn't what the runtime says");
}
