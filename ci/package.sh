#!/usr/bin/env bash
# Makes what is shipped, the container image and a release, and tests it: on Debian or
# Ubuntu as root, because the image is run under chroot. It installs what it lacks. It is
# apart from make test: a release that is built anew from nothing takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

missing=()
for tool in buildah systemd-analyze:systemd zip turnserver:coturn; do
	command -v "${tool%:*}" >/dev/null || missing+=("${tool#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "Installing ${missing[*]}"
	apt-get update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

ci/image.sh
PLATFORMS=${PLATFORMS:-'linux/amd64 windows/amd64'} VERSION=v0.0.0-test ci/release.sh
go test -count 1 -timeout 1800s ./e2e/package
