#!/bin/sh
# Disturbs FLEET_RUNS (100) surveys of a fleet: kills nodes, hub and workers and cuts links, and compares the inventories with an undisturbed scan's.
set -eu
cd "$(dirname "$0")/.."
bin="$(mktemp -d)"
trap 'rm -rf "$bin"' EXIT
CGO_ENABLED=0 go build -trimpath -o "$bin/chartroom" ./cmd/chartroom
CGO_ENABLED=0 go build -o "$bin/fleet" ./bench/fleet
"$bin/fleet" -chartroom "$bin/chartroom" -runs "${FLEET_RUNS:-100}" -people "${FLEET_PEOPLE:-3000}" -seed "${FLEET_SEED:-1}"
