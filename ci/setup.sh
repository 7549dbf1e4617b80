#!/usr/bin/env bash
# Installs what the tests need and the machine lacks. It prints nothing if nothing is
# missing. If it cannot install, it prints what to install and fails, because tests must
# not be skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

has() {
	local name
	for name; do
		if command -v "$name" >/dev/null; then return 0; fi
	done
	return 1
}

install() {
	echo "Installing $*"
	log=$(mktemp)
	local policy=/usr/sbin/policy-rc.d # the tests start their own servers: no package may start its service
	if [ ! -e "$policy" ]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod +x "$policy"
		trap "rm -f $policy" EXIT
	fi
	if ! { apt-get update && apt-get install -y --no-install-recommends "$@"; } </dev/null >"$log" 2>&1; then
		cat "$log" >&2
		exit 1
	fi
	rm "$log"
}
export DEBIAN_FRONTEND=noninteractive

missing=() # Debian's names
has "$(go env CC)" || missing+=(gcc libc6-dev) # the race detector
has chromium chromium-browser google-chrome google-chrome-stable \
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' || missing+=(chromium)
has firefox-esr firefox /Applications/Firefox.app/Contents/MacOS/firefox || missing+=(firefox-esr)
has turnserver || missing+=(coturn) # and its turnutils_uclient
has etcd || missing+=(etcd-server) # for several nodes
has etcdutl etcdctl || missing+=(etcd-client)
has curl || missing+=(curl)
if [ "$(uname)" = Linux ]; then # for the guide's proxies, and for network namespaces
	has ip /usr/sbin/ip || missing+=(iproute2)
	has nft /usr/sbin/nft || missing+=(nftables)
	has nginx /usr/sbin/nginx || missing+=(nginx)
	[ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || missing+=(libnginx-mod-stream)
	has caddy || missing+=(caddy)
fi
has node || missing+=(nodejs)
has npm || missing+=(npm)

if [ ${#missing[@]} -gt 0 ]; then
	if [ "$(id -u)" != 0 ] || ! has apt-get; then
		printf 'The tests need these packages (Debian names), which are not installed: %s.\n' "${missing[*]}" >&2
		printf 'On Debian or Ubuntu: sudo apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
		exit 1
	fi
	install "${missing[@]}"
fi
# Debian's headless Chromium takes less than half of the CPU time.
if ! has chromium-headless-shell && [ "$(id -u)" = 0 ] && has apt-cache && apt-cache show chromium-headless-shell >/dev/null 2>&1; then
	install chromium-headless-shell
fi

for lock in */package-lock.json; do
	folder=$(dirname "$lock")
	if [ -f "$lock" ] && [ "$lock" -nt "$folder/node_modules/.package-lock.json" ]; then
		echo "Installing the npm packages of $folder"
		npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel error </dev/null >/dev/null
	fi
done
