#!/usr/bin/env bash
# Writes into each module's go.mod its requirements: siblings at a version, other modules
# at the workspace's versions. It changes the tree, so ci/release.sh runs it in a copy. No
# module depends on e2e and docs/examples, which stay unchanged.
#     ci/requires.sh v1.2.3
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
modules=$(ci/modules.sh | grep -vE '^./(e2e|docs/examples)$')
path() { go mod edit -json "$1/go.mod" | sed -n '/"Module"/,/}/s/.*"Path": "\(.*\)".*/\1/p'; }

go work sync
for module in $modules; do
	for sibling in $modules; do
		[ "$module" = "$sibling" ] && continue
		go mod edit -require="$(path "$sibling")@$1" -replace="$(path "$sibling")=$root/$sibling" "$module/go.mod"
	done
done
for module in $modules; do (cd "$module" && GOWORK=off go mod tidy); done
for module in $modules; do
	for sibling in $modules; do go mod edit -dropreplace="$(path "$sibling")" "$module/go.mod"; done
done
# Without this the workspace would look for its own modules on the network.
for module in $modules; do go work edit -replace="$(path "$module")@$1=$module"; done
