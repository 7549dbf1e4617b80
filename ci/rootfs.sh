#!/usr/bin/env bash
# Lays out in a folder what the container image holds: the relay with the page and its
# WebAssembly in it, the certificates of public authorities, and an empty state folder.
#     ci/rootfs.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

authorities=/etc/ssl/certs/ca-certificates.crt
if [ ! -s "$authorities" ]; then
	echo "There is no $authorities for the image; on Debian the package ca-certificates has it." >&2
	exit 1
fi
mkdir -p "$1/rootfs/bin" "$1/rootfs/etc/ssl/certs" "$1/state"
env -u GOOS -u GOARCH ci/wasm.sh # its builder runs here, whatever the image is for
ci/build.sh "$1/rootfs/bin" ./relayd
cp LICENSE "$1/rootfs/"
cp "$authorities" "$1/rootfs/etc/ssl/certs/"
chmod -R u=rwX,go=rX "$1"
