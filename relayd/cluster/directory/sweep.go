package directory

import (
	"context"
	"errors"
	"fmt"

	"github.com/sebas642/intercessor/relayd/cluster/home"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const pageKeys = 500 // in one read of a sweep

// Sweep deletes the claims of instances that are gone, if they have not changed since they were read
// and their instance is still not recent. It returns how many it deleted, also with an error. It reads the rooms
// in pages and holds no more than one: the directory may be large.
func (d *Directory) Sweep(ctx context.Context, gone func(home.Instance) bool) (deleted int, err error) {
	err = d.pages(ctx, func(page []*mvccpb.KeyValue) error {
		var writes []*write
		for _, kv := range page {
			h, ok := hashOf(kv.Key, d.prefix+roomsKey)
			if !ok {
				continue // no node wrote it
			}
			claim := d.openClaim(h, kv.Value)
			if claim == nil || !gone(claim.Home) {
				continue
			}
			w := newWrite(string(kv.Key), kv.ModRevision)
			w.gone = d.markKey(claim.Home, recent)
			writes = append(writes, w)
		}
		for ; len(writes) > 0; writes = writes[min(maxTogether, len(writes)):] {
			batch := writes[:min(maxTogether, len(writes))]
			d.send(ctx, batch)
			for _, w := range batch {
				switch o := <-w.outcome; o.err {
				case nil:
					deleted++
				case ErrChanged:
				default:
					return o.err
				}
			}
		}
		return nil
	})
	return deleted, err
}

// pages reads all rooms, page by page.
func (d *Directory) pages(ctx context.Context, visit func([]*mvccpb.KeyValue) error) error {
	prefix := d.prefix + roomsKey
	end := clientv3.GetPrefixRangeEnd(prefix)
	for from, limit := prefix, int64(pageKeys); ; {
		answer, err := d.read(ctx, callWithin, clientv3.OpGet(from, clientv3.WithRange(end), clientv3.WithLimit(limit)))
		if errors.Is(err, ErrLarge) && limit > 1 {
			limit /= 2
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot read the rooms in etcd: %w", err)
		}
		page := answer.Responses[0].GetResponseRange()
		if err := visit(page.Kvs); err != nil || !page.More {
			return err
		}
		from, limit = string(page.Kvs[len(page.Kvs)-1].Key)+"\x00", min(2*limit, pageKeys)
	}
}
