#!/usr/bin/env bash
# Generates docs/configuration.md and relayd.example.toml from the struct in
# relayd/config, the table of docs/metrics.md from the metrics, and docs/javascript-api.md
# from the SDK's types. A test fails if they are out of date.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -count 1 -run '^TestReference$' ./relayd/config -write >/dev/null
go test -count 1 -run '^TestEveryMetricIsExplained$' ./relayd/metrics -write >/dev/null
go test -count 1 -run '^TestJavaScriptReference$' ./e2e/guide -write >/dev/null
