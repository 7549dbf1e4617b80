#!/bin/sh
# Starts coturn with the secrets in a file, one a line. coturn reads secrets only from its
# configuration and its arguments, and every user of the machine can see arguments.
#     coturn.sh CONFIGURATION SECRET [turnserver's arguments]
set -eu
umask 077
configuration=$(mktemp)
cat "$1" >"$configuration"
while IFS= read -r secret || [ -n "$secret" ]; do
	printf 'static-auth-secret=%s\n' "$secret"
done <"$2" >>"$configuration"
shift 2
exec turnserver -c "$configuration" "$@"
