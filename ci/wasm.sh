#!/usr/bin/env bash
# Builds the WebAssembly SDK into web/sdk, where relayd embeds it, and prints its size.
set -euo pipefail
cd "$(dirname "$0")/.."

go run ./wasm/cmd/pack
