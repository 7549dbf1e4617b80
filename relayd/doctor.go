package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/sebas642/intercessor/doctor"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/edge"
)

// doctorCommand examines the relay of this configuration from outside, after what only its own
// machine can tell. It exits with 0 if all steps pass, 1 if one fails, and 2 if one cannot be
// tried.
func doctorCommand(c *config.Config, e examination, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if e.url == "" {
		if e.url, err = publicURL(c); err != nil {
			fmt.Fprintln(stderr, "relayd:", err)
			return 2
		}
	}
	printer := doctor.NewPrinter(stdout)
	examine := doctor.Config{
		URL: e.url, Secret: e.secret, ClientSecret: e.clientSecret, Page: e.page, Stay: e.stay,
		Before: []doctor.Step{
			{Name: "files", Run: func(context.Context) doctor.Result { return filesStep(c) }},
			{Name: "relayd", Run: func(context.Context) doctor.Result { return aliveStep(c) }},
			{Name: "names", Run: func(context.Context) doctor.Result { return namesStep(c, e.url) }},
			{Name: "udp port", Run: func(ctx context.Context) doctor.Result { return portStep(ctx, c) }},
		},
	}
	if c.Cluster.Enabled() {
		examine.Before = append(examine.Before, doctor.Step{Name: "cluster", Run: func(context.Context) doctor.Result { return clusterStep(c) }})
	}
	if !e.asJSON {
		examine.Each = printer.Result
	}
	report, err := doctor.Run(ctx, examine)
	switch {
	case report == nil:
		fmt.Fprintln(stderr, "relayd:", err)
		return 2
	case err != nil:
		fmt.Fprintln(stderr, "relayd:", err)
		return 1
	case e.asJSON:
		if err := report.WriteJSON(stdout); err != nil {
			fmt.Fprintln(stderr, "relayd:", err)
			return 1
		}
	default:
		printer.Summary(report)
	}
	return report.Exit()
}

// publicURL returns the address by which clients reach the relay, as far as the configuration
// tells it.
func publicURL(c *config.Config) (string, error) {
	if !c.TLS.Enabled() && len(c.Proxy.Trusted) > 0 || c.Proxy.Protocol == edge.ProxyProtocol && len(c.Proxy.Trusted) > 0 {
		return "", errors.New("the configuration does not tell the address of the proxy: relayd doctor https://relay.example.org")
	}
	address, err := loopback(string(c.Listen))
	if err != nil {
		return "", err
	}
	if !c.TLS.Enabled() {
		return "http://" + address, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	return "https://" + net.JoinHostPort(cmp.Or(certificateName(c), host), port), nil
}

// certificateName returns a name of relayd's certificate; "" if it is self-signed.
func certificateName(c *config.Config) string {
	if len(c.TLS.ACME.Hosts) > 0 {
		return c.TLS.ACME.Hosts[0]
	}
	if c.TLS.CertFile == "" {
		return ""
	}
	pair, err := tls.LoadX509KeyPair(c.TLS.CertFile, string(c.TLS.KeyFile))
	if err != nil {
		return "" // the step files says why
	}
	for _, name := range pair.Leaf.DNSNames {
		if !strings.HasPrefix(name, "*.") {
			return name
		}
	}
	return ""
}

// filesStep reads the files that the configuration names.
func filesStep(c *config.Config) doctor.Result {
	if err := checkFiles(c); err != nil {
		return doctor.Fail("a file of the configuration cannot be used: "+err.Error(), "correct it, or what the setting names; relayd's user must be able to read it")
	}
	return doctor.Passed("the files of the configuration can be used")
}

// aliveStep asks whether relayd answers on this machine.
func aliveStep(c *config.Config) doctor.Result {
	address, err := loopback(string(c.Listen))
	if err == nil {
		err = askHealth(c, address)
	}
	if err != nil {
		return doctor.Fail("no relayd of this configuration answers on this machine: "+err.Error(), "start relayd, or pass the configuration with which it runs; its address is in `listen`")
	}
	return doctor.Passed("relayd answers on %s", address)
}

// namesStep looks for the URL's host in the configuration.
func namesStep(c *config.Config, address string) doctor.Result {
	u, err := url.Parse(address)
	if err != nil {
		return doctor.Fail(err.Error(), "correct the URL")
	}
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	hosts, err := edge.NewHosts(c.Hosts)
	if err != nil {
		return doctor.Fail(err.Error(), "correct `hosts`")
	}
	origins, err := edge.NewOrigins(nil, hosts)
	if err != nil {
		return doctor.Fail(err.Error(), "correct `origins`")
	}
	page := &http.Request{Host: u.Host, Header: http.Header{"Origin": {u.Scheme + "://" + u.Host}}}
	if !origins.Admit(page) {
		return doctor.Fail(fmt.Sprintf("`hosts` does not list %s, so the relay refuses its own page", u.Hostname()), fmt.Sprintf("add '%s' to `hosts`", u.Hostname()))
	}
	return doctor.Passed("%s is a name of the relay", u.Hostname())
}

// portStep asks for an answer over UDP on this machine, where no firewall is in the way.
func portStep(ctx context.Context, c *config.Config) doctor.Result {
	if !c.TURN.Enabled {
		if len(c.ICE.URLs) > 0 {
			return doctor.Passed("relayd names the servers of `ice.urls` and has none of its own")
		}
		return doctor.Fail("relayd's TURN server is switched off", "set `turn.enabled = true`, and open UDP port and TCP port of `listen`")
	}
	address, err := loopback(string(cmp.Or(c.TURN.Listen, c.Listen)))
	if err == nil {
		err = doctor.AskSTUN(ctx, address)
	}
	if err != nil {
		return doctor.Fail(fmt.Sprintf("relayd does not answer on its UDP port on this machine: %v", err),
			"start relayd with `turn.enabled = true`; its log says if another program has the UDP port of `listen` or `turn.listen`")
	}
	return doctor.Passed("relayd answers on UDP %s of this machine", address)
}
