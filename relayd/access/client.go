package access

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
)

// backendWithin bounds one question to the backend. It is less than the default of
// relay.Config.AuthorizeWithin.
const backendWithin = 4 * time.Second

// backendAgain is how long a peer should wait while the backend does not answer.
const backendAgain = 5 * time.Second

// NewClient returns the HTTP client for the application's backend. It follows no redirects,
// which would send secrets elsewhere, ignores the proxy of the environment, and keeps
// connections open.
func NewClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            (&net.Dialer{Timeout: backendWithin}).DialContext,
			TLSHandshakeTimeout:    backendWithin,
			MaxResponseHeaderBytes: 16 << 10,
			MaxConnsPerHost:        quota.AskedAtOnce + 1, // one for the keys of tokens
			MaxIdleConnsPerHost:    quota.AskedAtOnce + 1,
			IdleConnTimeout:        90 * time.Second,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // the size limits then apply to what is received
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CheckURL reports what is wrong with the URL of a backend. It accepts https, and http for a
// loopback address or localhost.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("this is not the URL of a backend: write it as https://app.example/path")
	case u.User != nil:
		return errors.New("a URL must not contain a secret: leave out the part before the @")
	case u.Scheme == "http" && !isLocal(u.Hostname()):
		return errors.New("the URL must begin with https://, because it receives secrets; http:// is allowed for this machine only")
	}
	return nil
}

func isLocal(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
