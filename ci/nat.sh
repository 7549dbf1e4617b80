#!/usr/bin/env bash
# Shows between which networks peers meet, and by which path, and writes the tables of
# docs/connectivity.md. The networks are namespaces of this machine: it needs Linux, and
# root or user namespaces. make test runs the same tests and writes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

ci/setup.sh
ci/wasm.sh >/dev/null
go test -count 1 -timeout 10m -parallel 4 ./e2e/nat -write
