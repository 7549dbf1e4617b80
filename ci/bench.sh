#!/usr/bin/env bash
# The benchmarks, one package at a time: they are to have the machine to themselves.
# What is given goes to go test: ci/bench.sh -count 10 -cpu 1
set -euo pipefail
cd "$(dirname "$0")/.."

[ -f web/sdk/intercessor.wasm ] || ci/wasm.sh # for the browser's
go test -p 1 -run '^$' -bench . -benchmem -timeout 600s "$@" $(ci/benchmarks.sh)
