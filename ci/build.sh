#!/usr/bin/env bash
# Builds programs for release, for GOOS and GOARCH, into a folder. The same commit gives
# the same bytes in any folder. `relayd version` prints VERSION.
#     ci/build.sh FOLDER PACKAGE...
set -euo pipefail
cd "$(dirname "$0")/.."

CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags "-s -w -X main.release=${VERSION-}" -o "$1/" "${@:2}"
