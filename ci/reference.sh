#!/usr/bin/env bash
# Writes docs/configuration.md and relayd.example.toml anew, from the struct in
# relayd/config, and the table of docs/metrics.md, from the metrics. A test fails while they
# are not of them.
set -euo pipefail
cd "$(dirname "$0")/.."

go test -count 1 -run '^TestReference$' ./relayd/config -write >/dev/null
go test -count 1 -run '^TestEveryMetricIsExplained$' ./relayd/metrics -write >/dev/null
