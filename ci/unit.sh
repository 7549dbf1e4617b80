#!/usr/bin/env bash
# Tests every module except e2e and what needs etcd servers, and e2e/virtual, which runs SDK and relay together in virtual
# time, with the race detector; fuzz targets run their seeds. Packages that start no goroutine,
# nor do their tests, run without it, in a fifth of the CPU time; make check runs them with it.
# Then runs each benchmark once, without the race detector, to see that it still works. ci/vet.sh
# vets, and nothing reads debug information (-w).
set -euo pipefail
cd "$(dirname "$0")/.."

cluster='/(relayd/cluster|relayd/cluster/(directory|etcdtest)|e2e/prove/clusterproof)$' # with etcd: see ci/nodes.sh and ci/prove.sh
alone='/(protocol|protocol/.*|relayd/(config|frame|identifier|cluster/home))$'
packages=$(go list $(ci/modules.sh | grep -v '^./e2e$' | sed 's|$|/...|') | grep -vE "$cluster")

go test -vet=off -ldflags=-w -timeout 20m $(grep -E "$alone" <<<"$packages")
CGO_ENABLED=1 go test -race -vet=off -ldflags=-w -timeout 20m $(grep -vE "$alone" <<<"$packages") ./e2e/virtual

if ! out=$(go test -vet=off -ldflags=-w -run '^$' -bench . -benchtime 1x -timeout 10m $(ci/benchmarks.sh | grep -vE "^./e2e/browser$|$cluster") 2>&1); then
	printf 'A benchmark failed (figures after one run mean nothing):\n%s\n' "$out" >&2
	exit 1
fi
