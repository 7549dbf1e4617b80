package directory_test

import (
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestUnreadable: a value that this cluster did not seal for this room has a revision and no claim,
// whatever it is, and can be replaced by its revision.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	b := join(t, "b", 2, endpoints, func(c *directory.Config) { c.Key = resume.NewKey() })
	foreign := stranger(t, endpoints...)
	a.mustClaim(t, "theone")
	a.mustClaim(t, "other")
	value := func(room string) string {
		got, err := foreign.Get(within(t, patience), roomKey(a, room))
		require.NoError(t, err)
		require.Len(t, got.Kvs, 1)
		return string(got.Kvs[0].Value)
	}
	good := value("theone")
	require.NotContains(t, good, "theone")
	b.mustClaim(t, "theone") // another cluster's key hashes to another key
	require.NotEqual(t, a.Name("theone"), b.Name("theone"))

	bad := map[string]string{
		"of another room":        value("other"),
		"of another cluster":     value2(t, foreign, roomKey(b, "theone")),
		"empty":                  "",
		"text":                   "hello",
		"too long":               good + strings.Repeat("x", 1<<20),
		"longer":                 good + "x",
		"of a version not known": "\x02" + good[1:],
	}
	for cut := range len(good) {
		bad["cut to "+string(rune('0'+cut))] = good[:cut]
	}
	for i := range len(good) {
		bad["changed at "+string(rune('0'+i))] = good[:i] + string([]byte{good[i] ^ 1}) + good[i+1:]
	}
	var last int64
	for what, v := range bad {
		put, err := foreign.Put(within(t, patience), roomKey(a, "theone"), v)
		require.NoError(t, err)
		last = put.Header.Revision
		entries, _, err := a.Read(within(t, patience), []string{"theone"})
		require.NoError(t, err)
		require.Equal(t, []directory.Entry{{Room: "theone", Revision: last}}, entries, what)
	}
	view, _ := a.look(t, "theone")
	require.Equal(t, last, view.Revision)
	require.Nil(t, view.Claim)
	_, err := a.Sweep(within(t, patience), func(of home.Instance) bool {
		require.Equal(t, a.self, of, "only what can be read has a home")
		return false
	})
	require.NoError(t, err)
	_, err = a.Claim(within(t, patience), a.claim("theone"), last)
	require.NoError(t, err)
	view, _ = a.look(t, "theone")
	require.Equal(t, a.claim("theone"), *view.Claim)
}

func value2(t *testing.T, c *clientv3.Client, key string) string {
	t.Helper()
	got, err := c.Get(within(t, patience), key)
	require.NoError(t, err)
	require.Len(t, got.Kvs, 1)
	return string(got.Kvs[0].Value)
}

// TestForeignKeys: keys under the prefix that no node writes are no instances, rooms or kicks, and
// harm no lookup, list or sweep.
func TestForeignKeys(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	foreign := stranger(t, endpoints...)
	for _, k := range []string{
		"rooms/", "rooms/short", "rooms/" + strings.Repeat("A", 500), "rooms/" + strings.Repeat("*", 22), "rooms/" + a.Name("theone") + "/x",
		"nodes/", "nodes/x", "nodes/x/1/alive", "nodes/x/0000000000000000/alive", "nodes/x/000000000000000g/alive",
		"nodes/x/0000000000000001/other", "nodes/" + strings.Repeat("x", 65) + "/0000000000000001/alive", "kicks/" + a.Name("theone") + "/x", "z", "",
	} {
		_, err := foreign.Put(within(t, patience), "test/"+k, "\x01x")
		require.NoError(t, err)
	}
	a.mustClaim(t, "theone")
	view, _ := a.look(t, "theone")
	require.Len(t, view.Instances, 1)
	kicks, err := a.Kicks(within(t, patience), "theone")
	require.NoError(t, err)
	require.Empty(t, kicks)
	var swept []home.Instance
	deleted, err := a.Sweep(within(t, patience), func(of home.Instance) bool {
		swept = append(swept, of)
		return true
	})
	require.NoError(t, err)
	require.Equal(t, []home.Instance{a.self}, swept)
	require.Zero(t, deleted, "its instance is recent")

	_, err = foreign.Put(within(t, patience), "test/nodes/y/0000000000000001/alive", strings.Repeat("\x01", 300))
	require.NoError(t, err)
	view, _ = a.look(t, "theone")
	require.Equal(t, home.Marks{Alive: true}, view.Instances[home.Instance{Name: "y", Number: 1}], "an address that is too long")
}

// TestRefusedClaims: what cannot be a claim is not written.
func TestRefusedClaims(t *testing.T) {
	t.Parallel()
	_, endpoints := one(t)
	a := join(t, "a", 1, endpoints)
	for what, edit := range map[string]func(*home.Claim){
		"no home":        func(c *home.Claim) { c.Home = home.Instance{} },
		"a long name":    func(c *home.Claim) { c.Home.Name = strings.Repeat("x", 65) },
		"no server":      func(c *home.Claim) { c.Server = "" },
		"an empty room":  func(c *home.Claim) { c.Server = "--" },
		"a long server":  func(c *home.Claim) { c.Server = protocol.ID(strings.Repeat("x", protocol.MaxID+1)) },
		"without number": func(c *home.Claim) { c.Home.Number = 0 },
	} {
		claim := a.claim("theone")
		edit(&claim)
		_, err := a.Claim(within(t, patience), claim, 0)
		require.Error(t, err, what)
		require.NotErrorIs(t, err, directory.ErrUnknown, what)
	}
	long := a.claim(strings.Repeat("x", protocol.MaxID))
	long.Home.Name, long.Draining = strings.Repeat("y", 64), true
	_, err := a.Claim(within(t, patience), long, 0)
	require.NoError(t, err)
	view, _ := a.look(t, string(long.Server))
	require.Equal(t, long, *view.Claim)
}
