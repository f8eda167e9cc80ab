#!/bin/sh
# Kills KILL_RUNS (50) scans at random moments, resumes them, and compares the inventories with an undisturbed scan's.
set -eu
cd "$(dirname "$0")/.."
bin="$(mktemp -d)"
trap 'rm -rf "$bin"' EXIT
CGO_ENABLED=0 go build -trimpath -o "$bin/chartroom" ./cmd/chartroom
go build -o "$bin/killtest" ./bench/killtest
"$bin/killtest" -chartroom "$bin/chartroom" -runs "${KILL_RUNS:-50}" -people "${KILL_PEOPLE:-20000}"
