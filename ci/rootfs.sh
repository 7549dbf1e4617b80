#!/usr/bin/env bash
# Writes the contents of the container image to a folder: relayd with the page and its
# WebAssembly, the certificates of public authorities, and an empty state folder.
#     ci/rootfs.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

authorities=/etc/ssl/certs/ca-certificates.crt
if [ ! -s "$authorities" ]; then
	echo "The image needs $authorities, which is missing; on Debian install ca-certificates." >&2
	exit 1
fi
mkdir -p "$1/rootfs/bin" "$1/rootfs/etc/ssl/certs" "$1/state"
env -u GOOS -u GOARCH ci/wasm.sh # its builder runs on this machine, not on the image's platform
ci/build.sh "$1/rootfs/bin" ./relayd
cp LICENSE "$1/rootfs/"
cp "$authorities" "$1/rootfs/etc/ssl/certs/"
chmod -R u=rwX,go=rX "$1"
