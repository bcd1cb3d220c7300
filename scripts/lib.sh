# Shared by the scripts of this folder; sourced, never run.
# shellcheck shell=bash

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Where cargo builds. On a CI machine the cache outlives the working tree: RocksDB alone takes ten minutes.
if [[ -z "${CARGO_TARGET_DIR:-}" && -n "${CI:-}" ]]; then
    export CARGO_TARGET_DIR="$HOME/.cache/tierchain/target"
fi
TARGET_DIR="${CARGO_TARGET_DIR:-$ROOT/target}"
# TIERCHAIN_BIN names a folder with ready binaries: nothing is built then.
BIN="${TIERCHAIN_BIN:-$TARGET_DIR/release}"

# cargo, also where rustup was installed a minute ago and this shell does not know it yet.
cargo_() {
    if command -v cargo >/dev/null; then cargo "$@"; else "$HOME/.cargo/bin/cargo" "$@"; fi
}

# Builds all binaries, with cargo's own progress and a sign of life while one crate takes minutes. Always the whole
# workspace: cargo unites the features of what it builds together, so that parts of it would compile libraries again.
build() {
    [[ -z "${TIERCHAIN_BIN:-}" ]] || return 0
    local parent=$BASHPID began=$SECONDS watcher result=0
    (
        while sleep 30 && kill -0 "$parent" 2>/dev/null; do
            say "  still building after $((SECONDS - began)) s (RocksDB takes about ten minutes, once)" >&2
        done
    ) &
    watcher=$!
    (cd "$ROOT" && cargo_ build --release --locked --workspace --bins) || result=$?
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    return "$result"
}

is_number() { [[ "$1" =~ ^[0-9]+$ ]]; }
