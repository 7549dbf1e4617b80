#!/usr/bin/env bash
# Prints the packages that have benchmarks, one a line.
set -euo pipefail
cd "$(dirname "$0")/.."

git grep --untracked -l '^func Benchmark' -- '*_test.go' | xargs -n 1 dirname | sort -u | sed 's|^|./|'
