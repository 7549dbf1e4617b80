#!/usr/bin/env bash
# Real peers against the real relayd. Never from the cache: go test does not see
# the programs that these tests run.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -count 1 -timeout 240s ./e2e/...
