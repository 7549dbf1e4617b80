#!/bin/sh
# Makes what the nodes of a cluster share, in a new folder, for trying compose.yaml and kubernetes.yaml:
#     sh secrets.sh FOLDER NODE-NAMES ETCD-NAMES
#     sh secrets.sh secrets relayd-1,relayd-2,relayd-3 etcd-1,etcd-2,etcd-3
# The certificates are valid for a year. In production take them from your own authority, one for
# each node; ca.key is only needed to sign more of them: keep it elsewhere.
set -eu
mkdir "$1"
cd "$1"
umask 077

openssl rand -base64 32 >relay.key   # signs resume tokens
openssl rand -base64 32 >cluster.key # by which nodes know each other

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj '/CN=cluster' \
	-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.pem 2>/dev/null

# sign FILE NAMES makes a certificate for these names, and 127.0.0.1.
sign() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
	printf 'subjectAltName=DNS:%s,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' "$(printf %s "$2" | sed 's/,/,DNS:/g')" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 365 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
	rm "$1.csr" "$1.ext"
}
sign node "$2"
sign etcd "$3"
chmod 644 ./*.pem
