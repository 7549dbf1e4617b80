#!/usr/bin/env bash
# Every fuzz target for a while (FUZZTIME, ten seconds unless it is set). Inputs that are
# of interest are made smaller in a hundred runs each: a minute for each is go test's
# default, and would be all of that while.
set -euo pipefail
cd "$(dirname "$0")/.."

git grep --untracked -l '^func Fuzz' -- '*_test.go' | while IFS= read -r file; do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10s}" -fuzzminimizetime 100x "./$(dirname "$file")" </dev/null
	done
done
