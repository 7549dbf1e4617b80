package admin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admin"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test for what should come at once. It only ends what hangs:
// a machine may be busy for a while, and a test that passes never waits for it.
const patience = 2 * time.Minute

const token = "0123456789abcdef0123456789abcdef"

// desk is an operator's listener beside a real relay.
type desk struct {
	*admin.Admin
	t     *testing.T
	relay *relay.Relay
	url   string // of the relay
	ended int
}

func newDesk(t *testing.T, token string) *desk {
	d := &desk{t: t, relay: relay.New(relay.Config{})}
	served := httptest.NewServer(d.relay)
	d.url = served.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = d.relay.Shutdown(ctx)
		served.Close()
	})
	says := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
	}
	config := admin.Config{
		Relay: d.relay, Metrics: says("the metrics"), Page: says("the page"), Version: "v",
		Ready: func() bool { return d.ended == 0 },
		End:   func() { d.ended++ },
		Drain: 8 * time.Second,
	}
	if token != "" {
		config.Token = []byte(token)
	}
	d.Admin = admin.New(config)
	return d
}

// asks sends a request, with what stands in Authorization, and gives the answer.
func (d *desk) asks(method, path, authorization string) (status int, body string) {
	d.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Host = "127.0.0.1:9090"
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	require.Equal(d.t, "no-referrer", w.Header().Get("Referrer-Policy"))
	require.Empty(d.t, w.Header().Get("Set-Cookie"))
	return w.Code, w.Body.String()
}

var (
	open   = []string{"GET /", "GET /healthz", "GET /readyz"}
	reads  = []string{"GET /metrics", "GET /status.json", "GET /debug/pprof/", "GET /debug/pprof/goroutine?debug=2", "GET /api/rooms", "GET /api/nodes", "GET /api/rooms/00000000"}
	writes = []string{"POST /api/rooms/00000000/close", "POST /api/peers/00000000/kick", "POST /api/drain"}
)

func TestTokenIsAskedFor(t *testing.T) {
	d := newDesk(t, token)
	for _, request := range append(append(open, reads...), writes...) {
		method, path, _ := strings.Cut(request, " ")
		for _, wrong := range []string{"", "Bearer", "Bearer ", "Bearer " + token[:31], "Bearer " + token + "0", "Bearer " + strings.ToUpper(token), "Basic " + token, token, "Bearer  " + token} {
			status, body := d.asks(method, path, wrong)
			if slices.Contains(open, request) {
				require.Equal(t, http.StatusOK, status, request)
				continue
			}
			require.Equal(t, http.StatusUnauthorized, status, "%s with %q", request, wrong)
			require.Contains(t, body, `{"error":"send the token of admin.token_file`)
		}
	}
	require.Zero(t, d.ended)
	for _, right := range []string{"Bearer " + token, "bearer " + token} {
		status, body := d.asks("GET", "/metrics", right)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "the metrics", body)
	}
}

func TestWithoutATokenNothingCanBeDone(t *testing.T) {
	d := newDesk(t, "")
	for _, request := range reads[:6] {
		method, path, _ := strings.Cut(request, " ")
		status, _ := d.asks(method, path, "")
		require.Equal(t, http.StatusOK, status, request)
	}
	for _, request := range writes {
		method, path, _ := strings.Cut(request, " ")
		for _, some := range []string{"", "Bearer ", "Bearer x"} {
			status, body := d.asks(method, path, some)
			require.Equal(t, http.StatusForbidden, status, request)
			require.Contains(t, body, "admin.token_file")
		}
	}
	require.Zero(t, d.ended)
}

// TestNameThatLeadsHere: a page of the Web whose name was made to mean this machine.
func TestNameThatLeadsHere(t *testing.T) {
	d := newDesk(t, "")
	for host, want := range map[string]int{
		"127.0.0.1:9090": 200, "[::1]:9090": 200, "localhost:9090": 200, "LOCALHOST": 200, "127.0.0.1": 200,
		"evil.example:9090": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403, "": 403,
	} {
		r := httptest.NewRequest("GET", "/status.json", nil)
		r.Host = host
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, host)
	}
}

// TestForeignPagesCostNothing: no page of another origin takes a profile, or asks anything else that
// costs, with a token or without one (threat 64).
func TestForeignPagesCostNothing(t *testing.T) {
	for _, token := range []string{"", token} {
		d := newDesk(t, token)
		asks := func(method, path string, headers map[string]string) int {
			r := httptest.NewRequest(method, path, nil)
			r.Host = "localhost:9090"
			r.Header.Set("Authorization", "Bearer "+token)
			for name, value := range headers {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			d.ServeHTTP(w, r)
			return w.Code
		}
		for _, request := range []string{"GET /debug/pprof/heap", "GET /debug/pprof/profile?seconds=60", "GET /debug/pprof/trace?seconds=60", "GET /metrics", "GET /status.json", "GET /api/rooms", "POST /api/drain"} {
			method, path, _ := strings.Cut(request, " ")
			for _, foreign := range []map[string]string{
				{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
				{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1"},
				{"Sec-Fetch-Site": "same-site"}, // another port of this machine
				{"Origin": "http://localhost:3000"}, {"Origin": "null"}, {"Origin": "https://evil.example"},
			} {
				require.Equal(t, http.StatusForbidden, asks(method, path, foreign), "%s %v", request, foreign)
			}
		}
		require.Zero(t, d.ended)
		for _, own := range []map[string]string{
			{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:9090"}, {"Origin": "http://localhost:9090"},
		} {
			require.Equal(t, http.StatusOK, asks("GET", "/api/rooms", own), "%v", own)
		}
		require.Equal(t, http.StatusOK, asks("GET", "/", map[string]string{"Sec-Fetch-Site": "cross-site"}), "a link to the page itself")
		require.Equal(t, http.StatusOK, asks("GET", "/healthz", map[string]string{"Sec-Fetch-Site": "cross-site"}))
	}
}

func TestOnlyPostChanges(t *testing.T) {
	d := newDesk(t, token)
	for _, request := range writes {
		_, path, _ := strings.Cut(request, " ")
		for _, method := range []string{"GET", "PUT", "DELETE", "HEAD"} {
			status, _ := d.asks(method, path, "Bearer "+token)
			if method == "GET" || method == "HEAD" {
				continue // the page, which changes nothing
			}
			require.Equal(t, http.StatusMethodNotAllowed, status, method+path)
		}
	}
	require.Zero(t, d.ended)
}

func (d *desk) dial(path string) (ws *websocket.Conn, id string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, d.url+path, nil)
	require.NoError(d.t, err)
	d.t.Cleanup(func() { _ = ws.CloseNow() })
	_, text, err := ws.Read(ctx)
	require.NoError(d.t, err)
	var hello struct{ Message struct{ ID string } }
	require.NoError(d.t, json.Unmarshal(text, &hello))
	return ws, hello.Message.ID
}

func (d *desk) does(method, path string, want int, into any) {
	d.t.Helper()
	status, body := d.asks(method, path, "Bearer "+token)
	require.Equal(d.t, want, status, body)
	require.NoError(d.t, json.Unmarshal([]byte(body), into))
}

func wantsClose(t *testing.T, ws *websocket.Conn, code protocol.Code) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, _, err := ws.Read(ctx); err != nil {
			require.EqualValues(t, code, websocket.CloseStatus(err), "%v", err)
			return
		}
	}
}

// TestOperatorSeesKicksAndCloses, from the list of rooms to the end of one.
func TestOperatorSeesKicksAndCloses(t *testing.T) {
	d := newDesk(t, token)
	server, id := d.dial("/server")
	ann, _ := d.dial("/client/" + id)
	bob, bobID := d.dial("/client/" + id)

	var list struct {
		Total int
		Rooms []struct {
			Room, Server         string
			Clients, OpenSeconds int
		}
	}
	d.does("GET", "/api/rooms", 200, &list)
	require.Equal(t, 1, list.Total)
	require.Equal(t, 2, list.Rooms[0].Clients)
	require.Equal(t, "here", list.Rooms[0].Server)
	room := list.Rooms[0].Room

	var who struct {
		Peers []struct{ Peer, Role, State, Protocol string }
	}
	d.does("GET", "/api/rooms/"+room, 200, &who)
	require.Len(t, who.Peers, 3)
	require.Equal(t, "server here base", fmt.Sprint(who.Peers[0].Role, " ", who.Peers[0].State, " ", who.Peers[0].Protocol))
	for _, path := range []string{"/api/rooms", "/api/rooms/" + room, "/status.json"} {
		_, body := d.asks("GET", path, "Bearer "+token)
		require.NotContains(t, body, id)
		require.NotContains(t, body, bobID)
	}

	var wrong struct{ Error string }
	d.does("POST", "/api/peers/"+who.Peers[1].Peer+"/kick?by=name", 400, &wrong)
	d.does("POST", "/api/peers/"+bobID+"/kick", 404, &wrong)
	require.Contains(t, wrong.Error, "the peer of this name is not here")
	require.NotContains(t, wrong.Error, bobID)
	d.does("POST", "/api/peers/"+room+"/kick", 409, &wrong)
	require.Contains(t, wrong.Error, "close its room")
	d.does("POST", "/api/rooms/00000000/close", 404, &wrong)

	var done map[string]string
	d.does("POST", "/api/peers/"+who.Peers[1].Peer+"/kick", 200, &done)
	require.Eventually(t, func() bool {
		return d.relay.Stats().Peers.Clients == 1 || d.relay.Stats().Closed[protocol.CodeKicked] == 1
	}, patience, time.Millisecond)
	d.does("POST", "/api/rooms/"+room+"/close", 200, &done)
	wantsClose(t, server, protocol.CodeKicked)
	for _, ws := range []*websocket.Conn{ann, bob} { // one was kicked, the other lost its server
		_ = ws.CloseNow()
	}
	d.does("GET", "/api/rooms", 200, &list)
	require.Zero(t, list.Total)
}

func TestOperatorDrains(t *testing.T) {
	d := newDesk(t, token)
	status, _ := d.asks("GET", "/readyz", "")
	require.Equal(t, 200, status)
	var draining struct{ DrainSeconds float64 }
	d.does("POST", "/api/drain", http.StatusAccepted, &draining)
	require.EqualValues(t, 8, draining.DrainSeconds)
	require.Equal(t, 1, d.ended)
	status, _ = d.asks("GET", "/readyz", "")
	require.Equal(t, 503, status)
}

func TestTokenFile(t *testing.T) {
	write := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "token")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	for _, n := range []int{20, 1024} {
		for _, end := range []string{"", "\n", "\r\n"} {
			got, err := admin.ReadToken(write(strings.Repeat("t", n)+end, 0o600))
			require.NoError(t, err)
			require.Len(t, got, n)
		}
	}
	for _, bad := range []string{"", "\n", strings.Repeat("s", 19), strings.Repeat("s", 1025), strings.Repeat("s", 20) + " s", strings.Repeat("s", 20) + "\ns", strings.Repeat("ü", 20)} {
		_, err := admin.ReadToken(write(bad, 0o600))
		require.ErrorIs(t, err, admin.ErrToken, "%q", bad)
		require.NotContains(t, err.Error(), "sss")
	}
	if os.PathSeparator == '/' {
		_, err := admin.ReadToken(write(token, 0o644))
		require.ErrorContains(t, err, "chmod 600")
	}
}
