#!/usr/bin/env bash
# Builds programs as they are shipped, for GOOS and GOARCH, into a folder. The same
# commit gives the same bytes, wherever it stands; VERSION is what `relayd version` says.
#     ci/build.sh FOLDER PACKAGE...
set -euo pipefail
cd "$(dirname "$0")/.."

CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags "-s -w -X main.release=${VERSION-}" -o "$1/" "${@:2}"
