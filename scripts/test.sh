#!/usr/bin/env bash
# Every test: unit, integration and doc tests, the independent checks in Python, unmodified Substrate clients, the fuzzing
# corpus, simulated bad days, real kills.
#
#   test.sh [--seeds N=300] [--kills N=20]
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SEEDS=300 KILLS=20
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
say "== the independent checks check themselves"
python3 testnet/check_ledger.py --self-test
python3 testnet/check_evidence.py --self-test
say "== audit files: the second verifier takes the golden ones and refuses bad ones"
"$ROOT/scripts/audit.sh" --self-test testnet/golden
say "== build of the binaries that tests drive"
build
say "== tests"
TIERCHAIN_BIN="$BIN" cargo_ test --release --locked --workspace --lib --bins --tests
say "== Substrate clients, as they come from their registries"
TIERCHAIN_BIN="$BIN" "$ROOT/scripts/clients.sh"
say "== a closed loop, live"
TIERCHAIN_BIN="$BIN" timeout 300 "$ROOT/scripts/demo.sh" --live --exit --dir "$TARGET_DIR/demo-live" --base-port 21944
say "== doc tests"
cargo_ test --release --locked --workspace --doc
say "== the fuzzing corpus, replayed"
cargo_ test --release --locked --manifest-path fuzz/Cargo.toml --target-dir "$TARGET_DIR"
say "== simulator: each known bug is found"
# Built apart: the binaries beside the others never contain them.
CARGO_TARGET_DIR="$TARGET_DIR/bugs" \
    cargo_ test --release --locked -p tierchain-simulator --features bugs --test bugs
# Fresh seeds for each commit, so that many commits look at many days; and all that ever failed.
COMMIT="$(git rev-parse --short=8 HEAD 2>/dev/null || echo 0)"
FIRST=$((16#$COMMIT))
say "== simulator: $SEEDS seeds from $FIRST on (commit $COMMIT), and those that failed once"
"$BIN/simulator" --seeds "$FIRST..$((FIRST + SEEDS))" --failed-seeds simulator/failed-seeds.txt --jobs "$(nproc)"
say "== $KILLS kills of real validators under load"
"$BIN/tierchain-testnet" faults soak --kills "$KILLS" --seed "$FIRST"
