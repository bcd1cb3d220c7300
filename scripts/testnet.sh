#!/usr/bin/env bash
# A network of real nodes on loopback. Everything it makes lies under one folder; two folders are two networks.
#
#   testnet.sh up [N=4] [--dir DIR] [--base-port P=9944] [--heartbeat-ms N] [--observers N] [--account ADDR[:ROLE]]…
#              [--silence-ms N] [--witness-ms N] [--move-ms N]
#   testnet.sh down | status [--dir DIR]
#   testnet.sh restart I | kill I | logs I [--dir DIR]
#
# Nodes count from 0, observers after validators. Node I: RPC on P+I, libp2p on P+100+I, metrics on P+200+I.
# --silence-ms, --witness-ms, --move-ms: the ledger's bounds, as `tierchain chain-spec new` takes them.
# `kill` is SIGKILL. A second `up` on the same folder starts again whatever does not run.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

UP_SECONDS_MAX=45
DOWN_SECONDS_MAX=10
KEYS=(hypervisor foundry tracker provider)

usage() { sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# --- the folder ----------------------------------------

node_dir() { printf '%s/nodes/%s' "$DIR" "$1"; }
rpc_url() { printf 'http://127.0.0.1:%s' "$((BASE_PORT + $1))"; }
node_count() { printf '%s' "$((VALIDATORS + OBSERVERS))"; }

load_settings() {
    [[ -f "$DIR/settings" ]] || die "there is no network in $DIR: make one with \`testnet.sh up --dir $DIR\`"
    # shellcheck source=/dev/null
    source "$DIR/settings"
}

check_node() {
    is_number "${1:-}" || die "which node? Write its number, from 0"
    [[ "$1" -lt "$(node_count)" ]] || die "there is no node $1: this network has 0 to $(($(node_count) - 1))"
}

# The pid of a node, if the process still is that node: a pid can be given to somebody else.
running_pid() {
    local file pid
    file="$(node_dir "$1")/pid"
    [[ -f "$file" ]] || return 1
    pid="$(<"$file")"
    is_number "$pid" && [[ -r "/proc/$pid/cmdline" ]] || return 1
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$(node_dir "$1")" || return 1
    printf '%s' "$pid"
}

# --- making a network ----------------------------------------

new_key() { "$BIN/tierchain" key generate "$1" >/dev/null; }
key_field() { "$BIN/tierchain" key inspect "$1" --field "$2"; }

make_node_keys() {
    local dir
    dir="$(node_dir "$1")"
    mkdir -p "$dir/keys"
    new_key "$dir/keys/network"
    new_key "$dir/keys/consensus"
}

validator_option() {
    local dir
    dir="$(node_dir "$1")"
    printf 'name=validator-%s,operator=%s,consensus=%s,peer-id=%s,address=/ip4/127.0.0.1/tcp/%s' "$1" \
        "$(key_field "$DIR/keys/operator-$1" ss58Address)" "$(key_field "$dir/keys/consensus" ss58Address)" \
        "$(key_field "$dir/keys/network" peerId)" "$((BASE_PORT + 100 + $1))"
}

make_network() {
    local node options=() key account type=local
    [[ "$VALIDATORS" -ge 4 ]] || type=development
    mkdir -p "$DIR/nodes" "$DIR/keys"
    for key in "${KEYS[@]}"; do
        new_key "$DIR/keys/$key"
        options+=(--account "$(key_field "$DIR/keys/$key" ss58Address):$key")
    done
    for ((node = 0; node < VALIDATORS; node++)); do
        make_node_keys "$node"
        new_key "$DIR/keys/operator-$node"
        options+=(--validator "$(validator_option "$node")")
    done
    for ((node = VALIDATORS; node < VALIDATORS + OBSERVERS; node++)); do
        make_node_keys "$node"
        options+=(--observer "$(key_field "$(node_dir "$node")/keys/network" peerId)")
    done
    for account in ${ACCOUNTS[@]+"${ACCOUNTS[@]}"}; do
        options+=(--account "$account")
        # Whoever writes must speak for a host: each further hypervisor gets one that is named by its address.
        [[ "$account" != *:*hypervisor* ]] || options+=(--host "${account%%:*}@local:${account%%:*}")
    done
    account="$(key_field "$DIR/keys/hypervisor" ss58Address)"
    "$BIN/tierchain" chain-spec new --name "Tierchain Testnet" --id "tierchain-testnet" --type "$type" --allow-replay \
        --unknown-images --provider "demo-provider=$(key_field "$DIR/keys/provider" ss58Address)" \
        --data-center local --host "host-0@local:$account" ${BOUNDS[@]+"${BOUNDS[@]}"} "${options[@]}" \
        --out "$DIR/spec.json"
    for ((node = 0; node < VALIDATORS; node++)); do
        "$BIN/tierchain" init --chain "$DIR/spec.json" --base-path "$(node_dir "$node")" >/dev/null
    done
    # Last, so that a folder with settings is a whole network.
    printf 'VALIDATORS=%s\nOBSERVERS=%s\nBASE_PORT=%s\nHEARTBEAT_MS=%s\n' \
        "$VALIDATORS" "$OBSERVERS" "$BASE_PORT" "$HEARTBEAT_MS" >"$DIR/settings"
}

# --- starting and stopping ----------------------------------------

# A port that somebody else has would answer for the node that could not get it.
check_ports_free() {
    local port
    for port in "$((BASE_PORT + $1))" "$((BASE_PORT + 100 + $1))" "$((BASE_PORT + 200 + $1))"; do
        ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
            die "port $port, which node $1 needs, is in use: take another --base-port"
    done
}

start_node() {
    local dir role=()
    running_pid "$1" >/dev/null && return 0
    check_ports_free "$1"
    dir="$(node_dir "$1")"
    [[ "$1" -lt "$VALIDATORS" ]] && role=(--validator)
    # A session of its own: Ctrl-C in this terminal is for the script, which then stops the nodes itself.
    setsid "$BIN/tierchain" run --chain "$DIR/spec.json" --base-path "$dir" ${role[@]+"${role[@]}"} \
        --listen-addr "/ip4/127.0.0.1/tcp/$((BASE_PORT + 100 + $1))" --rpc-port "$((BASE_PORT + $1))" \
        --prometheus-port "$((BASE_PORT + 200 + $1))" --heartbeat-ms "$HEARTBEAT_MS" \
        </dev/null >>"$dir/node.log" 2>&1 &
    printf '%s\n' "$!" >"$dir/pid"
}

# Sends a signal and waits until the process is gone.
stop_node() {
    local signal="$1" node="$2" pid deadline
    pid="$(running_pid "$node")" || { rm -f "$(node_dir "$node")/pid"; return 0; }
    kill "-$signal" "$pid" 2>/dev/null || true
    deadline=$((SECONDS + DOWN_SECONDS_MAX))
    while running_pid "$node" >/dev/null; do
        [[ "$SECONDS" -lt "$deadline" ]] || { kill -KILL "$pid" 2>/dev/null || true; }
        sleep 0.05
    done
    rm -f "$(node_dir "$node")/pid"
}

height_of() { "$BIN/tierchain" status --rpc "$(rpc_url "$1")" --field height 2>/dev/null; }

# Whether every validator answers and has block 1 final.
all_ready() {
    local node height
    for ((node = 0; node < VALIDATORS; node++)); do
        running_pid "$node" >/dev/null || return 1
        height="$(height_of "$node")" || return 1
        is_number "$height" && [[ "$height" -ge 1 ]] || return 1
    done
}

any_dead() {
    local node
    for ((node = 0; node < $(node_count); node++)); do running_pid "$node" >/dev/null || return 0; done
    return 1
}

wait_ready() {
    local deadline=$((SECONDS + UP_SECONDS_MAX)) node
    until all_ready; do
        if any_dead || [[ "$SECONDS" -ge "$deadline" ]]; then
            for ((node = 0; node < $(node_count); node++)); do
                printf -- '--- node %s, end of %s\n' "$node" "$(node_dir "$node")/node.log"
                tail -n 12 "$(node_dir "$node")/node.log"
            done >&2
            die "the network is not up; what runs of it is left running: \`testnet.sh down --dir $DIR\` ends it"
        fi
        sleep 0.1
    done
}

# --- commands ----------------------------------------

up() {
    local node wanted="$VALIDATORS"
    build
    if [[ -f "$DIR/settings" ]]; then
        load_settings
        [[ -z "$WANTED_N" || "$wanted" == "$VALIDATORS" ]] ||
            die "the network in $DIR has $VALIDATORS validators, not $wanted: take another --dir, or remove the folder"
    else
        [[ ! -e "$DIR/nodes" ]] || die "$DIR holds half a network, left by an up that failed: remove the folder"
        for ((node = 0; node < $(node_count); node++)); do check_ports_free "$node"; done
        make_network
    fi
    for ((node = 0; node < $(node_count); node++)); do start_node "$node"; done
    wait_ready
    say "up: $VALIDATORS validators, $OBSERVERS observers in $DIR"
    for ((node = 0; node < $(node_count); node++)); do
        say "  node $node  rpc $(rpc_url "$node")  metrics http://127.0.0.1:$((BASE_PORT + 200 + node))/metrics"
    done
}

down() {
    local node pid
    load_settings
    # All at once, then one after the other: they stop together.
    for ((node = 0; node < $(node_count); node++)); do
        if pid="$(running_pid "$node")"; then kill -TERM "$pid" 2>/dev/null || true; fi
    done
    for ((node = 0; node < $(node_count); node++)); do stop_node TERM "$node"; done
    say "down: $DIR"
}

status() {
    local node pid height
    load_settings
    printf '%-5s %-9s %-8s %-8s %s\n' node kind pid height rpc
    for ((node = 0; node < $(node_count); node++)); do
        pid="$(running_pid "$node")" || pid=-
        height="$(height_of "$node")" || height=-
        printf '%-5s %-9s %-8s %-8s %s\n' "$node" \
            "$([[ "$node" -lt "$VALIDATORS" ]] && echo validator || echo observer)" "$pid" "$height" "$(rpc_url "$node")"
    done
}

restart() {
    load_settings
    check_node "${1:-}"
    stop_node TERM "$1"
    start_node "$1"
    say "node $1: pid $(<"$(node_dir "$1")/pid")"
}

kill_node() {
    load_settings
    check_node "${1:-}"
    running_pid "$1" >/dev/null || die "node $1 does not run"
    stop_node KILL "$1"
    say "node $1: killed"
}

logs() {
    load_settings
    check_node "${1:-}"
    cat "$(node_dir "$1")/node.log"
}

# --- the command line ----------------------------------------

COMMAND="${1:-}"
[[ $# -eq 0 ]] || shift
DIR="$ROOT/target/testnet" VALIDATORS=4 OBSERVERS=0 BASE_PORT=9944 HEARTBEAT_MS=6000 ACCOUNTS=() BOUNDS=() WANTED_N="" NODE=""
number_option() { is_number "${2:-}" || die "$1 needs a number"; printf '%s' "$2"; }
while [[ $# -gt 0 ]]; do
    case "$1" in
        --dir) DIR="${2:?--dir needs a folder}"; shift 2 ;;
        --base-port) BASE_PORT="$(number_option "$1" "${2:-}")"; shift 2 ;;
        --heartbeat-ms) HEARTBEAT_MS="$(number_option "$1" "${2:-}")"; shift 2 ;;
        --silence-ms | --witness-ms | --move-ms) BOUNDS+=("$1" "$(number_option "$1" "${2:-}")"); shift 2 ;;
        --observers) OBSERVERS="$(number_option "$1" "${2:-}")"; shift 2 ;;
        --account) ACCOUNTS+=("${2:?--account needs ADDR[:ROLE]}"); shift 2 ;;
        -h | --help) usage; exit 0 ;;
        *) is_number "$1" || die "what is $1? See \`testnet.sh --help\`"; NODE="$1"; WANTED_N="$1"; shift ;;
    esac
done
[[ "$DIR" == /* ]] || DIR="$PWD/$DIR"

case "$COMMAND" in
    up)
        [[ -z "$WANTED_N" ]] || VALIDATORS="$WANTED_N"
        [[ "$VALIDATORS" -eq 1 || ("$VALIDATORS" -ge 4 && "$VALIDATORS" -le 50) ]] ||
            die "$VALIDATORS validators: 4 to 50 make a network, 1 a development chain"
        [[ "$OBSERVERS" -le 50 ]] || die "$OBSERVERS observers are more than 50, and ports are counted in hundreds"
        up ;;
    down) down ;;
    status) status ;;
    restart) restart "$NODE" ;;
    kill) kill_node "$NODE" ;;
    logs) logs "$NODE" ;;
    -h | --help) usage ;;
    *) usage >&2; exit 2 ;;
esac
