package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

const linkForms = "a link looks like http://HOST/#ID or ws://HOST/client/ID"

// relayURL gives the address that a listener dials, for any way of naming a
// relay: ws://HOST/server, http://HOST, HOST:PORT.
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

// clientURL gives the address that a client dials, for each form of a link:
// ws://HOST/client/ID, http://HOST/#ID, and an ID on the relay given, which may be
// spelt as it is said: Apple Pie.
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

// pageLink gives the address of the page that joins the room.
func pageLink(clientURL string) string {
	base, id, _ := strings.Cut(clientURL, "/client/")
	return "http" + strings.TrimPrefix(base, "ws") + "/#" + id // ws and wss become http and https
}

// socketScheme turns http and https into ws and wss, and says whether it is one of the four.
func socketScheme(u *url.URL) bool {
	switch u.Scheme {
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	}
	return u.Scheme == "ws" || u.Scheme == "wss"
}
