#!/usr/bin/env bash
# Runs the proof of the delivery promise at full size, in somewhat more than an hour on two cores.
# Each layer prints what it ran; the table in PROOF.md comes from this output.
set -euo pipefail
cd "$(dirname "$0")/.."

export INTERCESSOR_PROVE=full LINK_FULL=1 ROOM_FULL=1

step() {
	printf '\n[%2d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$1"
	shift
	"$@"
}

ci/wasm.sh >/dev/null
step 'L1 every order: the link'  go test -count 1 -v -timeout 20m -run '^TestEveryOrder$' ./protocol/link
step 'L1 every order: the room'  go test -count 1 -v -timeout 20m -run '^TestEveryOrder$' ./relayd/room
step 'L2 and L3 in virtual time' go test -count 1 -v -timeout 30m ./e2e/prove/bubble ./e2e/prove/pathproof ./e2e/prove/linkproof ./e2e/prove/relayproof
step 'L4 processes and sockets'  go test -count 1 -v -timeout 30m ./e2e/prove/sdkproof ./e2e/prove/procproof
step 'Nodes of a cluster'        go test -count 1 -race -p 1 -timeout 30m ./relayd/cluster ./relayd/cluster/directory ./relayd/cluster/etcdtest ./e2e/cluster
step 'A cluster of 5,000 peers'  go test -count 1 -v -timeout 20m -run '^TestCity$' ./e2e/prove/clusterproof
step 'A cluster under faults'    go test -count 1 -v -timeout 70m -skip '^TestCity$' ./e2e/prove/clusterproof
step 'Files between networks'    go test -count 1 -v -timeout 15m -parallel 3 ./e2e/network
step 'Pairs of networks'         go test -count 1 -v -timeout 10m -parallel 8 ./e2e/nat
step 'L6 in Chromium'            go test -count 1 -v -timeout 15m -run '^TestTab[A-Z]' ./e2e/browser
step 'The checker itself'        go test -count 1 ./e2e/history ./e2e/prove/seeds
step 'Seeded bugs'               go run ./e2e/prove/seeds
printf '\n[%2d:%02d] all passed\n' $((SECONDS / 60)) $((SECONDS % 60))
