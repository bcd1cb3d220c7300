#!/usr/bin/env bash
# Unmodified Substrate clients against a network of four validators: @polkadot/api from npm and substrate-interface
# from PyPI, in locked versions, installed once per lock file into a cache under $HOME.
#
#   clients.sh [--base-port P=26000] [--only js|python]
#
# The network lies in a temporary folder, which stays when something fails.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BASE_PORT=26000 ONLY=""
while [[ $# -gt 0 ]]; do
    case "$1" in
        --base-port) BASE_PORT="${2:?--base-port needs a number}"; shift 2 ;;
        --only) ONLY="${2:?--only needs js or python}"; shift 2 ;;
        -h | --help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) die "what is $1? See \`clients.sh --help\`" ;;
    esac
done
is_number "$BASE_PORT" || die "--base-port needs a number"
[[ "$ONLY" =~ ^(js|python|)$ ]] || die "--only needs js or python"

CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/tierchain/clients"
CLIENTS="$ROOT/testnet/clients"
JS_URI="//tierchain-js"
# Secret URIs of every form, as they stand in the documentation of subkey; they protect nothing.
PHRASE="bottom drive obey lake curtain smoke basket hold race lonely fit walk"
URIS=(
    "$JS_URI" //Alice //Alice//stash//0 "$PHRASE" "$PHRASE//hard//1" "$PHRASE///password" "$PHRASE//hard///password"
    "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e"
    "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e//Alice"
)
RPC="ws://127.0.0.1:$BASE_PORT"

wants() { [[ -z "$ONLY" || "$ONLY" == "$1" ]]; }
digest() { sha256sum | cut -c1-16; }

# Where the packages of these lock files are; installed if they aren't. Nothing is written into the working tree.
js_home() {
    local home
    home="$CACHE/js-$(cat "$CLIENTS"/js/{package.json,package-lock.json,.npmrc} | digest)"
    if [[ ! -f "$home/installed" ]]; then
        say "installing @polkadot/api into $home (once)" >&2
        rm -rf "$home"
        mkdir -p "$home"
        cp "$CLIENTS"/js/{package.json,package-lock.json,.npmrc} "$home/"
        (cd "$home" && npm ci --silent >&2) || die "npm cannot install what $CLIENTS/js/package-lock.json says"
        : >"$home/installed"
    fi
    # A module finds its packages beside it.
    cp "$CLIENTS"/js/*.mjs "$home/"
    printf '%s' "$home"
}

# Versions and hashes are renewed by `uv pip compile --universal --python-version 3.11 --generate-hashes --no-header
# --no-annotate --no-emit-index-url requirements.txt --output-file requirements.txt`, with the versions changed by hand.
python_home() {
    local home requirements="$CLIENTS/python/requirements.txt"
    home="$CACHE/python-$({ python3 --version; cat "$requirements"; } | digest)"
    if [[ ! -f "$home/installed" ]]; then
        say "installing substrate-interface into $home (once)" >&2
        rm -rf "$home"
        python3 -m venv "$home"
        "$home/bin/pip" install --quiet --no-deps --require-hashes --requirement "$requirements" >&2 ||
            die "pip cannot install what $requirements says"
        : >"$home/installed"
    fi
    printf '%s' "$home"
}

run_js() { node "$JS/client.mjs" "$@"; }
run_python() { "$PYTHON/bin/python" "$CLIENTS/python/client.py" "$@"; }

stop() {
    local result=$?
    trap - EXIT
    [[ ! -f "$DIR/settings" ]] || "$ROOT/scripts/testnet.sh" down --dir "$DIR" >/dev/null
    if [[ "$result" -eq 0 ]]; then rm -rf "$FOLDER"; else say "what the nodes said lies in $DIR/nodes" >&2; fi
    exit "$result"
}

"$ROOT/scripts/setup.sh" --clients
accounts=()
if wants js; then
    JS="$(js_home)"
    mapfile -t addresses < <(run_js address "${URIS[@]}")
    accounts+=(--account "${addresses[0]:?the client names no account}:hypervisor")
fi
if wants python; then
    PYTHON="$(python_home)"
    accounts+=(--account "$(run_python address):hypervisor")
fi
build
if wants js; then
    for at in "${!URIS[@]}"; do
        ours="$("$BIN/tierchain" key inspect "${URIS[at]}" --field ss58Address)"
        [[ "$ours" == "${addresses[at]}" ]] ||
            die "${URIS[at]} is $ours by tierchain and ${addresses[at]} by @polkadot/keyring"
    done
fi

FOLDER="$(mktemp -d)"
DIR="$FOLDER/network"
trap stop EXIT
trap 'exit 130' INT TERM
"$ROOT/scripts/testnet.sh" up 4 --dir "$DIR" --base-port "$BASE_PORT" --heartbeat-ms 500 "${accounts[@]}"
if wants js; then
    say "@polkadot/api"
    run_js run "$RPC" "$JS_URI"
fi
if wants python; then
    say "substrate-interface"
    run_python run "$RPC"
fi
say "clients: passed"
