#!/usr/bin/env bash
# Runs the checks and tests that CI runs, fast ones first, three long ones at once, and then those that need a
# quiet machine. Prints each step with the time since the start.
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
step wasm
step charts

# Most of the end-to-end tests' time is waiting, so the others run beside them.
step e2e & e2e=$!
step unit & unit=$!
step vet & vet=$!
failed=0
for job in "$vet" "$unit" "$e2e"; do
	wait "$job" || failed=1
done
if [ "$failed" = 1 ]; then exit 1; fi
step nodes

if ! changed=$(diff <(printf '%s\n' "$before") <(ci/tree.sh)); then
	printf 'These files changed while the tests ran; commit them, or add them to .gitignore:\n%s\n' "$changed" >&2
	exit 1
fi
