package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/stretchr/testify/require"
)

// hook is an application's backend that says what a test wants.
func hook(t testing.TB, answer http.HandlerFunc, trials *quota.Trials, checked access.Authorizer) (*access.Webhook, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	client := access.NewClient()
	t.Cleanup(client.CloseIdleConnections)
	w, err := access.NewWebhook(server.URL+"/authorize", client, trials, checked)
	require.NoError(t, err)
	return w, server
}

func answers(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func visitor() access.Request {
	return access.Request{
		Room: "room-1", Source: netip.MustParseAddr("192.0.2.1"), Secret: []byte("open sesame"),
		HTTP: &http.Request{Header: http.Header{"Origin": {"https://app.example"}}},
	}
}

var (
	tenAMinute = quota.Rate{Count: 10, Within: time.Minute}
	oneAMinute = quota.Rate{Count: 1, Within: time.Minute}
	plenty     = quota.Rate{Count: 1_000_000, Within: time.Minute}
)

// trialsOf bounds the wrong secrets of a source, as which loopback counts, too.
func trialsOf(source quota.Rate) *quota.Trials { return quota.NewTrials(quota.NewTable(true), source) }

func someTrials() *quota.Trials { return trialsOf(tenAMinute) }

func TestWebhookIsAskedWhoFromWhereAndWhichRoom(t *testing.T) {
	var asked map[string]any
	answer := func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "POST /authorize application/json", r.Method+" "+r.URL.String()+" "+r.Header.Get("Content-Type"))
		asked = nil
		require.NoError(t, json.NewDecoder(r.Body).Decode(&asked))
		_, _ = io.WriteString(w, `{"allowed": true, "reason": "a friend", "serverInfo": {"name": "Camera"}, "iceServers": [{"urls": "stun:app.example"}],
			"limits": {"clients": 7, "peerMessages": 10, "peerBytes": 65536, "later": 1}, "later": []}`)
	}
	w, _ := hook(t, answer, someTrials(), nil)
	grant, err := w.Authorize(t.Context(), visitor())
	require.NoError(t, err)
	require.Equal(t, map[string]any{"role": "client", "room": "room-1", "source": "192.0.2.1", "resumed": false, "origin": "https://app.example", "secret": "open sesame"}, asked)
	require.JSONEq(t, `{"name": "Camera"}`, string(grant.ServerInfo))
	require.JSONEq(t, `[{"urls": "stun:app.example"}]`, string(grant.ICEServers))
	require.Equal(t, 7, grant.Clients)
	require.Equal(t, 10, grant.PeerMessages)
	require.EqualValues(t, 65536, grant.PeerBytes)
	require.NoError(t, grant.Check())

	_, err = w.Authorize(t.Context(), access.Request{Server: true, Resume: "s-1", Source: netip.MustParseAddr("2001:db8::1"), HTTP: &http.Request{}})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"role": "server", "source": "2001:db8::1", "resumed": true, "id": "s-1"}, asked)

	// What was checked here is not told.
	passed := func(context.Context, access.Request) (access.Grant, error) { return access.Grant{}, nil }
	w, _ = hook(t, answer, someTrials(), passed)
	_, err = w.Authorize(t.Context(), visitor())
	require.NoError(t, err)
	require.NotContains(t, asked, "secret")
}

func TestWebhookIsAskedOnlyAboutWhoPassed(t *testing.T) {
	no := errors.New("no")
	w, _ := hook(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }, someTrials(),
		func(context.Context, access.Request) (access.Grant, error) { return access.Grant{}, no })
	_, err := w.Authorize(t.Context(), visitor())
	require.Equal(t, no, err)
}

// TestWebhookFailsClosed: any answer but a clear yes refuses the peer. Without a decision it may
// try again.
func TestWebhookFailsClosed(t *testing.T) {
	elsewhere := httptest.NewServer(answers(`{"allowed": true}`))
	t.Cleanup(elsewhere.Close)
	for name, answer := range map[string]http.HandlerFunc{
		"no":               answers(`{"allowed": false, "reason": "not today"}`),
		"nothing":          answers(``),
		"null":             answers(`null`),
		"an empty object":  answers(`{}`),
		"a text":           answers(`{"allowed": "true"}`),
		"a number":         answers(`{"allowed": 1}`),
		"true":             answers(`true`),
		"an array":         answers(`[{"allowed": true}]`),
		"two objects":      answers(`{"allowed": true}{"allowed": true}`),
		"HTML":             answers(`<!doctype html><p>{"allowed": true}`),
		"cut off":          answers(`{"allowed": true`),
		"limits of a text": answers(`{"allowed": true, "limits": "none"}`),
		"huge":             answers(`{"allowed": true}` + strings.Repeat(" ", 1<<20)),
		"201": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			answers(`{"allowed": true}`)(w, nil)
		},
		"401": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"500": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			answers(`{"allowed": true}`)(w, nil)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"a cut connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"shorter than it says": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			answers(`{"allowed": true}`)(w, nil)
		},
	} {
		w, _ := hook(t, answer, someTrials(), nil)
		grant, err := w.Authorize(t.Context(), visitor())
		require.Error(t, err, name)
		require.Zero(t, grant, name)
		require.NotContains(t, err.Error(), "sesame", name)
		judged := slices.Contains([]string{"no", "null", "an empty object"}, name)
		require.Equal(t, !judged, errors.As(err, new(*quota.BusyError)), "%s: %v", name, err)
	}

	down, server := hook(t, answers(`{"allowed": true}`), someTrials(), nil)
	server.Close()
	_, err := down.Authorize(t.Context(), visitor())
	require.ErrorContains(t, err, "does not answer")
	require.ErrorAs(t, err, new(*quota.BusyError))

	for name, limits := range map[string]string{
		"a negative limit": `"limits": {"clients": -1}`, "few messages": `"limits": {"peerMessages": 9}`, "few bytes": `"limits": {"peerBytes": 65535}`, "servers that are no array": `"iceServers": {}`,
		"long information": `"serverInfo": "` + strings.Repeat("a", 4096) + `"`,
		"deep information": `"serverInfo": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40),
		"many servers":     `"iceServers": ["` + strings.Repeat("a", 8<<10) + `"]`,
	} {
		w, _ := hook(t, answers(`{"allowed": true, `+limits+`}`), someTrials(), nil)
		grant, err := w.Authorize(t.Context(), visitor())
		require.NoError(t, err, name)
		require.Error(t, grant.Check(), "%s: the relay refuses it", name)
	}
	w, _ := hook(t, answers(`{"allowed": true, "serverInfo": null, "iceServers": null}`), someTrials(), nil)
	grant, err := w.Authorize(t.Context(), visitor())
	require.NoError(t, err)
	require.Zero(t, grant)
}

// TestWebhookThatIsSlow: the relay's context bounds it, and so does it itself.
func TestWebhookThatIsSlow(t *testing.T) {
	never := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	dribble := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for _, answer := range []http.HandlerFunc{never, dribble} {
		w, server := hook(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then does net/http notice that the other side is gone
			answer(w, r)
		}, someTrials(), nil)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := w.Authorize(ctx, visitor())
		cancel()
		require.ErrorAs(t, err, new(*quota.BusyError))
		require.ErrorContains(t, err, context.DeadlineExceeded.Error())
		server.Close()
	}
	require.Less(t, access.BackendWithin, 5*time.Second, "it says no before the relay gives up")
}

func TestWebhookReusesConnections(t *testing.T) {
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(answers(`{"allowed": true}`))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := access.NewClient()
	t.Cleanup(client.CloseIdleConnections)
	w, err := access.NewWebhook(server.URL, client, someTrials(), nil)
	require.NoError(t, err)
	for range 20 {
		_, err := w.Authorize(t.Context(), visitor())
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, opened.Load())
}

// TestNobodyGuessesAtTheBackend: after too many refusals of a source the backend is not asked.
// Admitted peers and faults of the backend cost nothing.
func TestNobodyGuessesAtTheBackend(t *testing.T) {
	var asked atomic.Int64
	answer := `{"allowed": true}`
	w, _ := hook(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); _, _ = io.WriteString(w, answer) }, someTrials(), nil)
	for _, free := range []string{`{"allowed": true}`, `broken`} {
		answer = free
		for range 20 {
			_, _ = w.Authorize(t.Context(), visitor())
		}
	}
	require.EqualValues(t, 40, asked.Load())
	answer = `{"allowed": false, "reason": "no open sesame"}`
	for range 11 { // the first tells that the secret is right no longer
		_, err := w.Authorize(t.Context(), visitor())
		require.EqualError(t, err, "the webhook says no: no …", "the secret is not for the log")
	}
	var busy *quota.BusyError
	_, err := w.Authorize(t.Context(), visitor())
	require.ErrorAs(t, err, &busy)
	require.EqualValues(t, 51, asked.Load())
}

// TestARightSecretThatTheBackendRefuses: it costs as a wrong one, however often relayd itself
// has found it right.
func TestARightSecretThatTheBackendRefuses(t *testing.T) {
	var asked atomic.Int64
	backend := newSigner(t, "one", jwt.SigningMethodEdDSA)
	keys, err := access.ParseKeys(jwksOf(t, backend))
	require.NoError(t, err)
	trials := someTrials()
	tokens, err := access.NewTokens(trials, "https://app.example", "relay", keys, nil)
	require.NoError(t, err)
	banned := visitor()
	banned.Secret = []byte(backend.sign(t, right()))
	w, _ := hook(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"allowed": false}`)
	}, trials, tokens.Authorize)
	for range 30 {
		_, err = w.Authorize(t.Context(), banned)
	}
	require.ErrorAs(t, err, new(*quota.BusyError))
	require.EqualValues(t, tenAMinute.Count, asked.Load())
}

// TestTheSubjectOfACheckedToken: the webhook need not repeat it, and may name another.
func TestTheSubjectOfACheckedToken(t *testing.T) {
	for answer, subject := range map[string]string{`{"allowed": true}`: "ann", `{"allowed": true, "subject": "bob"}`: "bob"} {
		w, _ := hook(t, answers(answer), someTrials(),
			func(context.Context, access.Request) (access.Grant, error) { return access.Grant{Subject: "ann"}, nil })
		grant, err := w.Authorize(t.Context(), visitor())
		require.NoError(t, err)
		require.Equal(t, subject, grant.Subject)
	}
}
