#!/usr/bin/env bash
# Tests real peers against the real relayd. Results are never cached, because go test
# does not see the programs that these tests run. Then runs one of the browser's
# benchmarks once; all of them would take ten seconds. Three packages run at once, and three tests
# of each: they wait more than they work. ci/vet.sh vets, and nothing reads debug information (-w).
set -euo pipefail
cd "$(dirname "$0")/.."

# ci/package.sh, ci/unit.sh, ci/nodes.sh and ci/prove.sh run the others.
go test -vet=off -ldflags=-w -count 1 -timeout 40m -p 3 -parallel 3 $(go list ./e2e/... | grep -vE '/e2e/(package|virtual|cluster|prove/clusterproof)$')
go test -vet=off -ldflags=-w -run '^$' -bench '^BenchmarkPageToHello$/chat/cold' -benchtime 1x -timeout 10m ./e2e/browser
