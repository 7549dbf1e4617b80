#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME, ten seconds by default. Each interesting input is
# minimized in at most a hundred runs: go test's default of a minute would use up FUZZTIME.
set -euo pipefail
cd "$(dirname "$0")/.."

git grep --untracked -l '^func Fuzz' -- '*_test.go' | while IFS= read -r file; do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10s}" -fuzzminimizetime 100x "./$(dirname "$file")" </dev/null
	done
done
