#!/usr/bin/env bash
# The tests of every module but e2e, with the race detector. The fuzz targets
# run their seeds, and the benchmarks once, without the race detector, so that
# they do not rot.
set -euo pipefail
cd "$(dirname "$0")/.."

CGO_ENABLED=1 go test -race -timeout 20m $(ci/modules.sh | grep -v '^./e2e$' | sed 's|$|/...|')

if ! out=$(go test -run '^$' -bench . -benchtime 1x -timeout 10m $(ci/benchmarks.sh | grep -v '^./e2e$') 2>&1); then
	printf 'A benchmark fails; its figures mean nothing here, after one run:\n%s\n' "$out" >&2
	exit 1
fi
