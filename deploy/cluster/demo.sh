#!/usr/bin/env bash
# Starts a cluster on this machine: one etcd and three nodes, until Ctrl-C. A room of one page is
# found from the two others.
#     RELAYD=../../bin/relayd PORT=8001 deploy/cluster/demo.sh
# The pages have the ports from PORT on, and etcd the two behind them.
set -euo pipefail

relayd=${RELAYD:-"$(dirname "$0")/../../bin/relayd"}
port=${PORT:-8001}
for program in "$relayd" etcd openssl curl; do
	if ! command -v "$program" >/dev/null; then
		echo "The demonstration needs $program, which is not installed (relayd: make cluster)." >&2
		exit 1
	fi
done

folder=$(mktemp -d)
end() {
	trap - EXIT INT TERM
	kill $(jobs -p) 2>/dev/null || true
	wait || true
	rm -rf "$folder"
}
trap end EXIT INT TERM
(umask 077 && openssl rand -base64 32 >"$folder/relay.key" && openssl rand -base64 32 >"$folder/cluster.key")

etcd=http://127.0.0.1:$((port + 3)) peers=http://127.0.0.1:$((port + 4))
etcd --data-dir "$folder/etcd" --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
	--listen-peer-urls "$peers" --initial-advertise-peer-urls "$peers" --initial-cluster "default=$peers" >"$folder/etcd.log" 2>&1 &
for _ in $(seq 300); do
	if curl -fsS "$etcd/health" >/dev/null 2>&1; then break; fi
	kill -0 $! 2>/dev/null || { cat "$folder/etcd.log" >&2; exit 1; }
	sleep 0.1
done

for i in 1 2 3; do
	"$relayd" serve --listen "127.0.0.1:$((port + i - 1))" --key-file "$folder/relay.key" --state-dir "$folder/node-$i" \
		--cluster-name "node-$i" --cluster-listen 127.0.0.1:0 --cluster-secret-file "$folder/cluster.key" --cluster-etcd "$etcd" &
	echo "node-$i, process $!: http://127.0.0.1:$((port + i - 1))"
done
echo 'Open the page at one port and its link with the port of another. End a node with kill and its process. Press Ctrl-C to stop.'
wait
