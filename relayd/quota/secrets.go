package quota

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

// maxRight bounds the right secrets that a relay remembers.
const maxRight = 1 << 14

// secrets are those that were right lately, as digests. The lock of the Trials guards it.
type secrets struct {
	key   []byte // static: of digests; drawn by this process
	right map[digest]struct{}
}

type digest [sha256.Size]byte

func newSecrets() secrets {
	s := secrets{key: make([]byte, sha256.Size), right: make(map[digest]struct{})}
	_, _ = rand.Read(s.key) // never fails: see crypto/rand
	return s
}

// digest names what a peer asks for: a secret with a right signature can be one that the
// backend refuses, so the task is part of it.
func (s *secrets) digest(task Task, name []string) (d digest) {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte{byte(task)})
	for _, part := range name {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	mac.Sum(d[:0])
	return d
}

func (s *secrets) isRight(d digest) bool {
	_, right := s.right[d]
	return right
}

// remember keeps a right secret, in the place of any other one if there are too many.
func (s *secrets) remember(d digest) {
	if len(s.right) >= maxRight {
		for one := range s.right {
			delete(s.right, one)
			break
		}
	}
	s.right[d] = struct{}{}
}

func (s *secrets) forget(d digest) { delete(s.right, d) }
