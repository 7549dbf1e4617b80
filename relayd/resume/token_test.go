package resume_test

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

var (
	now    = time.Unix(1_700_000_000, 0)
	key    = resume.KeyOf([32]byte{1, 2, 3})
	server = resume.Identity{ID: "6f9619ff", Room: "6f9619ff", Server: true, Generation: 7, Expires: now.Add(resume.ServerLife)}
	client = resume.Identity{ID: "c0ffee11", Room: "6f9619ff", Generation: 1<<53 - 1, Expires: now.Add(resume.ClientLife)}
)

func TestTokenStatesTheIdentity(t *testing.T) {
	tokens := resume.NewTokens(key)
	longest := resume.Identity{ID: protocol.ID(strings.Repeat("a", 64)), Room: protocol.ID(strings.Repeat("b", 64)), Expires: now.Add(1)}
	longest.Expires = now.Add(time.Second)
	shortest := resume.Identity{ID: "-", Room: "-", Server: true, Expires: now.Add(time.Second)}
	for _, id := range []resume.Identity{server, client, longest, shortest} {
		token := tokens.Sign(id)
		require.Regexp(t, `^[A-Za-z0-9_-]+$`, token, "fit for a header (R2)")
		got, err := tokens.Verify(token, now)
		require.NoError(t, err)
		require.Equal(t, id, got)
	}
}

// TestTokenFormat pins the format: a server's token is valid for 400 days, and a newer relayd must
// accept it.
func TestTokenFormat(t *testing.T) {
	const serverToken = "AQEAAAAAAAAABwAAAABnY0kACDZmOTYxOWZmUn81Xcp55UGwqRty7aD0pzX0kTvLQlZ6Y-heK8PoIBQ"
	const clientToken = "AQAAH________wAAAABlVUKACGMwZmZlZTExCDZmOTYxOWZmCI25EcauL-HpyuaymTVSnOlFkbYf4MdlR_66XfYZHTM"
	tokens := resume.NewTokens(key)
	require.Equal(t, serverToken, tokens.Sign(server))
	require.Equal(t, clientToken, tokens.Sign(client))
}

func TestTokenExpires(t *testing.T) {
	tokens := resume.NewTokens(key)
	token := tokens.Sign(client)
	_, err := tokens.Verify(token, client.Expires.Add(-1))
	require.NoError(t, err)
	for _, late := range []time.Duration{0, 1, time.Hour, 1000 * 24 * time.Hour} {
		_, err = tokens.Verify(token, client.Expires.Add(late))
		require.ErrorIs(t, err, resume.ErrTokenExpired)
	}
	_, err = tokens.Verify(tokens.Sign(resume.Identity{ID: "a", Room: "a", Server: true}), now)
	require.ErrorIs(t, err, resume.ErrTokenExpired, "the zero time is long over")
}

func TestForgedTokens(t *testing.T) {
	tokens := resume.NewTokens(key)
	for _, id := range []resume.Identity{server, client} {
		token := tokens.Sign(id)
		refused := func(token, format string, args ...any) {
			t.Helper()
			_, err := tokens.Verify(token, now)
			require.ErrorIs(t, err, resume.ErrToken, format, args)
		}
		sealed, err := base64.RawURLEncoding.DecodeString(token)
		require.NoError(t, err)
		for bit := range 8 * len(sealed) {
			sealed[bit/8] ^= 1 << (bit % 8)
			refused(base64.RawURLEncoding.EncodeToString(sealed), "bit %d of the statement flipped", bit)
			sealed[bit/8] ^= 1 << (bit % 8)
		}
		for bit := range 8 * len(token) {
			flipped := []byte(token)
			flipped[bit/8] ^= 1 << (bit % 8)
			refused(string(flipped), "bit %d of the text flipped", bit)
		}
		for n := range len(token) {
			refused(token[:n], "cut after %d", n)
			refused(token[n:][1:], "without the first %d", n+1)
			refused(token[:n]+"\n"+token[n:], "line break at %d", n)
			refused(token[:n]+"\r"+token[n:], "carriage return at %d", n)
			refused(token[:n]+" "+token[n:], "space at %d", n)
		}
		refused(token+"=", "padded")
		refused(token+"A", "longer")
		refused(token+token, "twice")
		refused(strings.Repeat("A", 1<<20), "huge")
		refused(base64.StdEncoding.EncodeToString(sealed)+"+/", "the other base64")
		refused(resume.Seal(resume.NewKey(), resume.Statement(id)), "another key")
	}
}

// TestTokenOfNoIdentity: signed statements without a valid identity.
func TestTokenOfNoIdentity(t *testing.T) {
	statement := func(version, role byte, generation uint64, ids ...string) []byte {
		b := []byte{version, role}
		b = binary.BigEndian.AppendUint64(b, generation)
		b = binary.BigEndian.AppendUint64(b, uint64(now.Unix()+1))
		for _, id := range ids {
			b = append(append(b, byte(len(id))), id...)
		}
		return b
	}
	tokens := resume.NewTokens(key)
	_, err := tokens.Verify(resume.Seal(key, statement(1, 0, 1, "c1", "s1")), now)
	require.NoError(t, err)
	_, err = tokens.Verify(resume.Seal(key, statement(1, 1, 1, "s1")), now)
	require.NoError(t, err)
	for name, statement := range map[string][]byte{
		"version 0":               statement(0, 0, 1, "c1", "s1"),
		"version 2":               statement(2, 0, 1, "c1", "s1"),
		"a third role":            statement(1, 2, 1, "c1", "s1"),
		"generation of 2^53":      statement(1, 0, 1<<53, "c1", "s1"),
		"the relay's ID":          statement(1, 1, 1, "0"),
		"the relay's room":        statement(1, 0, 1, "c1", "0"),
		"an empty ID":             statement(1, 1, 1, ""),
		"an empty room":           statement(1, 0, 1, "c1", ""),
		"an ID in capitals":       statement(1, 1, 1, "S1"),
		"an ID of 65 bytes":       statement(1, 1, 1, strings.Repeat("a", 65)),
		"a client without a room": statement(1, 0, 1, "c1"),
		"a client in itself":      statement(1, 0, 1, "c1", "c1"),
		"a server in a room":      statement(1, 1, 1, "s1", "s1"),
		"more behind it":          append(statement(1, 1, 1, "s1"), 0),
		"an ID cut off":           statement(1, 1, 1, "abcdef")[:22],
		"no ID":                   statement(1, 1, 1),
		"nothing":                 nil,
	} {
		_, err := tokens.Verify(resume.Seal(key, statement), now)
		require.ErrorIs(t, err, resume.ErrToken, name)
	}
}

// TestTokenTellsRoleAndRoom: what the relay compares (R8) cannot be swapped.
func TestTokenTellsRoleAndRoom(t *testing.T) {
	tokens := resume.NewTokens(key)
	seen := map[string]resume.Identity{}
	for _, id := range []resume.Identity{
		{ID: "a", Room: "a", Server: true}, {ID: "b", Room: "b", Server: true},
		{ID: "a", Room: "b"}, {ID: "b", Room: "a"},
		{ID: "ab", Room: "c"}, {ID: "a", Room: "bc"},
	} {
		id.Expires = now.Add(time.Hour)
		token := tokens.Sign(id)
		require.NotContains(t, seen, token)
		seen[token] = id
	}
	for token, id := range seen {
		got, err := tokens.Verify(token, now)
		require.NoError(t, err)
		require.Equal(t, id, got)
	}
}

func TestSignOfNoIdentityPanics(t *testing.T) {
	tokens := resume.NewTokens(key)
	for _, id := range []resume.Identity{
		{}, {ID: "a"}, {Room: "a"}, {ID: "a", Room: "b", Server: true}, {ID: "a", Room: "a"},
		{ID: "0", Room: "0", Server: true}, {ID: "a", Room: "0"}, {ID: "A", Room: "b"}, {ID: "a", Room: "b", Generation: 1 << 53},
	} {
		require.Panics(t, func() { tokens.Sign(id) }, "%+v", id)
	}
}

// TestRotation: the new key signs, and both are accepted until the old one goes.
func TestRotation(t *testing.T) {
	fresh := resume.NewKey()
	before, during, after := resume.NewTokens(key), resume.NewTokens(fresh, key), resume.NewTokens(fresh)
	accepts := func(tokens *resume.Tokens, token string) bool {
		_, err := tokens.Verify(token, now)
		return err == nil
	}
	old, renewed := before.Sign(server), during.Sign(server)
	require.True(t, accepts(during, old))
	require.True(t, accepts(during, renewed))
	require.True(t, accepts(after, renewed))
	require.False(t, accepts(after, old))
	require.False(t, accepts(before, renewed))
}

func TestTokensWithoutAKey(t *testing.T) {
	one, other := resume.NewTokens(), resume.NewTokens()
	token := one.Sign(server)
	_, err := one.Verify(token, now)
	require.NoError(t, err)
	_, err = other.Verify(token, now)
	require.ErrorIs(t, err, resume.ErrToken)
}

// TestKeyIsNotPrinted: a log line that prints a key by mistake shows an address.
func TestKeyIsNotPrinted(t *testing.T) {
	secret := [32]byte([]byte("0123456789abcdef0123456789abcdef"))
	k := resume.KeyOf(secret)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, what := range []any{k, []resume.Key{k}, resume.NewTokens(k), struct{ K resume.Key }{k}} {
			text := fmt.Sprintf(verb, what)
			require.NotContains(t, text, "0123456789", verb)
			require.NotContains(t, text, "30313233", verb)
			require.NotContains(t, text, "48 49 50", verb)
			require.NotContains(t, text, "0x30, 0x31", verb)
		}
	}
}

// FuzzToken: what verifies is, to the byte, what Sign writes for that identity,
// even for one who could sign any statement.
func FuzzToken(f *testing.F) {
	f.Add(resume.Statement(server), "")
	f.Add(resume.Statement(client), resume.NewTokens(key).Sign(client))
	f.Add([]byte{}, "AAAA")
	token := resume.NewTokens(key).Sign(server)
	f.Add([]byte{}, token[:len(token)-4]+"AAAA") // another signature, which begins as the right one does
	tokens := resume.NewTokens(key)
	f.Fuzz(func(t *testing.T, statement []byte, text string) {
		for _, token := range []string{resume.Seal(key, statement), text} {
			id, err := tokens.Verify(token, time.Unix(0, 0))
			if err == nil {
				require.Equal(t, token, tokens.Sign(id))
			}
		}
	})
}

// While relays with one key get another, one after the other, each takes the tokens of each:
// first all accept the new key, then they sign with it.
func TestKeyIsReplacedRelayByRelay(t *testing.T) {
	before, after := resume.NewKey(), resume.NewKey()
	old, accept, sign, replaced := []resume.Key{before}, []resume.Key{before, after}, []resume.Key{after, before}, []resume.Key{after}
	now := time.Now()
	taken := func(by, from []resume.Key) error {
		token := resume.NewTokens(from...).Sign(resume.Identity{ID: "s-1", Room: "s-1", Server: true, Expires: now.Add(time.Hour)})
		_, err := resume.NewTokens(by...).Verify(token, now)
		return err
	}
	for _, step := range [][2][]resume.Key{{old, accept}, {accept, accept}, {accept, sign}, {sign, sign}, {sign, replaced}} {
		require.NoError(t, taken(step[0], step[1]))
		require.NoError(t, taken(step[1], step[0][:1]))
		require.NoError(t, taken(step[0], step[0]))
	}
	require.Equal(t, resume.ErrToken, taken(old, sign), "signed before it is accepted")
}
