#!/usr/bin/env bash
# Every test: unit, integration and doc tests, the independent check in Python, the fuzzing corpus, simulated bad days.
#
#   test.sh [--seeds N=200]
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SEEDS=200
while [[ $# -gt 0 ]]; do
    case "$1" in
        --seeds) SEEDS="${2:?--seeds needs a number}"; shift 2 ;;
        *) die "what is $1? Usage: test.sh [--seeds N]" ;;
    esac
done
is_number "$SEEDS" || die "--seeds needs a number"

cd "$ROOT"
say "== the independent check checks itself"
python3 testnet/check_ledger.py --self-test
say "== build of the binaries that tests drive"
build
say "== tests"
TIERCHAIN_BIN="$BIN" cargo_ test --release --locked --workspace --lib --bins --tests
say "== doc tests"
cargo_ test --release --locked --workspace --doc
say "== the fuzzing corpus, replayed"
cargo_ test --release --locked --manifest-path fuzz/Cargo.toml --target-dir "$TARGET_DIR"
say "== simulator, $SEEDS seeds"
"$BIN/simulator" --seeds "0..$SEEDS"
