#!/usr/bin/env bash
# Prints a hash and a path for every file that git tracks or would track. Comparing two
# outputs shows which files changed in between.
set -euo pipefail
cd "$(dirname "$0")/.."

files=$(git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
	[ ! -f "$file" ] || printf '%s\n' "$file"
done)
paste -d ' ' <(git hash-object --stdin-paths <<<"$files") - <<<"$files"
