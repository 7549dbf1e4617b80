#!/bin/sh
# Starts coturn with the secret of a file, each line of it one. coturn reads secrets from
# its configuration and its arguments alone, and arguments everybody on the machine can see.
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
