#!/usr/bin/env bash
# From nothing to a ledger: installs what is missing, builds, starts four validators on loopback, replays the recorded
# lives of real servers through an agent, and shows the result. The network runs on until Ctrl-C.
#
#   demo.sh [--exit] [--input nova-log:FILE | libvirt-recording:FILE] [--dir DIR] [--base-port P=9944]
#   demo.sh --live [--exit] [--dir DIR] [--base-port P=9944]
#
# With --live no recording is replayed: an operator's commands make a host run a server, a foundry makes its birth block,
# and each step is shown as it happens, up to the audit.
# With --exit the network is stopped, and the last line sums up what a validator has to which the agent did not talk.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR="$ROOT/target/demo" BASE_PORT=9944 EXIT="" LIVE=""
INPUT="libvirt-recording:$ROOT/testnet/libvirt-qemu-6-servers.jsonl"
while [[ $# -gt 0 ]]; do
    case "$1" in
        --exit) EXIT=yes; shift ;;
        --live) LIVE=yes; shift ;;
        --input) INPUT="${2:?--input needs KIND:FILE}"; shift 2 ;;
        --dir) DIR="${2:?--dir needs a folder}"; shift 2 ;;
        --base-port) BASE_PORT="${2:?--base-port needs a number}"; shift 2 ;;
        -h | --help) sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) die "what is $1? See \`demo.sh --help\`" ;;
    esac
done
[[ "$INPUT" =~ ^(nova-log|libvirt-recording):(.+)$ ]] || die "--input is nova-log:FILE or libvirt-recording:FILE"
[[ -r "${BASH_REMATCH[2]}" ]] || die "cannot read ${BASH_REMATCH[2]}"
is_number "$BASE_PORT" || die "--base-port needs a number"
[[ "$DIR" == /* ]] || DIR="$PWD/$DIR"

testnet() { "$ROOT/scripts/testnet.sh" "$@" --dir "$DIR/network"; }
rpc_url() { printf 'http://127.0.0.1:%s' "$((BASE_PORT + $1))"; }

# Foundry and agent of a live demo. The servers that an agent runs go on without it: they are ended by their directives.
PIDS=()

stop() {
    local pid
    trap - EXIT INT TERM
    for pid in ${PIDS[@]+"${PIDS[@]}"}; do kill -TERM "$pid" 2>/dev/null || true; done
    testnet down
}

# Starts a program whose output goes to a log.
start() {
    local log="$1"
    shift
    setsid "$@" </dev/null >>"$log" 2>&1 &
    PIDS+=("$!")
}

start_live() {
    local keys="$DIR/network/keys"
    start "$DIR/foundry.log" "$BIN/tierchain" foundry run --rpc "$(rpc_url 0)" --rpc "$(rpc_url 1)" \
        --key "$keys/foundry" --listen "127.0.0.1:$((BASE_PORT + 300))"
    start "$DIR/agent.log" "$BIN/tierchain-agent" host --driver process --rpc "$(rpc_url 1)" --rpc "$(rpc_url 2)" \
        --key "$keys/hypervisor" --host host-0 --state "$DIR/host" --images "$DIR/images" \
        --foundry "http://127.0.0.1:$((BASE_PORT + 300))" --attest-ms 5000
}

live() {
    local key="$DIR/network/keys/provider"
    "$BIN/tierchain-testnet" live --rpc "$(rpc_url 3)" --tierchain "$BIN/tierchain" --provider-key "$key" \
        --provider-account "$("$BIN/tierchain" key inspect "$key" --field ss58Address)" \
        --state "$DIR/host" --images "$DIR/images" --audit "$DIR/server.audit" ||
        { tail -n 20 "$DIR/foundry.log" "$DIR/agent.log" >&2; return 1; }
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
if [[ -n "$LIVE" ]]; then
    say "== 4/5 a foundry, and a host's agent with the process driver"
    say "== 5/5 one server's life, step by step, as validator 3 has it, to which neither of them talks"
    start_live
    live | tee "$DIR/steps"
    if [[ -n "$EXIT" ]]; then
        stop
        tail -n 1 "$DIR/steps"
        exit 0
    fi
    say
    say "The network, the foundry and the host run until Ctrl-C; try: $BIN/tierchain directives list --rpc $(rpc_url 0)"
    while :; do sleep 1; done
fi
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
