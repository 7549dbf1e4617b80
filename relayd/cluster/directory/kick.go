package directory

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// MaxKicks is how many kicks of one room Kicks returns.
const MaxKicks = 4096

// A Kick says that an operator keeps a name out of a room.
type Kick struct {
	Name  protocol.ID // a client's ID, or the mark of its source or subject
	Until time.Time
}

// Kick keeps a kick of a room, given by its RoomKey, until its time, under a lease of its own. A kick of
// the same name replaces the one before.
func (d *Directory) Kick(ctx context.Context, key string, k Kick) error {
	stay := time.Until(k.Until)
	if stay <= 0 || len(k.Name) > maxKickName {
		return fmt.Errorf("a kick must end in the future, and its name must have at most %d bytes", maxKickName)
	}
	ctx, cancel := d.bound(ctx, callWithin)
	defer cancel()
	h := d.kick(key, k.Name)
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(k.Until.UnixMilli())), k.Name...)
	lease, err := d.client.Grant(ctx, int64((stay+time.Second-1)/time.Second))
	if err == nil {
		_, err = d.client.Put(ctx, d.kicksKey(key)+h.text(), string(d.sealer.seal(h, plain)), clientv3.WithLease(lease.ID))
	}
	if err != nil {
		return fmt.Errorf("cannot keep a kick in etcd: %w", d.failure(ctx, err))
	}
	return nil
}

// Kicks returns the kicks of a room, given by its RoomKey, that have not ended. It leaves out what it
// cannot read. A home that claims a room reads them after the claim.
func (d *Directory) Kicks(ctx context.Context, key string) ([]Kick, error) {
	prefix := d.kicksKey(key)
	answer, err := d.read(ctx, callWithin, clientv3.OpGet(prefix, clientv3.WithPrefix(), clientv3.WithLimit(MaxKicks)))
	if err != nil {
		return nil, fmt.Errorf("cannot read kicks from etcd: %w", err)
	}
	var kicks []Kick
	for _, kv := range answer.Responses[0].GetResponseRange().Kvs {
		h, ok := hashOf(kv.Key, prefix)
		if !ok {
			continue
		}
		plain, ok := d.sealer.open(h, kv.Value)
		if !ok || len(plain) < 8 {
			continue
		}
		k := Kick{Name: protocol.ID(plain[8:]), Until: time.UnixMilli(int64(binary.BigEndian.Uint64(plain)))}
		if d.kick(key, k.Name) == h && time.Now().Before(k.Until) {
			kicks = append(kicks, k)
		}
	}
	return kicks, nil
}

const maxKickName = 255 // bytes

func (d *Directory) kick(key string, name protocol.ID) hash {
	return d.sealer.hash("kick", key+"\x00"+string(name))
}

func (d *Directory) kicksKey(key string) string {
	return d.prefix + kicksKey + d.room(key).text() + "/"
}
