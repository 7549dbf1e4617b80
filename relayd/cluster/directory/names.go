package directory

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// The keys, after the prefix:
//
//	rooms/H           the claim of a room
//	nodes/NAME/N/MARK a mark of an instance; the value of alive, recent and kept is its address
//	young             the directory may have lost claims
//	cluster           the ID of the etcd cluster that the directory was made in
//	kicks/H/K         a name that is kept out of the room H
const (
	roomsKey = "rooms/"
	nodesKey = "nodes/"
	youngKey = "young"
	kicksKey = "kicks/"

	clusterKey = "cluster"
)

const (
	alive     = "alive"
	recent    = "recent"
	kept      = "kept"
	unsettled = "unsettled"
)

// room returns the hash of a room. key is its RoomKey.
func (d *Directory) room(key string) hash { return d.sealer.hash("room", key) }

// Name returns a name of a room for logs and metrics: the same on all nodes, and without its ID.
// key is its RoomKey.
func (d *Directory) Name(key string) string { return d.room(key).text() }

func (d *Directory) roomKey(h hash) string { return d.prefix + roomsKey + h.text() }

// hashOf returns the hash at the end of a key.
func hashOf(key []byte, before string) (h hash, ok bool) {
	text, ok := strings.CutPrefix(string(key), before)
	if !ok || base64.RawURLEncoding.DecodedLen(len(text)) != len(h) {
		return h, false
	}
	_, err := base64.RawURLEncoding.Strict().Decode(h[:], []byte(text))
	return h, err == nil
}

// nameKeys is the prefix of the marks of all instances of a node.
func (d *Directory) nameKeys(name string) string { return d.prefix + nodesKey + name + "/" }

// instanceKeys is the prefix of an instance's marks.
func (d *Directory) instanceKeys(i home.Instance) string {
	return fmt.Sprintf("%s%016x/", d.nameKeys(i.Name), i.Number)
}

func (d *Directory) markKey(i home.Instance, mark string) string { return d.instanceKeys(i) + mark }

// parseMark returns what a key under nodes/ says. Keys of later versions are no error: they say
// nothing.
func (d *Directory) parseMark(key []byte) (i home.Instance, mark string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(string(key), d.prefix+nodesKey), "/")
	if len(parts) != 3 || len(parts[1]) != 16 || len(parts[0]) > maxName {
		return i, "", false
	}
	number, err := strconv.ParseUint(parts[1], 16, 64)
	return home.Instance{Name: parts[0], Number: number}, parts[2], err == nil && number != 0
}
