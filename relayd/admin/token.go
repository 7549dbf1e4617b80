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

// ErrToken is in the error about a file that holds no token fit for use.
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

// reads lets in who may look.
func (a *Admin) reads(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isForeign(r):
			refuseForeign(w)
		case a.config.Token != nil && !a.bears(r):
			unauthorized(w)
		case a.config.Token == nil && !named(r.Host):
			// A page whose name was made to lead here, so that the browser of somebody at
			// this machine would tell it everything.
			fail(w, http.StatusForbidden, "without a token this listener answers to localhost and to addresses, and to no other name")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// does lets in who may change something. There are no cookies, so that nobody's browser
// does it for somebody else.
func (a *Admin) does(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isForeign(r):
			refuseForeign(w)
		case a.config.Token == nil:
			fail(w, http.StatusForbidden, "nothing can be done here without a token: name its file with admin.token_file")
		case !a.bears(r):
			unauthorized(w)
		default:
			next(w, r)
		}
	})
}

// bears compares hashes, so that neither a length nor a beginning can be timed.
func (a *Admin) bears(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256(a.config.Token), sha256.Sum256([]byte(token))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

func unauthorized(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="relayd"`)
	fail(w, http.StatusUnauthorized, "this asks for the token of admin.token_file, as Authorization: Bearer TOKEN")
}

// isForeign reports whether a page of another origin sends a request, or a link on one: to
// take a profile costs, even for a page that cannot read the answer. Browsers that have no
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
	fail(w, http.StatusForbidden, "this is not for pages of other origins, nor for links on them: type the address, or open it from the status page")
}

// named says whether a request's Host is an address or localhost, which no name server
// can lead elsewhere.
func named(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	_, err := netip.ParseAddr(host)
	return err == nil || strings.EqualFold(host, "localhost")
}
