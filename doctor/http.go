package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// client returns an HTTP client that connects to one address of the relay. It ignores
// HTTP_PROXY and follows no redirect.
func (v *visit) client() *http.Client {
	address := v.open[0].String()
	return &http.Client{
		Timeout: answerWithin,
		Transport: &http.Transport{
			DialContext:         func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, address) },
			TLSClientConfig:     v.tlsConfig(v.target.host),
			TLSHandshakeTimeout: answerWithin,
			DisableKeepAlives:   true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask sends a GET without an upgrade. A relay answers it with 426 (B2).
func (v *visit) ask(ctx context.Context) Result {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.target.String()+"/server", nil)
	if err != nil {
		return Fail(err.Error(), "correct the URL").last()
	}
	began := time.Now()
	response, err := v.client().Do(request)
	if err != nil {
		return v.noHTTP(ctx, err).last()
	}
	defer func() { _ = response.Body.Close() }()
	v.date = newSkew(response, began, time.Now())
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxText))
	facts := "answers " + response.Status + through(response.Header)
	if response.StatusCode == http.StatusUpgradeRequired {
		return Passed("%s, as a relay does", facts)
	}
	return v.notARelay(ctx, response, string(text)).with(facts).last()
}

// through names the program that answered, if it says so.
func through(header http.Header) string {
	for _, name := range []string{"Server", "Via"} {
		if value := header.Get(name); value != "" {
			return fmt.Sprintf(" (%s: %s)", name, value)
		}
	}
	return ""
}

func (v *visit) noHTTP(ctx context.Context, err error) Result {
	switch {
	case !v.target.secure && v.speaksTLS(ctx):
		return wrongScheme(v.open[0].String())
	case isTimeout(err):
		return Fail(fmt.Sprintf("%s accepts the connection but does not answer HTTP", v.open[0]),
			"check what listens there; with `proxy.protocol = 'proxy-protocol'` relayd waits for the header of a proxy")
	}
	return Fail(fmt.Sprintf("what listens on %s does not answer HTTP: %v", v.open[0], root(err)),
		"correct the port in the URL, or relayd's `listen`; with `proxy.protocol = 'proxy-protocol'` relayd answers only the proxies in `proxy.trusted`")
}

func wrongScheme(address string) Result {
	return Fail(address+" speaks TLS, but the URL says http or ws", "write https:// or wss:// in the URL")
}

// speaksTLS reports whether the relay's port speaks TLS, whatever the certificate.
func (v *visit) speaksTLS(ctx context.Context) bool {
	conn, err := dialTLS(ctx, v.open[0].String(), &tls.Config{ServerName: v.target.host, InsecureSkipVerify: true}) // nothing is sent
	if err == nil {
		_ = conn.Close()
	}
	var alert tls.AlertError
	var remote *net.OpError
	return err == nil || errors.As(err, &alert) || errors.As(err, &remote) && remote.Op == "remote error"
}

// notARelay explains an answer other than 426.
func (v *visit) notARelay(ctx context.Context, response *http.Response, text string) Result {
	location := response.Header.Get("Location")
	switch code := response.StatusCode; {
	case code == http.StatusBadRequest && !v.target.secure && v.speaksTLS(ctx):
		return wrongScheme(v.open[0].String())
	case location != "" && strings.HasPrefix(location, "https://") && !v.target.secure:
		return Fail("this address only redirects to "+location, "write https:// or wss:// in the URL")
	case location != "":
		return Fail(fmt.Sprintf("something other than a relay answers at %s/server: it redirects to %s", v.target, location),
			"correct the URL, or have the proxy pass /server and /client/ on to relayd (docs/proxy.md)")
	case code == http.StatusBadGateway, code == http.StatusServiceUnavailable, code == http.StatusGatewayTimeout:
		return Fail(fmt.Sprintf("a proxy answers %s%s: it cannot reach relayd, or relayd has no capacity (%s)", response.Status, through(response.Header), quote(text)),
			"start relayd, and name its `listen` address in the proxy (in nginx: proxy_pass); its log says whether a limit in `limits` is reached")
	case code == http.StatusTooManyRequests:
		return Fail("the relay has no capacity for this network: "+quote(text), "raise `limits.source_connections` or the limit that relayd's log names")
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		return Fail(fmt.Sprintf("something in front of the relay refuses requests: it answers %s", response.Status),
			"let the proxy or firewall in front of relayd pass /server and /client/ without a login of its own")
	}
	return Fail(fmt.Sprintf("something other than a relay answers at %s/server: %s, %s", v.target, response.Status, quote(text)),
		"correct the URL, or have the proxy pass /server and /client/ on to relayd (docs/proxy.md)")
}
