#!/usr/bin/env bash
# Packs the SDK for JavaScript as an npm package of VERSION, by default v0.0.0, and prints its path.
#     make npm VERSION=v1.2.3
# With a folder the package goes there, of what `make wasm` has built last.
#     ci/npm.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# = 0 ]; then ci/wasm.sh >/dev/null; fi
out=${1:-bin/npm}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp wasm/js/* web/sdk/{wasm_exec.js,intercessor.{wasm,names}} wasm/npm/* LICENSE CHANGELOG.md "$work/"
cd "$work"
version=${VERSION:-v0.0.0}
npm pkg set "version=${version#v}"
echo "$out/$(npm pack --ignore-scripts --loglevel error --pack-destination "$out")"
