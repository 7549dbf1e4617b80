#!/usr/bin/env bash
# Runs every check and test, fast ones first, and the two long ones at once. Prints each step
# with the time since the start.
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

# Most of the end-to-end tests' time is waiting, so the others run beside them.
step unit & unit=$!
step e2e & e2e=$!
failed=0
wait "$unit" || failed=1
wait "$e2e" || failed=1
if [ "$failed" = 1 ]; then exit 1; fi

if ! changed=$(diff <(printf '%s\n' "$before") <(ci/tree.sh)); then
	printf 'These files changed while the tests ran; commit them, or add them to .gitignore:\n%s\n' "$changed" >&2
	exit 1
fi
