package sdk

import (
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// The forms of the two URLs, for errors.
const (
	serverForm = "wss://HOST/server, or ws://HOST/server without TLS"
	clientForm = "wss://HOST/client/ID, or ws://HOST/client/ID without TLS"
)

// clientURL returns the URL that clients dial for a server that listens at server: .../server
// becomes .../client/ID. It drops the query, because it may contain a secret of the server.
func clientURL(server string, id protocol.ID) (string, error) {
	origin, path, err := splitURL(server, serverForm)
	if err != nil {
		return "", err
	}
	prefix, ok := strings.CutSuffix(path, "/server")
	if !ok {
		return "", invalid("the URL to listen at must end in /server: " + serverForm)
	}
	return origin + prefix + "/client/" + string(id), nil
}

// roomURL returns the URL that a client dials, with the server's ID in its usual form (B52).
func roomURL(client string) (string, error) {
	target, query, asks := strings.Cut(client, "?")
	if asks {
		query = "?" + query
	}
	last := strings.LastIndexByte(target, '/') + 1
	_, path, err := splitURL(target[:last]+query, clientForm)
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(path, "/client/") {
		return "", invalid("the URL to dial must end in /client/ID: " + clientForm)
	}
	id, ok := protocol.Spell(strings.ReplaceAll(target[last:], "%20", " "))
	if !ok {
		return "", invalid("the URL to dial must end in the server's ID, 1 to 64 of the characters a-z, 0-9 and -: " + clientForm)
	}
	return target[:last] + string(id) + query, nil
}

// splitURL splits a WebSocket URL into scheme://host and path, without its query. It checks
// what platforms treat differently. They check the rest.
func splitURL(url, form string) (origin, path string, err error) {
	scheme, rest, ok := strings.Cut(url, "://")
	switch {
	case ok && (scheme == "http" || scheme == "https"):
		return "", "", invalid("the URL begins with " + scheme + ":// where ws:// or wss:// is needed: " + form)
	case !ok || scheme != "ws" && scheme != "wss":
		return "", "", invalid("the URL must look like " + form)
	case strings.ContainsAny(url, "#\\ \t\r\n"):
		return "", "", invalid("the URL must not contain #, \\ or white space: " + form)
	}
	rest, _, _ = strings.Cut(rest, "?")
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		slash = len(rest)
	}
	host, path := rest[:slash], rest[slash:]
	switch {
	case host == "":
		return "", "", invalid("the URL has no host: " + form)
	case strings.Contains(host, "@"):
		return "", "", invalid("the URL must not contain a name or a password: " + form)
	}
	return scheme + "://" + host, path, nil
}
