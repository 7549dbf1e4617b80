# Every target is one script in ci/, so that people, hooks and CI run the same commands.

help:   ; @ci/help.sh   ## list these targets
run:    ; @ci/run.sh    ## build everything and start relayd on http://127.0.0.1:8000
cluster:; @ci/cluster.sh ## build everything and start a cluster of three nodes on ports 8001 to 8003
test:   ; @ci/test.sh   ## install what is missing, then run the checks and tests, all but those of prove and package
setup:  ; @ci/setup.sh  ## install what the tests need: a C compiler, Chromium, coturn, nginx, Caddy, Node.js, npm packages
fmt:    ; @ci/fmt.sh -w ## format the Go files
vet:    ; @ci/vet.sh    ## run go vet and staticcheck, native and js
unit:   ; @ci/unit.sh   ## test every module except e2e, with the race detector
wasm:   ; @ci/wasm.sh   ## build the WebAssembly SDK into web/sdk and print its size
npm:    ; @ci/npm.sh    ## pack the npm package into bin/npm
charts: ; @ci/charts.sh ## copy the status page's chart library to web/charts
e2e:    ; @ci/e2e.sh    ## test real peers, Chromium among them, against the real relayd
nodes:  ; @ci/nodes.sh  ## test nodes of a cluster with real etcd servers, in two minutes
nat:    ; @ci/nat.sh    ## show between which networks peers meet, and by which path
fuzz:   ; @ci/fuzz.sh   ## run every fuzz target for ten seconds, or for FUZZTIME
check:  ; @ci/check.sh  ## test for races and leaks, 100,000 connections, and every fuzz target, in half an hour
prove:  ; @ci/prove.sh  ## run the proof of the delivery promise at full size, in somewhat more than an hour
image:  ; @ci/image.sh  ## build the container image into bin/relayd-image.tar; needs buildah
release:; @ci/release.sh ## make archives, checksums and tags of VERSION=v1.2.3 in bin/release
package:; @ci/package.sh ## build the image and a release, and test them (Debian, as root)
bench:  ; @ci/bench.sh  ## run the benchmarks
clean:  ; @ci/clean.sh  ## remove the output of builds and tests

.PHONY: help run cluster test setup fmt vet unit wasm npm charts e2e nodes nat fuzz check prove image release package bench clean
