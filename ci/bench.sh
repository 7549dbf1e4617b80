#!/usr/bin/env bash
# Runs the benchmarks, one package at a time so that they do not disturb each other.
# Arguments go to go test: ci/bench.sh -count 10 -cpu 1
set -euo pipefail
cd "$(dirname "$0")/.."

[ -f web/sdk/intercessor.wasm ] || ci/wasm.sh # for the browser's
go test -p 1 -run '^$' -bench . -benchmem -timeout 600s "$@" $(ci/benchmarks.sh)
