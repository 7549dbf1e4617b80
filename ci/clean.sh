#!/usr/bin/env bash
# Removes the output of builds and tests, never files that git tracks.
set -euo pipefail
cd "$(dirname "$0")/.."

git clean -fdXq -- bin web/sdk web/charts '*/node_modules'
