#!/usr/bin/env bash
# Runs every check and test, fast ones first. Prints each step with the time since the
# start.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

step() {
	printf '[%2d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$1"
	"ci/$1.sh"
}

before=$(ci/tree.sh)

step setup
step fmt
step vet
step wasm
step charts
step unit
step e2e

if ! changed=$(diff <(printf '%s\n' "$before") <(ci/tree.sh)); then
	printf 'These files changed while the tests ran; commit them, or add them to .gitignore:\n%s\n' "$changed" >&2
	exit 1
fi
