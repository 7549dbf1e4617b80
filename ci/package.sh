#!/usr/bin/env bash
# Builds and tests the container image and a release. It runs as root on Debian or Ubuntu,
# because the image runs under chroot, and installs the tools that are missing. make test
# does not include it, because a release from scratch takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

missing=()
for tool in buildah systemd-analyze:systemd zip npm turnserver:coturn python3; do
	command -v "${tool%:*}" >/dev/null || missing+=("${tool#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "Installing ${missing[*]}"
	apt-get update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# Kubernetes' own schemas, for the files in deploy/cluster.
tools=bin/kubernetes-validate
if [ ! -x $tools/bin/kubernetes-validate ]; then
	python3 -m venv $tools 2>/dev/null || {
		DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv >/dev/null
		python3 -m venv --clear $tools
	}
	$tools/bin/pip install --quiet --disable-pip-version-check kubernetes-validate==1.37.0
fi

ci/image.sh
PLATFORMS=${PLATFORMS:-'linux/amd64 windows/amd64'} VERSION=v0.0.0-test ci/release.sh
PATH=$PWD/$tools/bin:$PATH go test -count 1 -timeout 1800s ./e2e/package
