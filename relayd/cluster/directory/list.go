package directory

import (
	"context"
	"fmt"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const pageKeys = 500 // in one read of a list

// List visits every claim of an instance in pages, and holds no more than one page. It reads all
// rooms of the directory: a node knows its own rooms and uses [Directory.Read]. A claim that moves
// during the list may be visited as it was or not at all. It ends with the first error of visit.
func (d *Directory) List(ctx context.Context, of home.Instance, visit func(Entry) error) error {
	return d.pages(ctx, func(page []*mvccpb.KeyValue) error {
		for _, kv := range page {
			if entry, ok := d.listed(kv); ok && entry.Claim != nil && entry.Claim.Home == of {
				if err := visit(entry); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Sweep deletes the claims of instances that are gone, if they have not changed since they were read
// and their instance is still not recent. It returns how many it deleted, also with an error.
func (d *Directory) Sweep(ctx context.Context, gone func(home.Instance) bool) (deleted int, err error) {
	err = d.pages(ctx, func(page []*mvccpb.KeyValue) error {
		var writes []*write
		for _, kv := range page {
			entry, ok := d.listed(kv)
			if !ok || entry.Claim == nil || !gone(entry.Claim.Home) {
				continue
			}
			w := newWrite(string(kv.Key), kv.ModRevision)
			w.gone = d.markKey(entry.Claim.Home, recent)
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

// listed returns an entry as a list shows it. It ignores keys that no node writes.
func (d *Directory) listed(kv *mvccpb.KeyValue) (Entry, bool) {
	h, ok := hashOf(kv.Key, d.prefix+roomsKey)
	if !ok {
		return Entry{}, false
	}
	entry := Entry{Revision: kv.ModRevision, Claim: d.openClaim(h, kv.Value)}
	if entry.Claim != nil {
		entry.Room = protocol.RoomKey(string(entry.Claim.Server))
	}
	return entry, true
}

// pages reads all rooms, page by page.
func (d *Directory) pages(ctx context.Context, visit func([]*mvccpb.KeyValue) error) error {
	prefix := d.prefix + roomsKey
	end := clientv3.GetPrefixRangeEnd(prefix)
	for from := prefix; ; {
		answer, err := d.read(ctx, callWithin, clientv3.OpGet(from, clientv3.WithRange(end), clientv3.WithLimit(pageKeys)))
		if err != nil {
			return fmt.Errorf("cannot list rooms in etcd: %w", err)
		}
		page := answer.Responses[0].GetResponseRange()
		if err := visit(page.Kvs); err != nil || !page.More {
			return err
		}
		from = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
	}
}
