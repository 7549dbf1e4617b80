package ice_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/stretchr/testify/require"
)

const (
	secret = "north north north"
	other  = "south south south"
)

var now = time.Unix(1_700_000_000, 0)

func shared(urls ...string) ice.Config {
	return ice.Config{URLs: urls, Secrets: []string{secret}, Life: 10 * time.Minute}
}

func servers(t testing.TB, c ice.Config) *ice.Servers {
	t.Helper()
	s, err := ice.New(c)
	require.NoError(t, err)
	require.NotNil(t, s)
	return s
}

// An rtcIceServer is what a peer reads.
type rtcIceServer struct {
	URLs                 []string `json:"urls"`
	Username, Credential string
}

// tell gives what a peer is told, and for how long it may use that.
func tell(t testing.TB, s *ice.Servers, peer protocol.ID, now time.Time) (servers []rtcIceServer, life time.Duration) {
	t.Helper()
	told := s.For(ice.Peer{ID: peer}, now)
	require.NoError(t, json.Unmarshal(told.Servers, &servers))
	return servers, time.Duration(told.ExpiresIn) * time.Second
}

// turn gives the one TURN server that a peer is told of.
func turn(t testing.TB, s *ice.Servers, peer protocol.ID, now time.Time) rtcIceServer {
	t.Helper()
	servers, _ := tell(t, s, peer, now)
	require.Len(t, servers, 1)
	return servers[0]
}

// accepts is what a TURN server does that shares the secrets (coturn's rule).
func accepts(username, credential string, now time.Time, secrets ...string) bool {
	expiry, _, _ := strings.Cut(username, ":")
	second, err := strconv.ParseInt(expiry, 10, 64)
	if err != nil || second < now.Unix() {
		return false
	}
	for _, secret := range secrets {
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(username))
		if credential == base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			return true
		}
	}
	return false
}

func TestEachPeerGetsACredentialOfItsOwn(t *testing.T) {
	s := servers(t, shared("turn:turn.example:3478", "stun:stun.example", "turns:turn.example?transport=tcp"))
	servers, life := tell(t, s, "ada", now)
	require.Equal(t, 10*time.Minute, life)
	require.Len(t, servers, 2)
	require.Equal(t, rtcIceServer{URLs: []string{"stun:stun.example"}}, servers[0])
	ada := servers[1]
	require.Equal(t, []string{"turn:turn.example:3478", "turns:turn.example?transport=tcp"}, ada.URLs)
	require.Equal(t, "1700000600:ada", ada.Username)
	require.True(t, accepts(ada.Username, ada.Credential, now, secret))

	servers, _ = tell(t, s, "bob", now)
	bob := servers[1]
	require.NotEqual(t, ada.Credential, bob.Credential)
	require.False(t, accepts(ada.Username, bob.Credential, now, secret), "it is bound to the peer")
	require.False(t, accepts("1700009999:bob", bob.Credential, now, secret), "and to its end")
	require.False(t, accepts(bob.Username, bob.Credential, now, other))
}

// The credential of the norm's example, so that every language can check its own.
func TestCredentialOfTheVectors(t *testing.T) {
	var all []struct {
		Name   string
		Expect struct{ ICEServers string }
	}
	require.NoError(t, json.Unmarshal([]byte(vectors.V1Relay), &all))
	for _, v := range all {
		if v.Name == "ice" {
			username, credential := ice.Credential("north", "c-1", time.Unix(1_700_000_600, 0))
			var servers []rtcIceServer
			require.NoError(t, json.Unmarshal([]byte(v.Expect.ICEServers), &servers))
			want := servers[1]
			require.Equal(t, [2]string{want.Username, want.Credential}, [2]string{username, credential})
			return
		}
	}
	t.Fatal("there is no vector ice")
}

func TestOfTwoSecretsTheFirstSignsAndTheOldOneStaysValid(t *testing.T) {
	old := turn(t, servers(t, shared("turn:turn.example")), "ada", now)
	c := shared("turn:turn.example")
	c.Secrets = []string{other, secret}
	renewed := turn(t, servers(t, c), "ada", now)
	require.True(t, accepts(renewed.Username, renewed.Credential, now, other))
	require.False(t, accepts(renewed.Username, renewed.Credential, now, secret))
	for _, it := range []rtcIceServer{old, renewed} {
		require.True(t, accepts(it.Username, it.Credential, now, other, secret), "by a TURN server with both")
	}
}

// A peer is told anew when half of the time is over, so until then the TURN server's
// clock may be wrong by as much.
func TestClocksMayDifferByHalfTheLife(t *testing.T) { // docs/threats.md, 56
	s := servers(t, shared("turn:turn.example"))
	for skew := -300 * time.Second; skew <= 300*time.Second; skew += time.Second {
		for _, age := range []time.Duration{0, time.Minute, 5 * time.Minute} {
			it := turn(t, s, "ada", now.Add(skew))
			require.True(t, accepts(it.Username, it.Credential, now.Add(age), secret), "%v %v", skew, age)
		}
	}
	// A relay whose clock is a day behind gives what is over, and after the step what is not.
	for step, works := range map[time.Duration]bool{-24 * time.Hour: false, 0: true, 24 * time.Hour: true} {
		it := turn(t, s, "ada", now.Add(step))
		require.Equal(t, works, accepts(it.Username, it.Credential, now, secret), step)
	}
}

func TestACredentialIsNotShorterThanThePeerWasTold(t *testing.T) {
	s := servers(t, shared("turn:turn.example"))
	for _, fraction := range []time.Duration{0, 1, time.Second / 2, time.Second - 1} {
		issued := now.Add(fraction)
		servers, life := tell(t, s, "ada", issued)
		it := servers[0]
		require.True(t, accepts(it.Username, it.Credential, issued.Add(life), secret), fraction)
		require.False(t, accepts(it.Username, it.Credential, issued.Add(life+2*time.Second), secret), fraction)
	}
}

func TestAFixedCredentialAndNone(t *testing.T) {
	s := servers(t, ice.Config{URLs: []string{"turn:turn.example"}, Username: "ada", Credential: "lovelace"})
	require.Equal(t, protocol.ICE{Servers: []byte(`[{"urls":["turn:turn.example"],"username":"ada","credential":"lovelace"}]`)}, s.For(ice.Peer{ID: "x"}, now))
	s = servers(t, ice.Config{URLs: []string{"stun:stun.example"}})
	require.Equal(t, protocol.ICE{Servers: []byte(`[{"urls":["stun:stun.example"]}]`)}, s.For(ice.Peer{ID: "x"}, now))
	s, err := ice.New(ice.Config{Life: time.Minute})
	require.NoError(t, err)
	require.Nil(t, s)
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	long := strings.Repeat("x", 60) + "." + strings.Repeat("y", 60) + ".example"
	for want, c := range map[string]ice.Config{
		"either the secret":                   {URLs: []string{"turn:turn.example"}},
		"or one username":                     {URLs: []string{"turn:turn.example"}, Username: "a", Credential: "b", Secrets: []string{secret}, Life: time.Minute},
		"both a username and a credential":    {URLs: []string{"turn:turn.example"}, Username: "a"},
		"both a username and a credential ":   {URLs: []string{"turn:turn.example"}, Credential: "a"},
		"no turn: or turns: URL":              {URLs: []string{"stun:stun.example"}, Username: "a", Credential: "b"},
		"no turn: or turns: URL ":             {Secrets: []string{secret}, Life: time.Minute},
		"valid for at least a second":         {URLs: []string{"turn:turn.example"}, Secrets: []string{secret}, Life: time.Second - 1},
		"may have at most 8192: name fewer":   {URLs: slices.Repeat([]string{"stun:" + long}, 64)},
		"must begin with stun:, stuns:, turn": {URLs: []string{"stun:a", "http://b"}},
	} {
		_, err := ice.New(c)
		require.ErrorContains(t, err, strings.TrimSpace(want))
	}
}

// One byte more of a URL at each turn, up to what does not fit any more.
func TestWhatIsToldHasABound(t *testing.T) {
	longest := 0
	for n := 1; ; n++ {
		c := shared("turn:turn.example")
		for range 67 {
			c.URLs = append(c.URLs, "stun:"+strings.Repeat("x", 60)+"."+strings.Repeat("y", 47))
		}
		name := strings.Repeat("z.", n)
		c.URLs = append(c.URLs, "stun:"+name[:n-n%2]+"z"+strings.Repeat("z", n%2))
		s, err := ice.New(c)
		if err != nil {
			require.ErrorContains(t, err, "the list of ICE servers has 8193 bytes, and may have at most 8192")
			break
		}
		// As long as an ID and an expiry can be.
		longest = len(protocol.AppendICE(nil, s.For(ice.Peer{ID: protocol.ID(strings.Repeat("x", protocol.MaxID))}, time.Unix(1<<40, 0))))
	}
	require.Equal(t, protocol.MaxICE, longest)
}

func TestSecretFiles(t *testing.T) {
	for text, want := range map[string][]string{
		secret + "\n": {secret}, "# new\n" + secret + "\r\n\n# old\n" + other: {secret, other}, strings.Repeat("x", 16): {strings.Repeat("x", 16)},
	} {
		got, err := ice.ParseSecrets([]byte(text))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for text, want := range map[string]string{
		"": "must have one line, or two", "#\n": "must have one line, or two", strings.Repeat(secret+"\n", 3): "must have one line, or two",
		strings.Repeat("x", 15): "must have at least 16 characters", secret + "\nshort": "must have at least 16 characters",
	} {
		_, err := ice.ParseSecrets([]byte(text))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "xxx")
	}
}

func TestCredentialFiles(t *testing.T) {
	username, credential, err := ice.ParseCredential([]byte("ada:love:lace\n"))
	require.NoError(t, err)
	require.Equal(t, "ada love:lace", username+" "+credential)
	for _, wrong := range []string{"", "ada", "ada:", ":x", "ada:x\nbob:y"} {
		_, _, err := ice.ParseCredential([]byte(wrong))
		require.ErrorContains(t, err, "USERNAME:CREDENTIAL")
	}
}
