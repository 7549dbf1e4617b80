package admit

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// What is wrong with an access secret that is none. It counts as a wrong one (A2).
var (
	errSecretForm  = errors.New("the access secret is empty, longer than 4,096 bytes, or no unpadded base64url")
	errSecretTwice = errors.New("two access secrets")
)

// Secret takes the access secret out of a handshake (A2); nil where there is none.
func Secret(request *http.Request) ([]byte, error) {
	offered, _ := offers(request)
	var secrets [][]byte
	for _, entry := range offered {
		if text, ok := strings.CutPrefix(entry, protocol.AccessPrefix); ok {
			secret, err := base64.RawURLEncoding.Strict().DecodeString(text)
			if err != nil {
				return nil, errSecretForm // err says which byte
			}
			secrets = append(secrets, secret)
		}
	}
	for value := range bearers(request, false) {
		secrets = append(secrets, []byte(value))
	}
	switch len(secrets) {
	case 0:
		return nil, nil
	case 1:
		if n := len(secrets[0]); n == 0 || n > protocol.MaxSecret {
			return nil, errSecretForm
		}
		return secrets[0], nil
	}
	return nil, errSecretTwice
}
