#!/usr/bin/env bash
# Every test: unit, integration and doc tests, the independent check in Python, unmodified Substrate clients, simulated
# bad days, real kills.
#
#   test.sh [--seeds N=200] [--kills N=20]
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SEEDS=200 KILLS=20
while [[ $# -gt 0 ]]; do
    case "$1" in
        --seeds) SEEDS="${2:?--seeds needs a number}"; shift 2 ;;
        --kills) KILLS="${2:?--kills needs a number}"; shift 2 ;;
        *) die "what is $1? Usage: test.sh [--seeds N] [--kills N]" ;;
    esac
done
is_number "$SEEDS" || die "--seeds needs a number"
is_number "$KILLS" || die "--kills needs a number"

cd "$ROOT"
say "== the independent check checks itself"
python3 testnet/check_ledger.py --self-test
say "== build of the binaries that tests drive"
build
say "== tests"
TIERCHAIN_BIN="$BIN" cargo_ test --release --locked --workspace --lib --bins --tests
say "== Substrate clients, as they come from their registries"
TIERCHAIN_BIN="$BIN" "$ROOT/scripts/clients.sh"
say "== doc tests"
cargo_ test --release --locked --workspace --doc
say "== simulator, $SEEDS seeds"
"$BIN/simulator" --seeds "0..$SEEDS"
say "== $KILLS kills of real validators under load"
"$BIN/tierchain-testnet" faults soak --kills "$KILLS" --seed "$(date +%s)"
