package config

import (
	"bytes"

	"github.com/sebas642/intercessor/relayd/secret"
)

// SecretFile is the path of a file that holds a secret; "" means none. Its key ends with
// _file.
type SecretFile string

const maxSecret = 64 << 10 // bytes

// Read returns the secret without the line's end, up to 64 KiB. It refuses a file that
// others can read or change; see [secret.Private].
func (f SecretFile) Read() ([]byte, error) {
	text, err := secret.Read(string(f), maxSecret)
	return bytes.TrimRight(text, "\r\n"), err
}
