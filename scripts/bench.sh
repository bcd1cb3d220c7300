#!/usr/bin/env bash
# Latency and throughput of four validators on this machine, everything durable. Prints a line per load and writes all
# figures as JSON.
#
#   bench.sh [--seconds N=10] [--out FILE] [--dir DIR] [--base-port P=11944]
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SECONDS_EACH=10 DIR="$ROOT/target/bench" BASE_PORT=11944 OUT=""
AGENTS=8 SEED=1
while [[ $# -gt 0 ]]; do
    case "$1" in
        --seconds) SECONDS_EACH="${2:?--seconds needs a number}"; shift 2 ;;
        --out) OUT="${2:?--out needs a file}"; shift 2 ;;
        --dir) DIR="${2:?--dir needs a folder}"; shift 2 ;;
        --base-port) BASE_PORT="${2:?--base-port needs a number}"; shift 2 ;;
        *) die "what is $1? Usage: bench.sh [--seconds N] [--out FILE] [--dir DIR] [--base-port P]" ;;
    esac
done
[[ "$DIR" == /* ]] || DIR="$PWD/$DIR"
OUT="${OUT:-$DIR/bench.json}"

testnet() { "$ROOT/scripts/testnet.sh" "$@" --dir "$DIR/network"; }

# One load against validators 0 and 1; the JSON of each is a line of the result.
load() {
    local name="$1" node pids=()
    shift
    for node in 0 1 2 3; do pids+=(--pid "$(<"$DIR/network/nodes/$node/pid")"); done
    "$BIN/tierchain-testnet" load --name "$name" --seed "$SEED" --accounts "$AGENTS" --seconds "$SECONDS_EACH" \
        --rpc "ws://127.0.0.1:$BASE_PORT" --rpc "ws://127.0.0.1:$((BASE_PORT + 1))" \
        "${pids[@]}" --append-json "$OUT.part" "$@"
}

build
[[ ! -e "$DIR" || -f "$DIR/.bench" ]] || die "$DIR was not made by a bench: take another --dir"
[[ ! -f "$DIR/network/settings" ]] || testnet down >/dev/null
rm -rf "$DIR"
mkdir -p "$DIR"
: >"$DIR/.bench"
mapfile -t accounts < <("$BIN/tierchain-testnet" accounts --seed "$SEED" --count "$AGENTS")
options=()
for account in "${accounts[@]}"; do options+=(--account "$account"); done
trap 'testnet down' EXIT
testnet up 4 --base-port "$BASE_PORT" "${options[@]}"

rm -f "$OUT.part"
load "light: 50 remarks/s" --mode remark --rate 50
load "closed: single remarks" --mode remark --in-flight 64
load "closed: single events" --mode append --batch 1 --in-flight 64
load "closed: batches of 64 events" --mode append --batch 64 --in-flight 4
mv "$OUT.part" "$OUT"
say "figures: $OUT (a JSON object a line)"
