#!/usr/bin/env bash
# Tests nodes of a cluster with real etcd servers: the package, the rules of docs/cluster.md with raw peers, and some
# faults. ci/prove.sh also tests the directory by itself. These tests wait for answers within half a second, so they run when nothing else does. They run without
# the race detector, which make check and make prove use.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -vet=off -ldflags=-w -timeout 5m ./relayd/cluster ./relayd/cluster/etcdtest
go test -vet=off -ldflags=-w -count 1 -timeout 5m -parallel 6 -run '^Test(N[0-9]|Faults)' ./e2e/prove/clusterproof
