#!/usr/bin/env bash
# Writes into each module's go.mod what it needs of its siblings, at a version, and the
# other modules as the workspace has them. It changes the tree: ci/release.sh runs it in a
# copy. The tests' own module e2e is nobody's dependency and stays as it is.
#     ci/requires.sh v1.2.3
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
modules=$(ci/modules.sh | grep -v '^./e2e$')
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
# The workspace itself would ask the network for what its modules require, though it has it.
for module in $modules; do go work edit -replace="$(path "$module")@$1=$module"; done
