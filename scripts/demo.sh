#!/usr/bin/env bash
# From nothing to a ledger: installs what is missing, builds, starts four validators on loopback, replays the recorded
# lives of real servers through an agent, and shows the result. The network runs on until Ctrl-C.
#
#   demo.sh [--exit] [--input nova-log:FILE | libvirt-recording:FILE] [--dir DIR] [--base-port P=9944]
#
# With --exit the network is stopped, and the last line sums up what a validator has to which the agent did not talk.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR="$ROOT/target/demo" BASE_PORT=9944 EXIT=""
INPUT="libvirt-recording:$ROOT/testnet/libvirt-qemu-6-servers.jsonl"
while [[ $# -gt 0 ]]; do
    case "$1" in
        --exit) EXIT=yes; shift ;;
        --input) INPUT="${2:?--input needs KIND:FILE}"; shift 2 ;;
        --dir) DIR="${2:?--dir needs a folder}"; shift 2 ;;
        --base-port) BASE_PORT="${2:?--base-port needs a number}"; shift 2 ;;
        -h | --help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) die "what is $1? See \`demo.sh --help\`" ;;
    esac
done
[[ "$INPUT" =~ ^(nova-log|libvirt-recording):(.+)$ ]] || die "--input is nova-log:FILE or libvirt-recording:FILE"
[[ -r "${BASH_REMATCH[2]}" ]] || die "cannot read ${BASH_REMATCH[2]}"
is_number "$BASE_PORT" || die "--base-port needs a number"
[[ "$DIR" == /* ]] || DIR="$PWD/$DIR"

testnet() { "$ROOT/scripts/testnet.sh" "$@" --dir "$DIR/network"; }
rpc_url() { printf 'http://127.0.0.1:%s' "$((BASE_PORT + $1))"; }

stop() {
    trap - EXIT INT TERM
    testnet down
}

# A demo starts from nothing; what an earlier one left is this script's own.
clear_folder() {
    [[ ! -e "$DIR" || -f "$DIR/.demo" ]] || die "$DIR was not made by a demo: take another --dir"
    [[ ! -f "$DIR/network/settings" ]] || testnet down >/dev/null
    rm -rf "$DIR"
    mkdir -p "$DIR"
    : >"$DIR/.demo"
}

replay() {
    local keys="$DIR/network/keys"
    # f + 1 = 2 of the four validators: one of them may be faulty.
    "$BIN/tierchain-agent" run --rpc "$(rpc_url 0)" --rpc "$(rpc_url 1)" --source "$INPUT" \
        --key "$keys/hypervisor" --foundry-key "$keys/foundry" --tracker-key "$keys/tracker" \
        --outbox "$DIR/outbox" --host host-0 --provider demo-provider --tenant demo-tenant --service demo-service
}

say "== 1/5 what a build needs"
"$ROOT/scripts/setup.sh"
say "== 2/5 build (a first one takes about a quarter of an hour, most of it RocksDB)"
build
say "== 3/5 four validators"
clear_folder
trap stop EXIT
trap 'exit 130' INT TERM
testnet up 4 --base-port "$BASE_PORT" --heartbeat-ms 1000
say "== 4/5 replay of $INPUT"
replay
height="$("$BIN/tierchain" status --rpc "$(rpc_url 0)" --field height)"
say "== 5/5 read back from validator 3, to which the agent did not talk"
"$BIN/tierchain-testnet" report --rpc "$(rpc_url 3)" --after "$height" --names "$INPUT" | tee "$DIR/report"

if [[ -n "$EXIT" ]]; then
    stop
    tail -n 1 "$DIR/report"
    exit 0
fi
say
say "RPC      $(rpc_url 0) to $(rpc_url 3)  (HTTP and WebSocket; try: $BIN/tierchain chains list)"
say "metrics  http://127.0.0.1:$((BASE_PORT + 200))/metrics to :$((BASE_PORT + 203))"
say "The network runs until Ctrl-C."
while :; do sleep 1; done
