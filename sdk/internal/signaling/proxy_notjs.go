//go:build !js

package signaling

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxProxyAnswer bounds what a proxy may answer to CONNECT, in bytes.
const maxProxyAnswer = 64 << 10

// tunnelTransport goes through an HTTP proxy by CONNECT, as RFC 6455, section 4.1, asks. For
// http requests, and so for ws, net/http sends the proxy a GET, whose Upgrade proxies do not
// pass on. For https it sends CONNECT itself.
type tunnelTransport struct{ *http.Transport }

func (t tunnelTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if t.Proxy == nil || request.URL.Scheme != "http" {
		return t.Transport.RoundTrip(request)
	}
	proxy, err := t.Proxy(request)
	if err != nil || proxy == nil || proxy.Scheme != "http" && proxy.Scheme != "https" {
		return t.Transport.RoundTrip(request) // a SOCKS proxy makes a tunnel anyway
	}
	tunnel := t.Clone()
	tunnel.Proxy = nil
	tunnel.DisableKeepAlives = true // nothing else uses its connections
	tunnel.DialContext = func(_ context.Context, network, target string) (net.Conn, error) {
		conn, err := t.connect(request.Context(), proxy, network, target)
		if err != nil {
			return nil, &net.OpError{Op: "proxyconnect", Net: network, Err: err}
		}
		return conn, nil
	}
	return tunnel.RoundTrip(request)
}

// connect has a proxy make a tunnel to target.
func (t tunnelTransport) connect(ctx context.Context, proxy *url.URL, network, target string) (net.Conn, error) {
	port := map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
	address := net.JoinHostPort(proxy.Hostname(), cmp.Or(proxy.Port(), port))
	dial := t.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if proxy.Scheme == "https" {
		config := &tls.Config{}
		if t.TLSClientConfig != nil {
			config = t.TLSClientConfig.Clone()
		}
		config.ServerName, config.NextProtos = cmp.Or(config.ServerName, proxy.Hostname()), nil
		conn = tls.Client(conn, config)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = ask(conn, proxy.User, target, t.ProxyConnectHeader.Clone())
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// ask sends CONNECT and reads the answer.
func ask(conn net.Conn, user *url.Userinfo, target string, header http.Header) error {
	if header == nil {
		header = make(http.Header)
	}
	if password, _ := user.Password(); user != nil && header.Get("Proxy-Authorization") == "" {
		credentials := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		header.Set("Proxy-Authorization", "Basic "+credentials)
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: header}
	if err := request.Write(conn); err != nil {
		return err
	}
	answer := bufio.NewReader(io.LimitReader(conn, maxProxyAnswer))
	response, err := http.ReadResponse(answer, request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New("the proxy answers " + response.Status)
	}
	if answer.Buffered() > 0 {
		return errors.New("the proxy sends more than its answer")
	}
	return nil
}
