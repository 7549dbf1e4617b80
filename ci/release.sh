#!/usr/bin/env bash
# Makes a release of the last commit in bin/release/VERSION: an archive for each platform,
# the npm package, a bill of materials, checksums, and a git bundle with the tags. It works in a clone, so
# nothing else changes. The same commit and Go release give the same checksums.
#     make release VERSION=v1.2.3
# PLATFORMS='linux/amd64 windows/arm64' limits the platforms.
set -euo pipefail
shopt -s nullglob # PLATFORMS may have no zip
cd "$(dirname "$0")/.."

if ! [[ ${VERSION-} =~ ^v[01]\.[0-9]+\.[0-9]+(-[0-9a-z.]+)?$ ]]; then
	echo "VERSION must have the form v1.2.3 or v1.2.3-rc.1, and is '${VERSION-}'; v2 needs module paths that end in /v2." >&2
	exit 2
fi
command -v zip >/dev/null || { echo 'make release needs zip; on Debian or Ubuntu: sudo apt-get install zip' >&2; exit 1; }
command -v npm >/dev/null || { echo 'make release needs npm; on Debian or Ubuntu: sudo apt-get install npm' >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || echo 'Uncommitted changes are not in the release.' >&2

out=$PWD/bin/release/$VERSION
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$out"
mkdir -p "$out"
git clone -q --no-tags . "$work/src"
cd "$work/src"
git remote remove origin
export GOFLAGS=-trimpath TZ=UTC LC_ALL=C # an empty GOFLAGS would let `go env -w` settings apply

# The commit of the tags has the author and time of its parent, so that its hash is
# reproducible.
ci/requires.sh "$VERSION"
IFS='|' read -r GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE < <(git log -1 --date=raw --format='%an|%ae|%cd')
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export "${!GIT_AUTHOR_@}" "${!GIT_COMMITTER_@}"
ci/wasm.sh >/dev/null
git checkout -q --detach
git add -- go.work '*go.mod' '*go.sum'
git add -f -- web/sdk # `go install` builds relayd from the tags, with this
git reset -q -- e2e docs/examples # no release has them as modules
git commit -q --no-verify -m "$VERSION: the modules require one another at this version"
git checkout -q -- .
tags=("$VERSION")
for module in $(ci/modules.sh | grep -vE '^./(e2e|docs/examples)$'); do tags+=("${module#./}/$VERSION"); done
for tag in "${tags[@]}"; do git tag "$tag"; done
git bundle create -q "$out/tags.bundle" "${tags[@]}"

ci/npm.sh "$out" >/dev/null
sbom=$work/sbom
go build -o "$sbom" ./e2e/cmd/sbom
name=intercessor_${VERSION#v}
for platform in ${PLATFORMS:-$(echo {linux,darwin,windows}/{amd64,arm64})}; do
	os=${platform%/*} arch=${platform#*/}
	echo "$platform"
	folder=$work/archives/${name}_${os}_$arch
	mkdir -p "$folder"
	GOOS=$os GOARCH=$arch ci/build.sh "$folder" ./relayd ./sdk/cmd/intercessor
	cp LICENSE README.md relayd.example.toml "$folder/"
	[ "$os" != linux ] || cp deploy/relayd.service deploy/relayd.sysusers "$folder/"
done

"$sbom" "$VERSION" web/sdk/intercessor.wasm "$work"/archives/*/{relayd,intercessor}{,.exe} >"$out/$name.cdx.json"

cd "$work/archives"
find . -type f ! -perm -u+x -exec chmod 644 {} + -o -exec chmod 755 {} +
find . -exec touch -h -d "@${GIT_AUTHOR_DATE% *}" {} +
for folder in *; do
	case $folder in
	*_windows_*) find "$folder" -type f | sort | zip -q -X "$out/$folder.zip" -@ ;;
	*) tar --sort=name --owner=0 --group=0 --numeric-owner --format=gnu -cf - "$folder" | gzip -n -9 >"$out/$folder.tar.gz" ;;
	esac
done
cd "$out"
sha256sum -- *.tar.gz *.tgz *.zip *.json >SHA256SUMS
cat SHA256SUMS
