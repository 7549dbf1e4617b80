#!/usr/bin/env bash
# Builds the container image into bin/relayd-image.tar, for `docker load`, without a
# container engine and without the network. ci/rootfs.sh runs in place of the
# Dockerfile's first stage. buildah builds the lines from `FROM scratch` on unchanged.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v buildah >/dev/null; then
	echo 'make image needs buildah; on Debian or Ubuntu: sudo apt-get install --no-install-recommends buildah' >&2
	exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p bin "$work/context" "$work/build/image"
rm -f bin/relayd-image.tar

ci/rootfs.sh "$work/build/image"
sed -n '/^FROM scratch/,$p' Dockerfile >"$work/Dockerfile"
image() { buildah --storage-driver vfs --root "$work/store" --runroot "$work/run" "$@"; }
image build --quiet --isolation chroot --format docker --build-context build="$work/build" \
	--file "$work/Dockerfile" --tag intercessor/relayd "$work/context" >/dev/null
image push --quiet intercessor/relayd "docker-archive:bin/relayd-image.tar:intercessor/relayd:${VERSION:-latest}"
echo 'Wrote bin/relayd-image.tar; load it with: docker load <bin/relayd-image.tar'
