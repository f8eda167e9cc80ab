#!/bin/sh
# Installs the programs that chartroom is measured against, as far as they can be had here:
# ripgrep from Debian, pdscan and ferret-scan built from their modules. Nothing goes into the repository.
# What cannot be had is said so, and is left out of the tables.
set -u

peers="${CHARTROOM_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/chartroom/peers}"
mkdir -p "$peers"

if ! command -v rg >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    { $as_root apt-get update -qq && $as_root apt-get install -y -qq ripgrep; } >"$peers/ripgrep.log" 2>&1
fi
if command -v rg >/dev/null 2>&1; then
    echo "ripgrep: $(rg --version | head -n 1)"
else
    echo "ripgrep: not installed here (see $peers/ripgrep.log)"
fi

# build NAME MODULE BINARY: builds a module's program into the folder of the peers, under its name.
build() {
    if [ -x "$peers/$1" ]; then
        echo "$1: $peers/$1"
        return
    fi
    work="$(mktemp -d)"
    if (cd "$work" && GOBIN="$work" GOFLAGS=-mod=mod go install "$2") >"$peers/$1.log" 2>&1 && mv "$work/$3" "$peers/$1"; then
        echo "$1: $peers/$1"
    else
        echo "$1: not built here ($(head -n 1 "$peers/$1.log"))"
    fi
    rm -rf "$work"
}

build pdscan github.com/ankane/pdscan@latest pdscan
build ferret-scan github.com/awslabs/ferret-scan/v2/cmd@latest cmd
