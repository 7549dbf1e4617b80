#!/usr/bin/env bash
# Builds programs for release, for GOOS and GOARCH, into a folder. The same commit gives
# the same bytes in any folder. `relayd version` prints VERSION.
#     ci/build.sh FOLDER PACKAGE...
set -euo pipefail
cd "$(dirname "$0")/.."

# grpcnotrace leaves out pages for debugging that no program here serves: 3 MB of relayd.
CGO_ENABLED=0 go build -trimpath -tags grpcnotrace -buildvcs=auto -ldflags "-s -w -X main.release=${VERSION-}" -o "$1/" "${@:2}"
