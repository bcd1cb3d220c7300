#!/usr/bin/env bash
# Checks what a build needs and installs missing Debian packages; may be run any number of times.
# Nothing is set up beyond packages: no profile is edited, no default toolchain is changed.
#
#   setup.sh [--clients]     with --clients also what clients.sh needs: Node.js, npm, venv
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RUST_MIN=88 # rustc 1.88
CLIENTS=""
case "${1:-}" in
    "") ;;
    --clients) CLIENTS=yes ;;
    *) die "what is $1? Usage: setup.sh [--clients]" ;;
esac

# The C interface, which RocksDB's bindings are made with; `libclang-cpp` is another library.
has_libclang() {
    compgen -G '/usr/lib/llvm-*/lib/libclang[.-][s0-9]*' >/dev/null ||
        compgen -G '/usr/lib/*/libclang[.-][s0-9]*' >/dev/null ||
        [[ -n "${LIBCLANG_PATH:-}" ]]
}

check_rust() {
    local cargo_bin="$HOME/.cargo/bin" version minor
    command -v rustc >/dev/null || [[ -x "$cargo_bin/rustc" ]] ||
        die "there is no Rust: install it by rustup, as its owner tells: https://rustup.rs"
    version="$(PATH="$PATH:$cargo_bin" rustc --version | cut -d' ' -f2)"
    minor="$(cut -d. -f2 <<<"$version")"
    [[ "${version%%.*}" -gt 1 || "$minor" -ge "$RUST_MIN" ]] ||
        die "rustc is $version, and 1.$RUST_MIN or newer is needed: run \`rustup update stable\`"
    PATH="$PATH:$cargo_bin" cargo --version >/dev/null || die "rustc is there and cargo is not: reinstall by rustup"
}

missing_packages() {
    command -v c++ >/dev/null || printf '%s\n' g++
    command -v make >/dev/null || printf '%s\n' make
    command -v python3 >/dev/null || printf '%s\n' python3
    has_libclang || printf '%s\n' libclang-dev
    [[ -n "$CLIENTS" ]] || return 0
    python3 -c 'import ensurepip' 2>/dev/null || printf '%s\n' python3-venv
    command -v node >/dev/null || printf '%s\n' nodejs
    command -v npm >/dev/null || printf '%s\n' npm
}

# What fault scenarios cut links with. Where they are missing, the scenarios say what they do instead.
missing_fault_tools() {
    command -v ip >/dev/null || printf '%s\n' iproute2
    command -v nft >/dev/null || printf '%s\n' nftables
}

may_install() {
    command -v apt-get >/dev/null && { [[ "$(id -u)" -eq 0 ]] || sudo -n true 2>/dev/null; }
}

install_packages() {
    local line="apt-get update && apt-get install -y --no-install-recommends $*" as=()
    command -v apt-get >/dev/null || die "missing: $*. This is no Debian: install their like with your package manager"
    if [[ "$(id -u)" -ne 0 ]]; then
        may_install || die "missing: $*. Run this line as root, then start again:
  $line"
        as=(sudo)
    fi
    say "installing $*"
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive bash -c "$line" >&2
}

check_rust
mapfile -t missing < <(missing_packages)
mapfile -t wanted < <(missing_fault_tools)
if [[ "${#wanted[@]}" -gt 0 ]] && ! may_install; then
    say "not there: ${wanted[*]}; fault scenarios do without"
    wanted=()
fi
missing+=(${wanted[@]+"${wanted[@]}"})
[[ "${#missing[@]}" -eq 0 ]] || install_packages "${missing[@]}"
say "setup: all there"
