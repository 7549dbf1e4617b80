package ice

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Credential returns the credential with which a peer may use a TURN server that shares
// the secret, until it expires (I5; draft-uberti-behave-turn-rest-00, section 2.2). It
// is an HMAC-SHA1. coturn calls the secret static-auth-secret.
func Credential(secret string, peer protocol.ID, expires time.Time) (username, credential string) {
	// Rounded up, so that it is valid for at least as long as the peer was told.
	second := expires.Add(time.Second - 1).Unix()
	username = strconv.FormatInt(second, 10) + ":" + string(peer)
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(username))
	return username, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

const (
	maxSecrets = 2 // two while one replaces the other

	// minSecret, in bytes, prevents a brute-force search: each peer has a username and
	// its HMAC under the secret.
	minSecret = 16
)

// ParseSecrets parses a secret file: one secret, or two on two lines. Credentials are
// made with the first. The TURN server accepts both until the credentials of the old one
// have expired; relayd allows two so that both programs can read one file. Empty lines
// and lines that begin with # are ignored.
func ParseSecrets(text []byte) (secrets []string, err error) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if len(line) < minSecret {
			return nil, fmt.Errorf("a TURN server's secret must have at least %d characters, because each peer could find a shorter one by trying; make one with: openssl rand -hex 32", minSecret)
		}
		secrets = append(secrets, line)
	}
	if len(secrets) == 0 || len(secrets) > maxSecrets {
		return nil, errors.New("a file with a TURN server's secret must have one line, or two: the new secret and the old")
	}
	return secrets, nil
}

// ParseCredential parses a file with a fixed credential: one line with the username, a
// colon and the credential.
func ParseCredential(text []byte) (username, credential string, err error) {
	line := strings.TrimSpace(string(text))
	username, credential, _ = strings.Cut(line, ":")
	if username == "" || credential == "" || strings.ContainsAny(line, "\r\n") {
		return "", "", errors.New("a file with a TURN server's credential must have one line: USERNAME:CREDENTIAL")
	}
	return username, credential, nil
}
