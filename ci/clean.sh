#!/usr/bin/env bash
# Removes what builds and tests left, never what git tracks.
set -euo pipefail
cd "$(dirname "$0")/.."

git clean -fdXq -- bin web/sdk web/charts '*/node_modules'
