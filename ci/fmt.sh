#!/usr/bin/env bash
# Fails if a Go file is not formatted, untracked files included. With -w it formats them.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files -z --cached --others --exclude-standard -- '*.go' |
	while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
	xargs -0 gofmt -l "$@")

if [ -n "$unformatted" ] && [ "${1-}" != -w ]; then
	printf 'gofmt would change these files; run make fmt:\n%s\n' "$unformatted" >&2
	exit 1
fi
