package relay_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// from connects as a proxy on this machine does for a client.
func (w *world) from(source, path string, headers ...string) *peer {
	w.t.Helper()
	options := &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {source}}}
	for _, token := range headers {
		options.Subprotocols = []string{protocol.SubprotocolV1}
		if token != "" {
			options.Subprotocols = append(options.Subprotocols, protocol.ResumePrefix+"1."+token)
		}
	}
	return w.knockWith(path, 0, options)
}

// isIn wants HELLO as the next message.
func (p *peer) isIn() *peer {
	p.t.Helper()
	from, typ, message := p.receive()
	require.Equal(p.t, "0 HELLO", from+" "+typ)
	p.id = regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(string(message))[1]
	return p
}

// mustWait wants to be closed with 4003, without HELLO, and to be told for how long (R12).
func (p *peer) mustWait() (seconds int) {
	p.t.Helper()
	_, _, err := p.Read(p.ctx)
	require.Equal(p.t, protocol.CodeOverloaded, protocol.Code(websocket.CloseStatus(err)), "%v", err)
	told := regexp.MustCompile(` \((\d+) s\)"$`).FindStringSubmatch(err.Error())
	require.NotNil(p.t, told, "%v", err)
	seconds, err = strconv.Atoi(told[1])
	require.NoError(p.t, err)
	return seconds
}

func behindAProxy(t *testing.T, limits relay.Limits) *world {
	t.Helper()
	return newWorld(t, relay.Config{Proxies: trusting(t, edge.XForwardedFor), Settings: relay.Settings{Limits: limits}})
}

// TestConnectionsInAll: below, at and above the limit. A connection that ends frees its place.
func TestConnectionsInAll(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{Limits: relay.Limits{Connections: 3}}})
	server := w.server()
	w.client(server)
	last := w.client(server)
	require.GreaterOrEqual(t, w.knock("/server", 0).mustWait(), 5)
	require.GreaterOrEqual(t, w.knock("/client/"+server.id, 0).mustWait(), 5)
	require.EqualValues(t, 2, w.Stats().Refused[relay.RefusedConnections])
	require.NoError(t, last.CloseNow())
	w.eventually("it has left", func(s relay.Stats) bool { return s.Sessions == 2 })
	w.client(server)
}

// TestFloodOfRefusalsGetsAStatus: when many are being told, which costs a handshake and
// a socket, the others get an HTTP status before the upgrade.
func TestFloodOfRefusalsGetsAStatus(t *testing.T) {
	w := newWorld(t, relay.Config{CloseWithin: time.Minute, Settings: relay.Settings{Limits: relay.Limits{Connections: 1}}})
	server := w.server()
	var told []*peer // and they answer no close
	for range 8 {
		told = append(told, w.knock("/server", 0))
	}
	answer, err := http.DefaultTransport.RoundTrip(upgradeTo(t, w.url, "/server"))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	after, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, after, 5)
	for _, p := range told {
		p.mustWait()
		_ = p.CloseNow()
	}
	w.eventually("they are told and gone", func(s relay.Stats) bool { return s.Sessions == 1 })
	w.knock("/server", 0).mustWait()
	require.NoError(t, server.Ping(server.CloseRead(server.ctx)))
}

func upgradeTo(t *testing.T, url, path string) *http.Request {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, strings.Replace(url, "ws", "http", 1)+path, nil)
	require.NoError(t, err)
	request.Header = handshakeHeader(t)
	return request
}

// TestConnectionsOfASource, whose address is what a trusted proxy says: of an IPv4
// address, of a /64 that draws another address each time, of a /48 that draws another /64.
func TestConnectionsOfASource(t *testing.T) {
	for name, c := range map[string]struct {
		address func(n int) string
		most    int
	}{
		"IPv4":                 {func(int) string { return "203.0.113.9" }, 4},
		"a network of 64 bits": {func(n int) string { return fmt.Sprintf("2001:db8::%x", n+1) }, 4},
		"a site of 48 bits":    {func(n int) string { return fmt.Sprintf("2001:db8:0:%x::1", n) }, 16},
	} {
		t.Run(name, func(t *testing.T) {
			w := behindAProxy(t, relay.Limits{SourceConnections: 4})
			var last *peer
			for n := range c.most {
				last = w.from(c.address(n), "/server").isIn()
			}
			w.from(c.address(c.most), "/server").mustWait()
			require.Equal(t, map[relay.Refusal]uint64{relay.RefusedSourceConnections: 1}, w.Stats().Refused)
			w.from("198.51.100.1", "/server").isIn() // another source
			require.NoError(t, last.CloseNow())
			w.eventually("it has left", func(s relay.Stats) bool { return s.Sessions == c.most })
			w.from(c.address(c.most), "/server").isIn()
		})
	}
}

// TestLoopbackIsASource if a proxy is trusted, and not a source otherwise.
func TestLoopbackIsASource(t *testing.T) {
	limits := relay.Limits{SourceConnections: 2}
	w := newWorld(t, relay.Config{Settings: relay.Settings{Limits: limits}})
	for range 5 {
		w.server()
	}
	elsewhere, err := edge.NewProxies([]string{"10.0.0.1"}, edge.XForwardedFor)
	require.NoError(t, err)
	w = newWorld(t, relay.Config{Proxies: elsewhere, Settings: relay.Settings{Limits: limits}})
	w.server()
	w.server()
	w.knock("/server", 0).mustWait()
}

// TestConnectsOfASource: as many at once as the burst, and then one a second; the seconds that
// the next is told are those that help.
func TestConnectsOfASource(t *testing.T) {
	w := behindAProxy(t, relay.Limits{SourceConnects: 1, SourceConnectBurst: 3})
	begun, in := time.Now(), 0
	var last *peer
	for w.Stats().Refused[relay.RefusedSourceConnects] == 0 {
		last = w.from("203.0.113.9", "/server")
		in++
		require.LessOrEqual(t, in, 3+int(time.Since(begun)/time.Second)+1, "it is never refused")
	}
	require.Greater(t, in, 3)
	require.Equal(t, 1, last.mustWait())
}

// TestRooms in all and of a source: filled to the limit; a room that ends makes room, and
// one whose server is away does not.
func TestRooms(t *testing.T) {
	for name, c := range map[string]struct {
		limits  relay.Limits
		refused relay.Refusal
	}{
		"in all":      {relay.Limits{Rooms: 3}, relay.RefusedRooms},
		"of a source": {relay.Limits{SourceRooms: 3}, relay.RefusedSourceRooms},
	} {
		t.Run(name, func(t *testing.T) {
			w := behindAProxy(t, c.limits)
			const source = "2001:db8::9"
			first := w.from(source, "/server").isIn()
			second := w.from(source, "/server").isIn()
			away := w.from(source, "/server", "").isIn()
			w.from(source, "/server").mustWait()
			require.Equal(t, map[relay.Refusal]uint64{c.refused: 1}, w.Stats().Refused)
			w.from(source, "/client/"+first.id).isIn() // a room that is there takes clients

			require.NoError(t, away.CloseNow())
			w.eventually("it is away", func(s relay.Stats) bool { return s.Sessions == 3 && s.Rooms == 3 })
			w.from(source, "/server").mustWait()
			require.NoError(t, second.CloseNow())
			w.eventually("it is gone", func(s relay.Stats) bool { return s.Rooms == 2 })
			w.from(source, "/server").isIn()
		})
	}
}

// TestClientsOfARoom: a client beyond the limit gets the answer for an unknown room (R10). A
// grant may set another limit.
func TestClientsOfARoom(t *testing.T) {
	for grant, most := range map[int]int{0: 3, 2: 2, 5: 5} {
		w := newWorld(t, relay.Config{
			Settings: relay.Settings{Limits: relay.Limits{RoomClients: 3}, Authorize: func(context.Context, access.Request) (access.Grant, error) { return access.Grant{Clients: grant}, nil }},
		})
		server := w.server()
		var last *peer
		for range most {
			last = w.client(server)
			server.wantsJoined(last)
		}
		w.knock("/client/"+server.id, 0).wantsClose(protocol.CodeNoSuchServer)
		require.NoError(t, last.CloseNow())
		server.wantsGone(last)
		w.client(server)
	}
}

// TestLimitsCanBeLowered while peers are connected: they stay, and no new peer is admitted.
func TestLimitsCanBeLowered(t *testing.T) {
	w := newWorld(t, relay.Config{})
	a, b := w.server(), w.server()
	require.NoError(t, w.Reload(relay.Settings{Limits: relay.Limits{Connections: 1}}))
	w.knock("/server", 0).mustWait()
	for _, p := range []*peer{a, b} {
		require.NoError(t, p.Ping(p.CloseRead(p.ctx)))
	}
	require.NoError(t, w.Reload(relay.Settings{}))
	w.server()
}

// TestSettingsThatAreNotValid change nothing, and say which of them it is.
func TestSettingsThatAreNotValid(t *testing.T) {
	w := newWorld(t, relay.Config{})
	for field, wrong := range map[string]relay.Settings{
		"ServerInfo":    {ServerInfo: []byte("{")},
		"WrongOfSource": {WrongOfSource: quota.Rate{Count: 1}},
		"WrongOfAll":    {WrongOfAll: quota.Rate{Count: -1, Within: time.Second}},
		"Limits.Rooms":  {Limits: relay.Limits{Rooms: -1}},
	} {
		wrong.Limits.Connections = 1
		require.ErrorContains(t, w.Reload(wrong), field)
		require.Panics(t, func() { relay.New(relay.Config{Settings: wrong}) }, field)
	}
	w.server()
	w.server() // no limit was lowered
}

// TestNegativeValuesAreRefused: New names the number or the duration that is negative, and
// Validate says so to a caller that asks first.
func TestNegativeValuesAreRefused(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[relay.Config]()) {
		if kind := field.Type.Kind(); kind != reflect.Int && kind != reflect.Int64 {
			continue
		}
		var config relay.Config
		reflect.ValueOf(&config).Elem().FieldByIndex(field.Index).SetInt(-1)
		says := "config: " + field.Name + " is negative"
		require.EqualError(t, config.Validate(), says)
		require.PanicsWithValue(t, "relay: "+says, func() { relay.New(config) })
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[relay.Limits]()) {
		var config relay.Config
		reflect.ValueOf(&config.Limits).Elem().FieldByIndex(field.Index).SetInt(-1)
		require.EqualError(t, config.Validate(), "settings: Limits."+field.Name+" is negative")
	}
	require.NoError(t, relay.Config{}.Validate())
}

// TestLongestLives: an idle client and a server that is alone get a final code, a session
// that has lasted long enough one after which it comes back.
func TestLongestLives(t *testing.T) {
	const life = 10 * time.Second                                // for which this machine may not be held up
	grain := relay.Config{MessageWithin: 100 * time.Millisecond} // makes the clock's tick short

	t.Run("client_idle", func(t *testing.T) {
		t.Parallel()
		config := grain
		config.Limits.ClientIdle = life
		w := newWorld(t, config)
		server := w.server()
		idle := w.client(server)
		server.wantsJoined(idle)
		busy := w.client(server)
		server.wantsJoined(busy)
		listens := w.client(server)
		server.wantsJoined(listens)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			idle.wantsClose(protocol.CodeIdle)
		}()
		for over := false; !over; { // the server reads nothing: busy is held back
			_ = busy.trySend(server, "x", "1")
			_ = server.trySend(listens, "x", "1")
			listens.wants(server.id, "x", "1")
			select {
			case <-gone:
				over = true
			default:
			}
		}
		require.Equal(t, map[protocol.Code]uint64{protocol.CodeIdle: 1}, w.Stats().Closed)
	})
	t.Run("server_alone", func(t *testing.T) {
		t.Parallel()
		config := grain
		config.Limits.ServerAlone = life
		w := newWorld(t, config)
		alone, host := w.server(), w.server()
		guest := w.client(host)
		host.wantsJoined(guest)
		alone.wantsClose(protocol.CodeIdle)
		w.eventually("nobody else", func(s relay.Stats) bool { return s.Sessions == 2 })
		require.NoError(t, guest.CloseNow())
		host.wantsGone(guest)
		host.wantsClose(protocol.CodeIdle)
	})
	t.Run("session_life", func(t *testing.T) {
		t.Parallel()
		config := grain
		config.Limits.SessionLife = life
		w := newWorld(t, config)
		begun := time.Now()
		w.server().wantsClose(protocol.CodeRenew)
		require.GreaterOrEqual(t, time.Since(begun), life-50*time.Millisecond)
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, grain)
		server := w.server()
		reading := server.CloseRead(server.ctx)
		select {
		case <-reading.Done():
			t.Fatal("nobody asked for a longest life")
		case <-time.After(2 * life):
		}
	})
}

// TestPaceOfFrames: one frame below a burst, a burst, and some above, which wait, and none is lost.
// A slow relay has earned the first of those when it comes to them.
func TestPaceOfFrames(t *testing.T) {
	for _, extra := range []int{-1, 0, 3} {
		w := newWorld(t, relay.Config{Settings: relay.Settings{Limits: relay.Limits{PeerMessages: 1, PeerBurst: 50 * time.Second}}})
		server := w.server()
		client := w.wire("/client/" + server.id)
		server.wantsJoined(&peer{id: client.id})
		n := 50 + extra
		_, err := io.WriteString(client.conn, strings.Repeat(masked(text, `{"to":"`+server.id+`","type":"x","message":1}`), n))
		require.NoError(t, err)
		for range n {
			server.wants(client.id, "x", "1")
		}
		w.eventually("above the burst", func(s relay.Stats) bool { return (s.Held > 0) == (extra > 0) })
	}
}

// TestPaceThatIsGranted: rates in a grant apply to its peer only, above or below those of the
// limits, and the limits apply to what a grant leaves out.
func TestPaceThatIsGranted(t *testing.T) {
	for who, held := range map[string]bool{"slow": true, "fast": false, "another": true} {
		w := newWorld(t, relay.Config{
			Settings: relay.Settings{Limits: relay.Limits{PeerMessages: 20, PeerBurst: 2500 * time.Millisecond}, Authorize: func(_ context.Context, r access.Request) (access.Grant, error) {
				return map[string]access.Grant{"slow": {PeerMessages: 10}, "fast": {PeerMessages: 1000}, "another": {PeerBytes: 1 << 20}}[r.HTTP.URL.RawQuery], nil
			}},
		})
		server := w.server()
		client := w.wire("/client/" + server.id + "?" + who)
		server.wantsJoined(&peer{id: client.id})
		n := 110 // three seconds beyond the burst, in case that the relay is slow to read them
		if who == "slow" {
			n = 55
		}
		_, err := io.WriteString(client.conn, strings.Repeat(masked(text, `{"to":"`+server.id+`","type":"x","message":1}`), n))
		require.NoError(t, err)
		for range n {
			server.wants(client.id, "x", "1")
		}
		w.eventually(who, func(s relay.Stats) bool { return (s.Held > 0) == held })
	}
}

// TestPaceOfBytes is the same for bytes, and measures the rate.
func TestPaceOfBytes(t *testing.T) {
	const size = 10_000 // of a frame's payload
	frame := func(to string) string {
		text := `{"to":"` + to + `","type":"x","message":"`
		return masked(0x81, text+strings.Repeat("y", size-len(text)-2)+`"}`)
	}
	w := newWorld(t, relay.Config{Settings: relay.Settings{Limits: relay.Limits{PeerBytes: 10 * size, PeerBurst: time.Second}}})
	server := w.server()
	client := w.wire("/client/" + server.id)
	server.wantsJoined(&peer{id: client.id})
	begun := time.Now()
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(client.conn, strings.Repeat(frame(server.id), 30))
		sent <- err
	}()
	for range 30 {
		server.receive()
	}
	require.NoError(t, <-sent)
	took := time.Since(begun)
	require.Greater(t, took, 1800*time.Millisecond, "ten at once, and ten more in each second, of which the last read is not waited for")
	require.NotZero(t, w.Stats().Held)
}

// TestPeerFarAheadIsClosed: what it sent would take longer than it can be held back.
func TestPeerFarAheadIsClosed(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{Limits: relay.Limits{PeerMessages: 10, PeerBurst: time.Second}}})
	other := w.server()
	p := w.wire("/server")
	_, err := io.WriteString(p.conn, strings.Repeat(masked(text, `{"to":"nobody","type":"x","message":1}`), 300))
	require.NoError(t, err)
	require.Contains(t, p.wantsClose(t, protocol.CodeFlood), "far more")
	require.NoError(t, other.Ping(other.CloseRead(other.ctx)))
}

// TestHeldPeerIsToldOfTheEnd: a close does not wait for the time of a held peer.
func TestHeldPeerIsToldOfTheEnd(t *testing.T) {
	w := newWorld(t, relay.Config{HoldWithin: time.Hour, Settings: relay.Settings{Limits: relay.Limits{PeerMessages: 10, PeerBurst: time.Second}}})
	p := w.wire("/server")
	_, err := io.WriteString(p.conn, strings.Repeat(masked(text, `{"to":"nobody","type":"x","message":1}`), 400))
	require.NoError(t, err)
	w.eventually("it is held", func(s relay.Stats) bool { return s.Held == 1 })
	down := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience) // it is held for longer
	defer cancel()
	go func() { down <- w.Shutdown(ctx) }()
	p.wantsClose(t, protocol.CodeRestarting)
	_ = p.conn.Close()
	require.NoError(t, <-down)
}
