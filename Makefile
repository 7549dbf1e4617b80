# Every target is one script in ci/, so that a person, a hook and a CI host run the same thing.

help:   ; @ci/help.sh   ## list these targets
run:    ; @ci/run.sh    ## build everything and start relayd on http://127.0.0.1:8000
test:   ; @ci/test.sh   ## install what is missing, then check and test everything
setup:  ; @ci/setup.sh  ## install what the tests need: a C compiler, Chromium, coturn, nginx, Caddy, Node.js, npm packages
fmt:    ; @ci/fmt.sh -w ## format the Go files
vet:    ; @ci/vet.sh    ## go vet and staticcheck, native and js
unit:   ; @ci/unit.sh   ## the tests of every module but e2e, with the race detector
wasm:   ; @ci/wasm.sh   ## build the WebAssembly SDK into web/sdk and print its size
charts: ; @ci/charts.sh ## put the charts of the status page into web/charts
e2e:    ; @ci/e2e.sh    ## real peers, Chromium among them, against the real relayd
fuzz:   ; @ci/fuzz.sh   ## every fuzz target for ten seconds, or for FUZZTIME
check:  ; @ci/check.sh  ## races, leaks, 100,000 connections, and every fuzz target, in half an hour
prove:  ; @ci/prove.sh  ## the proof of the delivery promise at full size, in under forty minutes
image:  ; @ci/image.sh  ## the container image, as bin/relayd-image.tar; needs buildah
release:; @ci/release.sh ## archives, checksums and tags of VERSION=v1.2.3 in bin/release
package:; @ci/package.sh ## make image and a release, and test them (Debian, as root)
bench:  ; @ci/bench.sh  ## the benchmarks
clean:  ; @ci/clean.sh  ## remove what builds and tests left

.PHONY: help run test setup fmt vet unit wasm charts e2e fuzz check prove image release package bench clean
