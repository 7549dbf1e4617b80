#!/usr/bin/env bash
# Lists the targets of the Makefile with their comments.
set -euo pipefail
cd "$(dirname "$0")/.."

sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/\1 \2/p' Makefile |
	while read -r target meaning; do printf 'make %-7s  %s\n' "$target" "$meaning"; done
