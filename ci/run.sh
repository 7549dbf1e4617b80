#!/usr/bin/env bash
# Builds relayd with the page and the WebAssembly SDK in it, and starts it.
set -euo pipefail
cd "$(dirname "$0")/.."

echo 'Building the WebAssembly SDK and relayd; the first time takes a minute.'
ci/wasm.sh
ci/charts.sh
go build -o bin/ ./relayd

cat <<'END'

The page:              http://127.0.0.1:8000
A native peer:         go run ./sdk/cmd/intercessor listen
For other machines:    bin/relayd serve --turn-enabled --listen 0.0.0.0:8000
Press Ctrl-C to stop.

END
exec bin/relayd serve --turn-enabled
