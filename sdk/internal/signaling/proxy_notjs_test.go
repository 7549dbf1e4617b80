//go:build !js

package signaling_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/badrelay"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// tunnels is a small HTTP proxy: it answers CONNECT, with one user, and nothing else.
type tunnels struct {
	to string // where all tunnels lead

	mu    sync.Mutex
	asked []string // guarded by mu: method and target of each request
}

func (p *tunnels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.RequestURI)
	p.mu.Unlock()
	r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
	switch user, password, _ := r.BasicAuth(); {
	case r.Method != http.MethodConnect:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case user != "ada" || password != "secret":
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	far, err := net.Dial("tcp", p.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		_ = far.Close()
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = way[0].Close()
		})
	}
	both.Wait()
}

func (p *tunnels) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// A proxy is asked for a tunnel, for ws as for wss (RFC 6455, section 4.1): it would not pass
// an Upgrade on.
func TestProxyIsAskedForATunnel(t *testing.T) {
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			relay := httptest.NewUnstartedServer(badrelay.New(t.Context()))
			if scheme == "wss" {
				relay.StartTLS()
			} else {
				relay.Start()
			}
			t.Cleanup(relay.Close)
			through := &tunnels{to: relay.Listener.Addr().String()}
			proxy := httptest.NewServer(through)
			t.Cleanup(proxy.Close)
			address := strings.TrimPrefix(proxy.URL, "http://")

			named := "http://ada:secret@" + address
			transport := &http.Transport{TLSClientConfig: trusting(relay)}
			transport.Proxy = func(r *http.Request) (*url.URL, error) {
				if r.URL.Hostname() == relay.Listener.Addr().(*net.TCPAddr).IP.String() {
					return nil, nil // as NO_PROXY says
				}
				return url.Parse(named)
			}
			t.Cleanup(transport.CloseIdleConnections)
			options := &signaling.Options{}
			options.HTTPClient = &http.Client{Transport: transport}

			s, err := sdktest.Dial(within(t), scheme+"://example.com/echo/client/other", options)
			require.NoError(t, err)
			require.NoError(t, s.Close())
			port := map[string]string{"ws": "80", "wss": "443"}[scheme]
			require.Equal(t, []string{"CONNECT example.com:" + port}, through.heard())

			s, err = sdktest.Dial(within(t), scheme+"://"+through.to+"/echo/client/other", options)
			require.NoError(t, err)
			require.NoError(t, s.Close())
			require.Len(t, through.heard(), 1, "this one needs no proxy")

			named = "http://ada:wrong@" + address
			_, err = sdktest.Dial(within(t), scheme+"://example.com/echo/client/other", options)
			require.ErrorContains(t, err, "Proxy Authentication Required")
			require.NotContains(t, err.Error(), "wrong")

			proxy.Close()
			_, err = sdktest.Dial(within(t), scheme+"://example.com/echo/client/other", options)
			require.ErrorContains(t, err, "proxyconnect")
		})
	}
}

// trusting gives what trusts a test's server, whose certificate is for example.com.
func trusting(server *httptest.Server) *tls.Config {
	if server.Certificate() == nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &tls.Config{RootCAs: roots}
}
