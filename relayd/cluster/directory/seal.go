package directory

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/sebas642/intercessor/relayd/resume"
)

// version is the first byte of every value. A value of another version does not open.
const version = 1

// maxValue bounds a value before it is opened. Every value that seal makes is shorter.
const maxValue = 512

// A hash stands for a room, or for a kick, in the directory: 128 bits of HMAC-SHA256, so that etcd
// and who reads it see no IDs.
type hash [16]byte

// A sealer hashes names and seals values with keys derived from the cluster's key.
type sealer struct {
	names  func() []byte // behind functions, so that printing shows only addresses
	values func() []byte
}

func newSealer(key resume.Key) sealer {
	names, values := key.Derive("intercessor directory names"), key.Derive("intercessor directory values")
	return sealer{names: func() []byte { return names }, values: func() []byte { return values }}
}

// hash returns the hash of a name of a kind. The name of a room is its RoomKey.
func (s sealer) hash(kind, name string) (h hash) {
	mac := hmac.New(sha256.New, s.names())
	mac.Write([]byte(kind + "\x00" + name))
	copy(h[:], mac.Sum(nil))
	return h
}

// text is the hash in a key: 22 letters, digits, hyphens and underscores.
func (h hash) text() string { return base64.RawURLEncoding.EncodeToString(h[:]) }

// seal encrypts a value for the key that the hash stands for: it does not open under another.
func (s sealer) seal(h hash, plain []byte) []byte {
	return s.aead(h).Seal([]byte{version}, nil, plain, nil)
}

// open returns false if the value was not sealed for this hash with this key.
func (s sealer) open(h hash, value []byte) (plain []byte, ok bool) {
	if len(value) == 0 || len(value) > maxValue || value[0] != version {
		return nil, false
	}
	plain, err := s.aead(h).Open(nil, nil, value[1:], nil)
	return plain, err == nil
}

// aead has a key for each hash, which binds values to it and keeps random nonces far from their
// limit of 2^32 messages for a key.
func (s sealer) aead(h hash) cipher.AEAD {
	mac := hmac.New(sha256.New, s.values())
	mac.Write(h[:])
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic("directory: " + err.Error()) // only for a key of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("directory: " + err.Error()) // only for a block of another length
	}
	return aead
}
