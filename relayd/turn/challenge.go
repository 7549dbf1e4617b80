package turn

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
)

// anyRealm is the REALM that pion puts into its challenges. Each client gets another of the same
// length in its place. A 401 then has 96 bytes over IPv4, with headers (T5).
const anyRealm = "anywhere"

// A challenge makes the realms of clients. The realm of a source says that it receives what is
// sent to its address, because a request is signed with the realm of the answer before. So a
// client cannot allocate with a forged address, and a request that was seen on its way is of no
// use from another one (T4). RFC 8489, section 9.2, leaves the realm to the server.
type challenge struct{ secret [32]byte }

func newChallenge() (c challenge) {
	_, _ = rand.Read(c.secret[:]) // never fails: see crypto/rand
	return c
}

// realm returns the realm of a source.
func (c *challenge) realm(source netip.AddrPort) string {
	mac := hmac.New(sha256.New, c.secret[:])
	address := source.Addr().As16()
	mac.Write(address[:])
	mac.Write(binary.BigEndian.AppendUint16(nil, source.Port()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:len(anyRealm)*6/8])
}

// address puts the realm of a source into pion's error answer to it. The REALM is the last
// attribute of those that have one, and nothing signs them.
func (c *challenge) address(answer []byte, to netip.AddrPort) {
	const errorClass, realmHeader = 0x0110, "\x00\x14\x00\x08"
	at := len(answer) - len(anyRealm)
	if at >= stunHeader+len(realmHeader) && answer[0] <= 3 && binary.BigEndian.Uint16(answer)&errorClass == errorClass &&
		string(answer[at-len(realmHeader):]) == realmHeader+anyRealm {
		copy(answer[at:], c.realm(to))
	}
}
