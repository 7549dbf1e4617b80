package turn_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/sebas642/intercessor/relayd/turn"
	"github.com/stretchr/testify/require"
)

var (
	secondKey = turn.Key{Name: "k2", Secret: []byte("fedcba9876543210")}
	thirdKey  = turn.Key{Name: "k3", Secret: []byte("another relay's!")}
)

// signed is a credential of a relay with one key.
func signed(t *testing.T, key turn.Key, p *peer, until time.Time) (username, password string) {
	s, err := turn.New(turn.Config{Keys: []turn.Key{key}, Peers: &roster{}})
	require.NoError(t, err)
	defer s.Close()
	return s.Credential(p.room, p.id, until)
}

// allocateWith returns the code of the answer to an Allocate.
func (r *relay) allocateWith(network, username, password string) int {
	r.t.Helper()
	c := r.rawAs(network, username, password)
	c.challenge()
	return codeOf(c.ask(stun.MethodAllocate, udp))
}

func TestWhoseCredentialsAreAccepted(t *testing.T) {
	r := start(t, func(c *turn.Config) { c.Keys = []turn.Key{firstKey, secondKey} })
	guest := r.add("room", "guest")
	hour := time.Now().Add(time.Hour)
	username, password := r.Credential("room", "guest", hour)
	for _, c := range []struct {
		what               string
		key                turn.Key
		room, id           string
		until              time.Time
		username, password string // if they are not the key's
		code               int
	}{
		{what: "the first key", key: firstKey, until: hour},
		{what: "the second key", key: secondKey, until: hour},
		{what: "a key of another relay", key: thirdKey, until: hour, code: 401},
		{what: "another secret with the name of ours", key: turn.Key{Name: "k1", Secret: thirdKey.Secret}, until: hour, code: 401},
		{what: "an expired credential", key: firstKey, until: time.Now().Add(-2 * time.Second), code: 401},
		{what: "a wrong password", username: username, password: "wrong", code: 401},
		{what: "no password", username: username, code: 401},
		{what: "another name of the peer", username: username + "x", password: password, code: 401},
		{what: "a longer expiry", username: "9" + username, password: password, code: 401},
		{what: "a username without parts", username: "guest", password: password, code: 401},
		{what: "a username with too many parts", username: username + ":x", password: password, code: 401},
		{what: "an expiry that is no number", username: "x" + username, password: password, code: 401},
	} {
		name, secret := c.username, c.password
		if name == "" {
			name, secret = signed(t, c.key, guest, c.until)
		}
		for _, network := range []string{"udp", "tcp"} {
			require.Equal(t, c.code, r.allocateWith(network, name, secret), "%s over %s", c.what, network)
		}
	}
	require.Equal(t, 4, r.Stats().Allocations, "those of UDP and TCP for both keys")
}

// TestAPeerMustBeHere: a credential does not outlive its peer.
func TestAPeerMustBeHere(t *testing.T) {
	r := start(t, nil)
	guest := r.add("room", "guest")
	hour := time.Now().Add(time.Hour)
	username, password := r.Credential("room", "guest", hour)
	require.Equal(t, 0, r.allocateWith("udp", username, password))
	guest.gone.Store(true)
	require.Equal(t, 403, r.allocateWith("udp", username, password))
	username, password = r.Credential("room", "stranger", hour)
	require.Equal(t, 403, r.allocateWith("udp", username, password))
	username, password = r.Credential("other", "guest", hour)
	require.Equal(t, 403, r.allocateWith("tcp", username, password))
	require.EqualValues(t, 3, r.Stats().Refused[403])
}

// TestAnAllocationOutlivesItsCredential: Refresh, CreatePermission and ChannelBind do not look at
// the expiry, but they require a credential of the same peer.
func TestAnAllocationOutlivesItsCredential(t *testing.T) {
	r := start(t, nil)
	guest := r.add("room", "guest")
	c := r.raw("udp", guest)
	label := c.allocate()
	other, otherPassword := r.Credential("room", "other", time.Now().Add(time.Hour))
	for _, of := range []struct {
		username, password string
		code               int
	}{{other, otherPassword, 441}, {"", "", 0}} {
		c.username, c.password = of.username, of.password
		if of.username == "" {
			c.username, c.password = signed(t, firstKey, guest, time.Now().Add(-time.Hour))
		}
		require.Equal(t, of.code, codeOf(c.ask(stun.MethodRefresh)))
		require.Equal(t, of.code, codeOf(c.ask(stun.MethodCreatePermission, to(label))))
		require.Equal(t, of.code, codeOf(c.bind(0x4000, label)))
	}
	require.Equal(t, 401, r.allocateWith("udp", c.username, c.password), "it is too old for a new allocation")
	frame := data(0x4000, "still here")
	c.write(frame)
	require.Equal(t, frame, c.read())
}

// TestACredentialIsValidUntilItsTime: and no longer than the second after it.
func TestACredentialIsValidUntilItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := startOn(t, turn.Limits{})
		c := r.rawAt(w, "198.18.0.1:1000", r.add("room", "guest"))
		c.username, c.password = r.Credential("room", "guest", time.Now().Add(10500*time.Millisecond))
		for _, after := range []struct {
			pause time.Duration
			code  int
		}{{10_499 * time.Millisecond, 0}, {500 * time.Millisecond, 0}, {time.Millisecond, 401}} {
			time.Sleep(after.pause)
			c.challenge()
			require.Equal(t, after.code, codeOf(c.ask(stun.MethodAllocate, udp)))
			c.ask(stun.MethodRefresh, lifetime(0))
		}
	})
}

func TestKeysMustBeUsable(t *testing.T) {
	for _, keys := range [][]turn.Key{
		nil,
		{firstKey, secondKey, thirdKey},
		{firstKey, firstKey},
		{{Name: "", Secret: firstKey.Secret}},
		{{Name: "a:b", Secret: firstKey.Secret}},
		{{Name: "k1"}},
	} {
		_, err := turn.New(turn.Config{Keys: keys, Peers: &roster{}})
		require.ErrorContains(t, err, "key", "%v", keys)
	}
	_, err := turn.New(turn.Config{Keys: []turn.Key{firstKey}})
	require.ErrorContains(t, err, "peers")
}
