package directory

import (
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// seen is the newest state of the directory that an answer was of.
type seen struct {
	mu       sync.Mutex
	cluster  uint64
	revision int64
	epoch    int  // counts how often the directory was accepted although it had gone back
	back     bool // it has gone back, until accept
}

// A moment is what the directory must have reached for a linearizable read that begins then.
type moment struct {
	revision int64
	epoch    int
}

func (s *seen) now() moment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return moment{s.revision, s.epoch}
}

// check returns ErrBack if the answer to a linearizable read, begun then, is not of the directory of
// before. From then on every check does, until accept.
func (s *seen) check(header *pb.ResponseHeader, then moment) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if then.epoch != s.epoch {
		return ErrBack
	}
	if s.cluster == 0 {
		s.cluster = header.ClusterId
	}
	s.back = s.back || header.ClusterId != s.cluster || header.Revision < then.revision
	if s.back {
		return ErrBack
	}
	s.revision = max(s.revision, header.Revision)
	return nil
}

// accept takes the directory as it is now for the one that counts.
func (s *seen) accept(header *pb.ResponseHeader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cluster, s.revision, s.back = header.ClusterId, header.Revision, false
	s.epoch++
}
