package admin

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/sebas642/intercessor/relayd/secret"
)

const (
	leastToken = 20 // bytes: openssl rand -base64 18 prints 24
	mostToken  = 1 << 10
)

// ErrToken is wrapped by the error about a file without a usable token.
var ErrToken = errors.New("an admin token is one line of 20 to 1,024 visible ASCII characters; make one with: openssl rand -base64 32")

// ReadToken reads a token file, by the rules of [secret.Read].
func ReadToken(path string) ([]byte, error) {
	text, err := secret.Read(path, mostToken+2)
	if err != nil {
		return nil, err
	}
	token := bytes.TrimRight(text, "\r\n")
	unfit := func(c rune) bool { return c <= ' ' || c > '~' }
	if len(token) < leastToken || len(token) > mostToken || bytes.ContainsFunc(token, unfit) {
		return nil, fmt.Errorf("%s: %w", path, ErrToken)
	}
	return token, nil
}

// reads admits requests that may read.
func (a *Admin) reads(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isForeign(r):
			refuseForeign(w)
		case a.config.Token != nil && !a.bears(r):
			unauthorized(w)
		case a.config.Token == nil && !named(r.Host):
			// DNS rebinding: a page whose name was made to resolve to this machine, so that a
			// local user's browser would tell it everything.
			fail(w, http.StatusForbidden, "without a token this listener answers only to localhost and to IP addresses, not to other names")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// does admits requests that may change something. There are no cookies, so a foreign page cannot
// use a browser's credentials.
func (a *Admin) does(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isForeign(r):
			refuseForeign(w)
		case a.config.Token == nil:
			fail(w, http.StatusForbidden, "actions need a token: name its file with admin.token_file")
		case !a.bears(r):
			unauthorized(w)
		default:
			next(w, r)
		}
	})
}

// bears compares hashes, so that the time reveals neither the length nor a prefix.
func (a *Admin) bears(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256(a.config.Token), sha256.Sum256([]byte(token))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

func unauthorized(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="relayd"`)
	fail(w, http.StatusUnauthorized, "send the token of admin.token_file, as Authorization: Bearer TOKEN")
}

// isForeign reports whether a request comes from a page of another origin, or from a link on one:
// a profile costs, even if the page cannot read the answer. Browsers without
// Sec-Fetch-Site (Fetch Metadata) send Origin with some requests.
func isForeign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "":
		origin := r.Header.Get("Origin")
		_, host, _ := strings.Cut(origin, "://")
		return origin != "" && host != r.Host
	}
	return true
}

func refuseForeign(w http.ResponseWriter) {
	fail(w, http.StatusForbidden, "pages of other origins, and links on them, cannot open this: type the address, or open it from the status page")
}

// named reports whether a request's Host is an address or localhost, which no name server
// can redirect.
func named(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	_, err := netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost")
}
