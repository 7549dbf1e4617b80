package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/edge"
)

// healthWithin keeps below the five seconds after which the Dockerfile's HEALTHCHECK
// takes silence for an answer.
const healthWithin = 4 * time.Second

// healthcheckCommand tells by its exit code, 0 or 1, whether the relay of this
// configuration answers. It asks /healthz and not /readyz: a supervisor that starts the
// unwell anew must not cut short a relay that drains.
func healthcheckCommand(c *config.Config, stdout, stderr io.Writer) int {
	address, err := loopback(string(c.Listen))
	if err == nil {
		err = askHealth(c, address)
	}
	if err != nil {
		fmt.Fprintln(stderr, "relayd: the relay is not well:", err)
		return 1
	}
	fmt.Fprintln(stdout, "the relay on", address, "is well")
	return 0
}

// loopback is where this machine reaches an address that relayd listens on.
func loopback(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	switch {
	case err != nil:
		return "", err
	case port == "0" || port == "":
		return "", errors.New("it listens on a free port, which only its log tells: name one with --listen or RELAYD_LISTEN")
	case host == "" || host == "0.0.0.0":
		host = "127.0.0.1"
	case isUnspecified(host):
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}

// askHealth asks as peers do: over TLS, and behind the PROXY header, where the relay
// wants them. It goes to the address itself, whatever HTTP_PROXY says.
func askHealth(c *config.Config, address string) error {
	proxies, err := edge.NewProxies(c.Proxy.Trusted, c.Proxy.Protocol)
	if err != nil {
		return err
	}
	scheme := "http"
	if c.TLS.Enabled() {
		scheme = "https"
	}
	client := &http.Client{
		Timeout: healthWithin,
		Transport: &http.Transport{
			DialContext:       prefaced(proxies),
			TLSClientConfig:   toItself(c),
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Get(scheme + "://" + address + "/healthz")
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", response.Request.URL, response.Status)
	}
	return nil
}

func prefaced(proxies edge.Proxies) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		preface, err := proxies.Preface(conn.LocalAddr())
		if err == nil && preface != nil {
			_, err = conn.Write(preface)
		}
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return conn, nil
	}
}

// toItself asks for a certificate that the relay shows, and does not look whether it is
// good for the address: it is good for the relay's public name, and perhaps self-signed.
// What is asked is whether this machine's relay answers; nothing secret is sent to it.
func toItself(c *config.Config) *tls.Config {
	to := &tls.Config{InsecureSkipVerify: true}
	if len(c.TLS.ACME.Hosts) > 0 {
		to.ServerName = c.TLS.ACME.Hosts[0] // without a name it shows none
	}
	return to
}
