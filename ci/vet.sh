#!/usr/bin/env bash
# go vet and staticcheck: every module as native code, then the modules that a
# browser runs as GOOS=js.
set -euo pipefail
cd "$(dirname "$0")/.."

native=$(ci/modules.sh | sed 's|$|/...|')
browser='./protocol/... ./sdk/... ./wasm/...'
staticcheck=$(go tool -n staticcheck) # built for this machine even when GOOS says js

go vet $native
"$staticcheck" $native
GOOS=js GOARCH=wasm go vet $browser
GOOS=js GOARCH=wasm "$staticcheck" $browser
