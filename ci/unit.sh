#!/usr/bin/env bash
# Tests every module except e2e, and e2e/virtual, which runs SDK and relay together in virtual
# time, with the race detector; fuzz targets run their seeds. Then
# runs each benchmark once, without the race detector, to see that it still works.
set -euo pipefail
cd "$(dirname "$0")/.."

CGO_ENABLED=1 go test -race -timeout 20m $(ci/modules.sh | grep -v '^./e2e$' | sed 's|$|/...|') ./e2e/virtual

if ! out=$(go test -run '^$' -bench . -benchtime 1x -timeout 10m $(ci/benchmarks.sh | grep -v '^./e2e/browser$') 2>&1); then
	printf 'A benchmark failed (figures after one run mean nothing):\n%s\n' "$out" >&2
	exit 1
fi
