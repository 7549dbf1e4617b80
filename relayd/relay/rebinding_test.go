package relay_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestRebinding: a page whose name resolves to this machine after it was loaded from another has
// equal Host and Origin (threat 64).
func TestRebinding(t *testing.T) {
	for _, c := range []struct {
		name, host string
		hosts      []string
		tls        bool
		header     string
		status     int
	}{
		{"its own address", "127.0.0.1", nil, false, "", 101},
		{"localhost", "localhost", nil, false, "", 101},
		{"a name below localhost", "a.LocalHost", nil, false, "", 101},
		{"an IPv6 address", "[::1]", nil, false, "", 101},
		{"a foreign name", "evil.example", nil, false, "", 403},
		{"a foreign name that looks right", "127.0.0.1.evil.example", nil, false, "", 403},
		{"another one", "localhost.evil.example", nil, false, "", 403},
		{"a name behind a proxy", "relay.example", nil, false, "X-Forwarded-For: 203.0.113.9\r\n", 101},
		{"a name behind another proxy", "relay.example", nil, false, "Forwarded: for=203.0.113.9\r\n", 101},
		{"a name with TLS", "relay.example", nil, true, "", 101},
		{"a name of the list", "relay.example", []string{"Relay.example"}, false, "", 101},
		{"an international name", "xn--bcher-kva.example", []string{"b\u00fccher.example"}, false, "", 101},
		{"one label", "relay.home.lan", []string{"*.home.lan"}, false, "", 101},
		{"no label", "home.lan", []string{"*.home.lan"}, false, "", 403},
		{"two labels", "a.relay.home.lan", []string{"*.home.lan"}, false, "", 403},
		{"a foreign name, with a list", "evil.example", []string{"relay.example"}, false, "", 403},
		{"a foreign name behind a proxy, with a list", "evil.example", []string{"relay.example"}, false, "X-Forwarded-For: 203.0.113.9\r\n", 403},
		{"a foreign name with TLS, with a list", "evil.example", []string{"relay.example"}, true, "", 403},
		{"its own address, with a list", "127.0.0.1", []string{"relay.example"}, false, "", 101},
	} {
		t.Run(c.name, func(t *testing.T) {
			hosts, err := edge.NewHosts(c.hosts)
			require.NoError(t, err)
			origins, err := edge.NewOrigins(nil, hosts)
			require.NoError(t, err)
			r := relay.New(relay.Config{Settings: relay.Settings{Origins: origins}})
			server, scheme := httptest.NewUnstartedServer(r), "http"
			if c.tls {
				server.StartTLS()
				scheme = "https"
			} else {
				server.Start()
			}
			t.Cleanup(server.Close)
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			if c.tls {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			}
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
			_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
			host := c.host + ":" + port
			_, err = io.WriteString(conn, strings.Replace(handshake("/server"), "Host: h\r\n", "Host: "+host+"\r\nOrigin: "+scheme+"://"+host+"\r\n"+c.header, 1))
			require.NoError(t, err)
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			require.Equal(t, c.status, answer.StatusCode)
			require.NoError(t, conn.Close())
			require.NoError(t, r.Shutdown(t.Context()))
		})
	}
}
