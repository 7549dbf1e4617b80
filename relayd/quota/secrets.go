package quota

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

// maxRight bounds the right secrets that a relay remembers.
const maxRight = 1 << 14

// secrets remembers right secrets, as digests. The Table's mu guards right.
type secrets struct {
	key   []byte // static: the key of the digests, random for each process
	right map[digest]struct{}
}

type digest [sha256.Size]byte

func newSecrets() secrets {
	s := secrets{key: make([]byte, sha256.Size), right: make(map[digest]struct{})}
	_, _ = rand.Read(s.key) // never fails: see crypto/rand
	return s
}

// digest returns the digest of a task and the parts of a name. It includes the task because
// the backend may refuse a secret whose signature is right.
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

// remember adds a right secret. It removes any other one if there are maxRight.
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
