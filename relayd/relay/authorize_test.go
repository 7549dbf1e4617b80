package relay_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

var errNo = errors.New("no")

// asksFor admits peers with a secret, which a test may change.
type asksFor struct{ secret atomic.Pointer[string] }

func newAsksFor(secret string) *asksFor {
	a := new(asksFor)
	a.secret.Store(&secret)
	return a
}

func (a *asksFor) authorize(_ context.Context, r access.Request) (access.Grant, error) {
	if string(r.Secret) != *a.secret.Load() {
		return access.Grant{}, errNo
	}
	return access.Grant{}, nil
}

func accessEntry(secret string) string {
	return protocol.AccessPrefix + base64.RawURLEncoding.EncodeToString([]byte(secret))
}

// with connects a peer that presents a secret, and maybe a resume credential.
func (w *world) with(secret, path, credential string) *peer {
	w.t.Helper()
	offers := []string{protocol.SubprotocolV1, accessEntry(secret)}
	if credential != "" {
		offers = append(offers, protocol.ResumePrefix+credential)
	}
	p := w.knockWith(path, 0, &websocket.DialOptions{Subprotocols: offers})
	require.Equal(w.t, protocol.SubprotocolV1, p.Subprotocol(), "the secret is never selected")
	return p
}

func (w *world) entersWith(secret, path, credential string) *v1 {
	w.t.Helper()
	p := &v1{peer: w.with(secret, path, credential), path: path}
	_, typ, message := p.receive()
	require.Equal(w.t, protocol.TypeHello, typ)
	var err error
	p.hello, err = protocol.ParseHello(message)
	require.NoError(w.t, err)
	p.id = string(p.hello.ID)
	return p
}

func TestA2ASecretComesInEitherWay(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{Authorize: newAsksFor("open sesame").authorize}})
	for _, c := range []struct {
		offers   []string
		bearer   string
		selected string
		enters   bool
	}{
		{[]string{"intercessor.v1", accessEntry("open sesame")}, "", "intercessor.v1", true},
		{[]string{accessEntry("open sesame"), "intercessor.base"}, "", "intercessor.base", true},
		{[]string{accessEntry("open sesame")}, "", "", true},
		{[]string{"intercessor.v1"}, "open sesame", "intercessor.v1", true},
		{nil, "open sesame", "", true},
		{[]string{"intercessor.v1", accessEntry("open sesam")}, "", "intercessor.v1", false},
		{[]string{"intercessor.v1"}, "", "intercessor.v1", false},
		{nil, "", "", false},
		{nil, "open", "", false},
		{[]string{"intercessor.v1", accessEntry("open sesame")}, "open sesame", "intercessor.v1", false},
		{[]string{"intercessor.v1", accessEntry("open sesame"), accessEntry("open")}, "", "intercessor.v1", false},
		{[]string{"intercessor.v1", "intercessor.access."}, "", "intercessor.v1", false},
	} {
		header := http.Header{}
		if c.bearer != "" {
			header.Set("Authorization", "Bearer "+c.bearer)
		}
		p := w.knockWith("/server", 0, &websocket.DialOptions{Subprotocols: c.offers, HTTPHeader: header})
		require.Equal(t, c.selected, p.Subprotocol(), "%v", c)
		if !c.enters {
			p.wantsClose(protocol.CodeAccessRefused)
			continue
		}
		_, typ, _ := p.receive()
		require.Equal(t, protocol.TypeHello, typ, "%v", c)
	}
}

// TestA4TheAnswerTellsNothing: a refused peer gets the same bytes for all rooms and all
// reasons (threat 4).
func TestA4TheAnswerTellsNothing(t *testing.T) {
	why := errNo
	w := newWorld(t, relay.Config{Returning: true, Settings: relay.Settings{Authorize: func(_ context.Context, r access.Request) (access.Grant, error) {
		if string(r.Secret) == "open sesame" {
			return access.Grant{Clients: 1}, nil
		}
		return access.Grant{}, why
	}}})
	server, closed, full, away := w.entersWith("open sesame", "/server", ""), w.entersWith("open sesame", "/server", ""),
		w.entersWith("open sesame", "/server", ""), w.entersWith("open sesame", "/server", "")
	closed.asks("RELAY_DOOR", `{"request":1,"closed":true}`, `{"request":1}`)
	client := w.entersWith("open sesame", "/client/"+full.id, "")
	away.cut()
	w.eventually("it is away", func(s relay.Stats) bool { return s.Sessions == 4 })

	answers := map[string][]string{}
	for name, path := range map[string]string{
		"there": "/client/" + server.id, "unknown": "/client/00000000-0000-4000-8000-000000000000", "closed": "/client/" + closed.id,
		"full": "/client/" + full.id, "a client's": "/client/" + client.id, "away": "/client/" + away.id,
		"no ID": "/client/A%20B", "long": "/client/" + strings.Repeat("a", 500), "a server": "/server",
	} {
		for _, secret := range []string{"", accessEntry("wrong"), "intercessor.access.", accessEntry("wrong") + ", " + accessEntry("open sesame")} {
			for _, why = range []error{errNo, context.DeadlineExceeded, access.ErrNotMine, errors.New("the webhook is down")} {
				answer := w.everything(path, secret)
				answers[answer] = append(answers[answer], name)
			}
		}
	}
	require.Len(t, answers, 1)
	for answer := range answers {
		require.True(t, strings.HasPrefix(answer, "HTTP/1.1 101 "))
		_, frame, _ := strings.Cut(answer, "\r\n\r\n")
		require.Equal(t, "\x88", frame[:1], "a close frame and nothing before it")
		require.Equal(t, "\x11\x99", frame[2:4], "4505")
		require.LessOrEqual(t, len(frame)-4, protocol.MaxReason)
	}
	// An admitted peer gets the answers of the rooms (B5, R10), which differ from that.
	w.with("open sesame", "/client/"+full.id, "").wantsClose(protocol.CodeServerAway)
}

// everything is all that the relay says to a handshake.
func (w *world) everything(path, entry string) string {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "ws://"))
	require.NoError(w.t, err)
	defer conn.Close()
	protocols := "intercessor.v1"
	if entry != "" {
		protocols += ", " + entry
	}
	_, err = io.WriteString(conn, handshake(path, "Sec-WebSocket-Protocol: "+protocols))
	require.NoError(w.t, err)
	require.NoError(w.t, conn.SetDeadline(time.Now().Add(patience)))
	var all bytes.Buffer
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		all.Write(buffer[:n])
		if _, frame, ok := strings.Cut(all.String(), "\r\n\r\n"); ok && len(frame) >= 2 && len(frame) >= 2+int(frame[1]) {
			return all.String()
		}
		require.NoError(w.t, err, "%q", all.String())
	}
}

func TestA3EveryResumeIsAuthorized(t *testing.T) {
	door := newAsksFor("open sesame")
	w := newWorld(t, relay.Config{Settings: relay.Settings{Authorize: door.authorize}})
	server := w.entersWith("open sesame", "/server", "")
	client := w.entersWith("open sesame", "/client/"+server.id, "")
	server.hearsOf("PEER_JOINED", client.peer)
	server.cut()
	server = w.entersWith("open sesame", "/server", "1."+server.hello.Resume)
	require.True(t, server.hello.Resumed)

	changed := "a new one"
	door.secret.Store(&changed)
	w.with("open sesame", "/server", "2."+server.hello.Resume).wantsClose(protocol.CodeAccessRefused)
	w.with("open sesame", "/client/"+server.id, "2."+client.hello.Resume).wantsClose(protocol.CodeAccessRefused)
	again := w.entersWith("a new one", "/client/"+server.id, "3."+client.hello.Resume)
	require.Equal(t, client.id, again.id)
}

func TestA3WhatTheHookIsAsked(t *testing.T) {
	var asked []access.Request
	w := newWorld(t, relay.Config{
		Settings: relay.Settings{Authorize: func(ctx context.Context, r access.Request) (access.Grant, error) {
			until, bounded := ctx.Deadline()
			require.True(t, bounded)
			require.WithinDuration(t, time.Now().Add(5*time.Second), until, 4*time.Second)
			asked = append(asked, r)
			return access.Grant{}, nil
		}},
	})
	server := w.entersWith("a", "/server", "")
	client := w.entersWith("b", "/client/"+server.id, "")
	w.entersWith("c", "/client/"+server.id, "1."+client.hello.Resume)
	w.with("d", "/client/"+server.id, "1.forged").wantsClose(protocol.CodeTokenRefused)
	w.with("d", "/server", "1."+client.hello.Resume).wantsClose(protocol.CodeTokenRefused)
	w.with("d", "/client/A%20B", "").wantsClose(protocol.CodeNoSuchServer)
	require.Len(t, asked, 4, "who presents a bad token is refused without a question")
	for i, want := range []access.Request{
		{Server: true, Secret: []byte("a")},
		{Room: server.id, Secret: []byte("b")},
		{Room: server.id, Secret: []byte("c"), Resume: client.hello.ID},
		{Room: "A B", Secret: []byte("d")},
	} {
		require.Equal(t, "intercessor.v1", edge.Subprotocol(asked[i].HTTP))
		want.Source, want.HTTP = netip.MustParseAddr("127.0.0.1"), asked[i].HTTP
		require.Equal(t, want, asked[i])
	}
}

func TestA5TheWaitingIsBounded(t *testing.T) {
	waiting, answer := make(chan struct{}, 2), make(chan struct{})
	w := newWorld(t, relay.Config{Authorizing: 2, Settings: relay.Settings{Authorize: func(ctx context.Context, _ access.Request) (access.Grant, error) {
		waiting <- struct{}{}
		<-answer
		return access.Grant{}, nil
	}}})
	var two sync.WaitGroup
	for range 2 {
		two.Go(func() { w.entersWith("a", "/server", "") })
		<-waiting
	}
	_, _, err := w.with("a", "/server", "").Read(t.Context())
	require.Equal(t, protocol.CodeOverloaded, protocol.Code(websocket.CloseStatus(err)))
	require.Regexp(t, ` \(5 s\)"?$`, err.Error(), "R12")
	close(answer)
	two.Wait()
	w.entersWith("a", "/server", "")
}

func TestA5WhoIsBusySaysForHowLong(t *testing.T) {
	w := newWorld(t, relay.Config{Settings: relay.Settings{Authorize: func(context.Context, access.Request) (access.Grant, error) {
		return access.Grant{}, &quota.BusyError{After: 6001 * time.Millisecond, Why: "too many wrong secrets"}
	}}})
	_, _, err := w.with("a", "/server", "").Read(t.Context())
	var closed websocket.CloseError
	require.ErrorAs(t, err, &closed)
	require.EqualValues(t, protocol.CodeOverloaded, closed.Code)
	require.True(t, strings.HasSuffix(closed.Reason, " (7 s)"), closed.Reason)
	require.NotContains(t, closed.Reason, "wrong secrets (")
}

// TestAuthorizeHasADeadline, also after the peer has left, so that its place becomes free.
func TestAuthorizeHasADeadline(t *testing.T) {
	asked := make(chan struct{}, 10)
	w := newWorld(t, relay.Config{Authorizing: 1, AuthorizeWithin: 50 * time.Millisecond, Settings: relay.Settings{Authorize: func(ctx context.Context, r access.Request) (access.Grant, error) {
		asked <- struct{}{}
		if string(r.Secret) == "at once" {
			return access.Grant{}, nil
		}
		<-ctx.Done()
		return access.Grant{}, ctx.Err()
	}}})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _, _ = websocket.Dial(ctx, w.url+"/server", nil)
	}()
	<-asked
	cancel()
	<-gone
	require.Eventually(t, func() bool {
		p := w.with("at once", "/server", "")
		_, _, err := p.Read(p.ctx)
		return err == nil
	}, patience, time.Millisecond)
	w.with("slow", "/server", "").wantsClose(protocol.CodeAccessRefused)
}

// TestShutdownEndsTheWaiting, and the close is not final for those that waited.
func TestShutdownEndsTheWaiting(t *testing.T) {
	asked := make(chan struct{})
	w := newWorld(t, relay.Config{AuthorizeWithin: time.Hour, Settings: relay.Settings{Authorize: func(ctx context.Context, _ access.Request) (access.Grant, error) {
		close(asked)
		<-ctx.Done()
		return access.Grant{}, ctx.Err()
	}}})
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		w.with("a", "/server", "").wantsClose(protocol.CodeRestarting)
	}()
	<-asked
	require.NoError(t, w.Shutdown(t.Context()))
	<-closed
}

func TestGrant(t *testing.T) {
	grant := access.Grant{
		ServerInfo: []byte(`{"from": "the operator"}`),
		ICEServers: []byte(`[{"urls": "stun:relay.example"}]`),
		Clients:    2,
	}
	w := newWorld(t, relay.Config{Settings: relay.Settings{Authorize: func(context.Context, access.Request) (access.Grant, error) { return grant, nil }}})
	server := w.entersWith("a", "/server", "")
	require.Nil(t, server.hello.ServerInfo, "it is for clients")
	require.Equal(t, string(grant.ICEServers), string(server.hello.ICE.Servers))
	one := w.entersWith("a", "/client/"+server.id, "")
	server.hearsOf("PEER_JOINED", one.peer)
	require.Equal(t, string(grant.ServerInfo), string(one.hello.ServerInfo))
	require.Equal(t, string(grant.ICEServers), string(one.hello.ICE.Servers))

	server.asks("RELAY_INFO", `{"request":1,"serverInfo":7}`, `{"request":1}`)
	base := w.knock("/client/"+server.id, 0)
	_, _, message := base.receive()
	require.Equal(t, "7", string(object(t, message)["serverInfo"]), "what the server says goes before")
	require.NotContains(t, object(t, message), "iceServers", "which base peers do not know")
	base.id = strings.Trim(string(object(t, message)["id"]), `"`)
	server.hearsOf("PEER_JOINED", base)

	w.with("a", "/client/"+server.id, "").wantsClose(protocol.CodeNoSuchServer) // two are in
	one.cut()
	server.hearsOf("PEER_AWAY", one.peer)
	w.with("a", "/client/"+server.id, "").wantsClose(protocol.CodeNoSuchServer) // and one of them may be back
	one = w.entersWith("a", "/client/"+server.id, "1."+one.hello.Resume)
	server.hearsOf("PEER_BACK", one.peer)
	require.NoError(t, base.Close(websocket.StatusNormalClosure, ""))
	server.hearsOf("PEER_GONE", base)
	w.entersWith("a", "/client/"+server.id, "")

	grant.ServerInfo = []byte(`{"broken`)
	w.with("a", "/client/"+server.id, "").wantsClose(protocol.CodeAccessRefused)
}

// TestNoSecretInTheLog, at any level (threat 47), though every refusal says why.
func TestNoSecretInTheLog(t *testing.T) {
	var text lockedBuffer
	passphrases, err := access.NewPassphrases(quota.NewTrials(quota.NewTable(true), quota.Rate{Count: 2, Within: time.Hour}),
		"$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	require.NoError(t, err)
	w := newWorld(t, relay.Config{
		Log:      slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.Level(-100)})),
		Settings: relay.Settings{Authorize: passphrases.Authorize},
	})
	const canary = "canary-of-a-secret"
	header := http.Header{"Authorization": {"Bearer " + canary}}
	for range 3 {
		w.knockWith("/client/room-of-the-canary", 0, &websocket.DialOptions{HTTPHeader: header}).wantsAnyClose()
		w.with(canary, "/client/room-of-the-canary", "").wantsAnyClose()
		w.with(canary, "/server", "1."+canary).wantsAnyClose()
	}
	w.knockWith("/server", 0, &websocket.DialOptions{Subprotocols: []string{"intercessor.v1", accessEntry(canary), accessEntry(canary + "2")}}).wantsAnyClose()
	require.NoError(t, w.Shutdown(t.Context()))
	log := text.String()
	require.Contains(t, log, "wrong passphrase")
	require.Contains(t, log, "too many wrong secrets")
	require.Contains(t, log, "two access secrets")
	for _, secret := range []string{canary, accessEntry(canary), accessEntry(canary)[len(protocol.AccessPrefix):], "room-of-the-canary"} {
		require.NotContains(t, log, secret)
	}
}

func (p *peer) wantsAnyClose() {
	p.t.Helper()
	_, _, err := p.Read(p.ctx)
	require.GreaterOrEqual(p.t, websocket.CloseStatus(err), websocket.StatusCode(4000), "%v", err)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestBruteForceAtTheRelay: of 200 concurrent wrong passphrases from one source (threat 12)
// the ten of its quota get a final refusal, and the others are asked to try again. A peer from
// another source with the right one comes in during that time.
func TestBruteForceAtTheRelay(t *testing.T) {
	hash, err := argon2id.CreateHash("open sesame", &argon2id.Params{Memory: 8 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	require.NoError(t, err)
	passphrases, err := access.NewPassphrases(quota.NewTrials(quota.NewTable(false), quota.Rate{Count: 10, Within: 10 * time.Minute}), hash)
	require.NoError(t, err)
	w := newWorld(t, relay.Config{Settings: relay.Settings{Authorize: func(ctx context.Context, r access.Request) (access.Grant, error) {
		r.Source = netip.MustParseAddr("198.51.100.7")
		if edge.Subprotocol(r.HTTP) == protocol.SubprotocolBase {
			r.Source = netip.MustParseAddr("192.0.2.1")
		}
		return passphrases.Authorize(ctx, r)
	}}})
	var all sync.WaitGroup
	var refused, busy atomic.Int64
	start := make(chan struct{})
	for range 200 {
		all.Go(func() {
			<-start
			p := w.knockWith("/server", 0, &websocket.DialOptions{Subprotocols: []string{protocol.SubprotocolBase, accessEntry("a guess")}})
			_, _, err := p.Read(p.ctx)
			switch protocol.Code(websocket.CloseStatus(err)) {
			case protocol.CodeAccessRefused:
				refused.Add(1)
			case protocol.CodeOverloaded:
				busy.Add(1)
			}
		})
	}
	close(start)
	w.entersWith("open sesame", "/server", "")
	all.Wait()
	require.EqualValues(t, 10, refused.Load())
	require.EqualValues(t, 190, busy.Load())
	w.entersWith("open sesame", "/server", "")
}

// TestWhyIsOneLine: the backend's reason is escaped in the log (threat 46).
func TestWhyIsOneLine(t *testing.T) {
	var text lockedBuffer
	w := newWorld(t, relay.Config{Log: slog.New(slog.NewTextHandler(&text, nil)), Settings: relay.Settings{Authorize: func(context.Context, access.Request) (access.Grant, error) {
		return access.Grant{}, errors.New("no\r\nlevel=ERROR msg=forged \"\x1b[2J")
	}}})
	w.with("a", "/client/A%0Alevel=ERROR", "").wantsClose(protocol.CodeAccessRefused)
	require.NoError(t, w.Shutdown(t.Context()))
	require.Equal(t, 1, strings.Count(text.String(), "\n"), text.String())
	require.NotContains(t, text.String(), "\x1b")
}
