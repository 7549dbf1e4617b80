package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

const linkForms = "a link looks like http://HOST/#ID or ws://HOST/client/ID"

// relayURL returns the URL that a listener dials, for any form of a relay's address:
// ws://HOST/server, http://HOST, HOST:PORT.
func relayURL(relay string) (string, error) {
	full := relay
	if !strings.Contains(full, "://") {
		full = "ws://" + full
	}
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || !socketScheme(u) {
		return "", usageError{fmt.Sprintf("%q is not a relay's address", relay), "it looks like " + defaultRelay}
	}
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/server") + "/server"
	u.Fragment = ""
	return u.String(), nil
}

// clientURL returns the URL that a client dials, for each form of a link:
// ws://HOST/client/ID, http://HOST/#ID, and an ID alone, which means the given relay. An
// ID of words may be written with capitals and spaces: Apple Pie.
func clientURL(link, relay string) (string, error) {
	if id, ok := protocol.Spell(link); ok {
		return strings.TrimSuffix(relay, "/server") + "/client/" + string(id), nil
	}
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || !socketScheme(u) {
		return "", usageError{fmt.Sprintf("%q is not a link", link), linkForms}
	}
	prefix, spelling := strings.TrimSuffix(u.Path, "/"), u.Fragment
	if spelling == "" {
		prefix, spelling, _ = strings.Cut(u.Path, "/client/")
	}
	id, ok := protocol.Spell(spelling)
	if !ok {
		return "", usageError{fmt.Sprintf("the link %q names no room", link), linkForms}
	}
	u.Path, u.Fragment = prefix+"/client/"+string(id), ""
	return u.String(), nil
}

// pageLink returns the URL of the page that joins the room.
func pageLink(clientURL string) string {
	base, id, _ := strings.Cut(clientURL, "/client/")
	return "http" + strings.TrimPrefix(base, "ws") + "/#" + id // ws and wss become http and https
}

// socketScheme turns http and https into ws and wss. It reports whether the scheme is one of
// these four.
func socketScheme(u *url.URL) bool {
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	}
	return u.Scheme == "ws" || u.Scheme == "wss"
}
