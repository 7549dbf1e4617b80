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

// healthWithin is below the timeout of the Dockerfile's HEALTHCHECK, five seconds.
const healthWithin = 4 * time.Second

// healthcheckCommand exits with 0 if the relay of this configuration answers, else with 1.
// It asks /healthz and not /readyz: a supervisor that restarts an unhealthy relay must not
// interrupt a drain.
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

// loopback returns the address at which this machine reaches relayd's listener.
func loopback(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	switch {
	case err != nil:
		return "", err
	case port == "0" || port == "":
		return "", errors.New("relayd listens on a free port, which only its log shows; set one with --listen or RELAYD_LISTEN")
	case host == "" || host == "0.0.0.0":
		host = "127.0.0.1"
	case isUnspecified(host):
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}

// askHealth asks as peers do: with TLS and the PROXY header, if the relay is configured so.
// It ignores HTTP_PROXY.
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

// toItself returns a TLS configuration that does not verify the certificate, which is for
// the relay's public name and may be self-signed. The check only asks whether this machine's
// relay answers, and sends no secret.
func toItself(c *config.Config) *tls.Config {
	to := &tls.Config{InsecureSkipVerify: true}
	if len(c.TLS.ACME.Hosts) > 0 {
		to.ServerName = c.TLS.ACME.Hosts[0] // without a name the relay has no certificate
	}
	return to
}
