#!/usr/bin/env bash
# Runs go vet and staticcheck: on every module as native code, then with GOOS=js on the
# modules that a browser runs.
set -euo pipefail
cd "$(dirname "$0")/.."

native=$(ci/modules.sh | sed 's|$|/...|')
browser='./protocol/... ./sdk/... ./wasm/...'
staticcheck=$(go tool -n staticcheck) # built for this machine, whatever GOOS is

go vet $native
"$staticcheck" $native
GOOS=js GOARCH=wasm go vet $browser
GOOS=js GOARCH=wasm "$staticcheck" $browser
