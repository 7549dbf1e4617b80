#!/usr/bin/env bash
# Builds relayd with the page in it, and starts a cluster of three on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/wasm.sh
ci/charts.sh
go build -o bin/ ./relayd
exec deploy/cluster/demo.sh
