#!/usr/bin/env bash
# Does what a memory checker does for other languages: runs everything under the race
# detector, fails if a goroutine is left, makes a hundred thousand connections after
# which relayd must use no more than before, and ten thousand that stay silent, and runs every
# fuzz target for half a minute or FUZZTIME. It takes half an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

step() {
	printf '[%2d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$1"
	shift
	"$@"
}

export CGO_ENABLED=1 # for the race detector

step 'setup' ci/setup.sh
step 'wasm' ci/wasm.sh
step 'charts' ci/charts.sh
step 'race detector and goroutines: the modules' go test -race -count 1 -timeout 300s $(ci/modules.sh | grep -v '^./e2e$' | sed 's|$|/...|')
step 'race detector: real peers' go test -race -count 1 -timeout 1200s $(go list ./e2e/... | grep -v /e2e/package$) # ci/package.sh runs that one
step 'a hundred megabytes' env INTERCESSOR_PROVE=full go test -count 1 -timeout 900s -run '^(TestNativeStreamsOfManyBytes|TestALargeFileOutlivesTheRelay|TestAFile[A-Z].*)$' ./e2e/native ./e2e/terminal
step 'a hundred thousand connections' env INTERCESSOR_PROVE=full go test -count 1 -v -timeout 600s -run '^TestSoak$' ./relayd
step 'ten thousand silent connections' env INTERCESSOR_PROVE=full go test -count 1 -v -timeout 600s -run '^TestSilentConnectionsDisturbNothing$' ./e2e/operate
step 'fuzzing' env FUZZTIME="${FUZZTIME:-30s}" ci/fuzz.sh
printf '[%2d:%02d] no error found\n' $((SECONDS / 60)) $((SECONDS % 60))
