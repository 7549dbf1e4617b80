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

// backendWithin bounds one question to the backend. It is less than a relay waits for a
// decision.
const backendWithin = 4 * time.Second

// backendAgain is when to come again while the backend gives no answer.
const backendAgain = 5 * time.Second

// NewClient makes the HTTP client that asks the application's backend: without redirects,
// which would take secrets elsewhere, without a proxy that only the environment names, and
// with connections that are used again.
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
			DisableCompression:     true, // an answer is as long as it says
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// CheckURL reports what is wrong with the address of a backend: it takes https, and http on this machine only.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("this is no URL of a backend: write it as https://app.example/path")
	case u.User != nil:
		return errors.New("a secret has no place in a URL: leave out what stands before the @")
	case u.Scheme == "http" && !isLocal(u.Hostname()):
		return errors.New("the URL must begin with https://, because secrets travel to it; http:// will do for this machine only")
	}
	return nil
}

func isLocal(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
