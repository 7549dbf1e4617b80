#!/usr/bin/env bash
# Writes docs/configuration.md and relayd.example.toml anew, from the struct in
# relayd/config. A test fails while they are not of it.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -count 1 -run '^TestReference$' ./relayd/config -write >/dev/null
