#!/usr/bin/env bash
# The tests of every module but e2e, with the race detector. The fuzz targets
# run their seeds.
set -euo pipefail
cd "$(dirname "$0")/.."

CGO_ENABLED=1 go test -race -timeout 120s $(ci/modules.sh | grep -v '^./e2e$' | sed 's|$|/...|')
