package relay_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// expiredAt signs a token of a client of the room "old" that expires at a time.
func expiredAt(tokens *resume.Tokens, id protocol.ID, at time.Time) string {
	return tokens.Sign(resume.Identity{ID: id, Room: "old", Generation: 1, Expires: at})
}

// A relay that has just started accepts tokens that may have expired only by a wrong clock, and
// refuses no token for good. One window later it does.
func TestR8ExpiredTokensAfterAStart(t *testing.T) {
	const day = 24 * time.Hour
	tokens := resume.NewTokens()
	w := newWorld(t, relay.Config{Tokens: tokens, Returning: true, Window: time.Hour})
	old := map[protocol.ID]time.Time{
		"a-day":     time.Now().Add(-day),
		"almost":    time.Now().Add(-7*day + time.Minute),
		"from-1970": time.Unix(3600, 0).Add(resume.ClientLife),
	}
	for id, end := range old {
		p := w.joinV1("/client/old", "1."+expiredAt(tokens, id, end), 0)
		require.Equal(t, id, p.hello.ID)
		require.True(t, p.hello.Resumed)
		_ = p.Close(1000, "")
	}
	old["too-old"] = time.Now().Add(-7*day - time.Minute)
	w.knockV1("/client/old", "1."+expiredAt(tokens, "too-old", old["too-old"]), 0).wantsClose(protocol.CodeOverloaded)
	w.knockV1("/client/old", "1."+expiredAt(resume.NewTokens(), "forged", old["a-day"]), 0).wantsClose(protocol.CodeTokenRefused)

	w = newWorld(t, relay.Config{Tokens: tokens, Returning: true, Window: time.Millisecond})
	require.Eventually(t, func() bool {
		_, _, err := w.knock("/client/nobody", 0).Read(t.Context())
		return protocol.Code(websocket.CloseStatus(err)) == protocol.CodeNoSuchServer
	}, patience, time.Millisecond)
	for id, end := range old {
		w.knockV1("/client/old", "2."+expiredAt(tokens, id, end), 0).wantsClose(protocol.CodeTokenRefused)
	}
}

// While the clock is wrong, no refusal that depends on it is final. After it is set, v1 peers
// get new tokens.
func TestR8ClockThatCannotBeRight(t *testing.T) {
	tokens := resume.NewTokens()
	expired := "1." + expiredAt(tokens, "a-peer", time.Now().Add(-time.Hour))
	early := &websocket.DialOptions{Subprotocols: []string{protocol.SubprotocolV1, accessEntry("early")}}
	config := relay.Config{Tokens: tokens, Settings: relay.Settings{Authorize: func(_ context.Context, r access.Request) (access.Grant, error) {
		if string(r.Secret) == "early" {
			return access.Grant{}, fmt.Errorf("the token is not valid yet %w", access.ErrClock)
		}
		return access.Grant{}, nil
	}}}
	w := newWorld(t, config)
	w.knockV1("/client/old", expired, 0).wantsClose(protocol.CodeTokenRefused)
	w.knockWith("/server", 0, early).wantsClose(protocol.CodeAccessRefused)
	server := w.v1Server()
	w.ClockWasWrong()
	_, typ, message := server.next()
	require.Equal(t, "RELAY_TOKEN", typ)
	_, err := protocol.ParseToken(message)
	require.NoError(t, err)

	config.NotBefore = time.Now().Add(48 * time.Hour)
	w = newWorld(t, config)
	w.knockV1("/client/old", expired, 0).wantsClose(protocol.CodeOverloaded)
	w.knockWith("/server", 0, early).wantsClose(protocol.CodeOverloaded)
	w.v1Server()
}
