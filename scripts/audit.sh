#!/usr/bin/env bash
# The second verifier of audit files (testnet/audit_verify.py) with the package that it needs, in a locked version,
# installed once per lock file into a cache under $HOME.
#
#   audit.sh FILE.audit --genesis HASH [--json] [--never-left REGION]
#   audit.sh --self-test testnet/golden
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

REQUIREMENTS="$ROOT/testnet/audit/requirements.txt"
DIGEST="$({ python3 --version; cat "$REQUIREMENTS"; } | sha256sum | cut -c1-16)"
VENV="${XDG_CACHE_HOME:-$HOME/.cache}/tierchain/audit/python-$DIGEST"
if [[ ! -f "$VENV/installed" ]]; then
    say "installing PyNaCl into $VENV (once)" >&2
    rm -rf "$VENV"
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet --no-deps --require-hashes --requirement "$REQUIREMENTS" >&2 ||
        die "pip cannot install what $REQUIREMENTS says"
    : >"$VENV/installed"
fi
exec "$VENV/bin/python3" "$ROOT/testnet/audit_verify.py" "$@"
