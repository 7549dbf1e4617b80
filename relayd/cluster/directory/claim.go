package directory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// The plain value of a claim, numbers in big endian:
//
//	8 bytes  number of the instance
//	24 bytes order: generation, attempt, random
//	8 bytes  time of the last move, in ms since 1970
//	1 byte   flags
//	1 byte   length of the node's name
//	         the node's name
//	         the server's ID, to the end
const fixedBytes = 8 + 24 + 8 + 1 + 1

const flagDraining = 1

// errClaim says that a claim is not one that this package can write.
var errClaim = errors.New("the directory does not take this claim")

func encodeClaim(c home.Claim) ([]byte, error) {
	if c.Home.Name == "" || len(c.Home.Name) > maxName || c.Home.Number == 0 {
		return nil, fmt.Errorf("%w: its home is the instance %q, %d", errClaim, c.Home.Name, c.Home.Number)
	}
	if len(c.Server) > protocol.MaxID || protocol.RoomKey(string(c.Server)) == "" {
		return nil, fmt.Errorf("%w: its server's ID of %d bytes names no room", errClaim, len(c.Server))
	}
	b := make([]byte, 0, fixedBytes+len(c.Home.Name)+len(c.Server))
	for _, n := range []uint64{
		c.Home.Number, c.Order.Generation, c.Order.Attempt, c.Order.Random, uint64(c.Moved.UnixMilli()),
	} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	var flags byte
	if c.Draining {
		flags |= flagDraining
	}
	b = append(b, flags, byte(len(c.Home.Name)))
	b = append(b, c.Home.Name...)
	return append(b, c.Server...), nil
}

// decodeClaim returns false for what encodeClaim does not make.
func decodeClaim(b []byte) (c home.Claim, ok bool) {
	if len(b) < fixedBytes {
		return c, false
	}
	var numbers [5]uint64
	for i := range numbers {
		numbers[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	flags, length, rest := b[40], int(b[41]), b[fixedBytes:]
	if flags&^flagDraining != 0 || length == 0 || length > maxName || numbers[0] == 0 ||
		len(rest) <= length || len(rest)-length > protocol.MaxID {
		return c, false
	}
	return home.Claim{
		Home:     home.Instance{Name: string(rest[:length]), Number: numbers[0]},
		Order:    protocol.Order{Generation: numbers[1], Attempt: numbers[2], Random: numbers[3]},
		Server:   protocol.ID(rest[length:]),
		Draining: flags&flagDraining != 0,
		Moved:    time.UnixMilli(int64(numbers[4])).UTC(),
	}, true
}

// openClaim returns nil for a value that cannot be read, or that is of another room.
func (d *Directory) openClaim(h hash, value []byte) *home.Claim {
	plain, ok := d.sealer.open(h, value)
	if !ok {
		return nil
	}
	claim, ok := decodeClaim(plain)
	if !ok || d.room(protocol.RoomKey(string(claim.Server))) != h {
		return nil
	}
	return &claim
}
