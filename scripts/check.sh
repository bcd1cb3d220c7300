#!/usr/bin/env bash
# The gate: says yes or no, and never writes to the working tree. Format, lints, docs, tests, licences.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DENY_VERSION=0.20.2
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/tierchain"

# Installed once, outside the tree and outside ~/.cargo.
cargo_deny() {
    local home="$CACHE/cargo-deny-$DENY_VERSION"
    if [[ ! -x "$home/bin/cargo-deny" ]]; then
        say "installing cargo-deny $DENY_VERSION into $home (once, some minutes)"
        CARGO_TARGET_DIR="$CACHE/cargo-deny-build" \
            cargo_ install --quiet --locked --version "$DENY_VERSION" --root "$home" cargo-deny
        rm -rf "$CACHE/cargo-deny-build"
    fi
    "$home/bin/cargo-deny" "$@"
}

cd "$ROOT"
"$ROOT/scripts/setup.sh"
say "== format"
cargo_ fmt --all --check
cargo_ fmt --manifest-path fuzz/Cargo.toml --check
say "== lints"
cargo_ clippy --release --locked --workspace --all-targets -- -D warnings
cargo_ clippy --release --locked --manifest-path fuzz/Cargo.toml --target-dir "$TARGET_DIR" --lib --tests -- -D warnings
say "== docs"
RUSTDOCFLAGS="-D warnings" cargo_ doc --release --locked --workspace --no-deps
"$ROOT/scripts/test.sh"
say "== licences, bans, sources"
cargo_deny --locked check licenses bans sources
say "check: passed"
