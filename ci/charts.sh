#!/usr/bin/env bash
# Copies the status page's chart library from npm, as web/package-lock.json pins it, to
# web/charts, where relayd embeds it. Without npm it prints a notice, and the page shows
# its figures without charts.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
	echo 'npm is not installed: the status page will show its figures without charts.' >&2
	exit 0
fi
if [ web/package-lock.json -nt web/node_modules/.package-lock.json ]; then
	npm ci --prefix web --ignore-scripts --no-audit --no-fund --loglevel error </dev/null >/dev/null
fi
cd web
cp node_modules/uplot/dist/uPlot.iife.min.js charts/uPlot.js
cp node_modules/uplot/dist/uPlot.min.css charts/uPlot.css
cp node_modules/uplot/LICENSE charts/uPlot.LICENSE.txt
