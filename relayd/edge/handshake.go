package edge

import (
	"encoding/base64"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/resume"
)

// maxOffers bounds the entries of Sec-WebSocket-Protocol, and so the work for one handshake.
const maxOffers = 32

// The errors of a resume credential. Each closes the connection with 4504 and its text as the
// reason, like a refused token (R8).
var (
	ErrCredentialForm  = errors.New("a resume credential is ATTEMPT.TOKEN, ATTEMPT being a decimal number below 2^53")
	ErrCredentialTwice = errors.New("two resume credentials: give one, in Authorization or in Sec-WebSocket-Protocol")
)

// The errors of Sec-WebSocket-Protocol (R1).
var (
	ErrSubprotocolForm   = errors.New("Sec-WebSocket-Protocol is not a list of at most 32 tokens (RFC 7230)")
	ErrSubprotocolsTwice = errors.New("Sec-WebSocket-Protocol offers an entry twice")
)

// CheckSubprotocols returns an error if Sec-WebSocket-Protocol does not have the form of RFC
// 6455, section 4.1. A handshake without it is valid.
func CheckSubprotocols(request *http.Request) error {
	offered, err := offers(request)
	for i, entry := range offered {
		if slices.Contains(offered[:i], entry) {
			return ErrSubprotocolsTwice
		}
	}
	return err
}

// Subprotocol returns the subprotocol that the relay selects (R1): the newest that is offered,
// or "". It is never an entry with a secret.
func Subprotocol(request *http.Request) string {
	offered, _ := offers(request)
	for _, name := range []string{protocol.SubprotocolV1, protocol.SubprotocolBase} {
		if slices.Contains(offered, name) {
			return name
		}
	}
	return ""
}

// Credential returns the resume credential of a handshake that has passed CheckSubprotocols
// (R2). found is false if there is none. It is strict, because a peer whose credential is
// overlooked would silently get a new ID. It is only for connections with intercessor.v1 (R3).
// It does not verify the token.
func Credential(request *http.Request) (attempt uint64, token string, found bool, err error) {
	offered, _ := offers(request)
	var credentials []string
	for _, entry := range offered {
		if credential, ok := strings.CutPrefix(entry, protocol.ResumePrefix); ok {
			credentials = append(credentials, credential)
		}
	}
	credentials = slices.AppendSeq(credentials, bearers(request, true))
	switch len(credentials) {
	case 0:
		return 0, "", false, nil
	case 1:
		attempt, token, err = parseCredential(credentials[0])
		return attempt, token, err == nil, err
	}
	return 0, "", false, ErrCredentialTwice
}

// bearers returns the values of Authorization: Bearer: those with the form of a resume
// credential, or the others, which are access secrets (A2, R2).
func bearers(request *http.Request, credentials bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, authorization := range request.Header.Values("Authorization") {
			// The scheme is compared without case (RFC 7235, section 2.1). Others are ignored.
			scheme, value, _ := strings.Cut(authorization, " ")
			if value = strings.Trim(value, " \t"); strings.EqualFold(scheme, "Bearer") && isCredential(value) == credentials && !yield(value) {
				return
			}
		}
	}
}

// isCredential reports whether a Bearer value has the form of a resume credential: digits and
// exactly one dot. A JSON Web Token has two (RFC 7519).
func isCredential(value string) bool {
	number, rest, dot := strings.Cut(value, ".")
	return dot && number != "" && strings.Trim(number, "0123456789") == "" && !strings.Contains(rest, ".")
}

// parseCredential parses ATTEMPT.TOKEN.
func parseCredential(credential string) (attempt uint64, token string, err error) {
	const maxDigits = 16 // of 2^53 - 1
	number, token, _ := strings.Cut(credential, ".")
	if len(number) == 0 || len(number) > maxDigits || len(number) > 1 && number[0] == '0' ||
		len(token) == 0 || len(token) > resume.MaxText {
		return 0, "", ErrCredentialForm
	}
	attempt, err = strconv.ParseUint(number, 10, 53)
	if err != nil {
		return 0, "", ErrCredentialForm // err quotes what the peer sent (B27)
	}
	return attempt, token, nil
}

// offers returns the entries of all lines of Sec-WebSocket-Protocol that are tokens, in their
// order, and an error if there are other entries. So an entry that is not a token does not hide
// the others from Subprotocol.
func offers(request *http.Request) (entries []string, err error) {
	for _, line := range request.Header.Values("Sec-WebSocket-Protocol") {
		for entry := range strings.SplitSeq(line, ",") {
			entry = strings.Trim(entry, " \t")
			switch {
			case entry == "": // allowed in a list (RFC 7230, section 7)
			case len(entries) == maxOffers:
				return entries, ErrSubprotocolForm
			case !isToken(entry):
				err = ErrSubprotocolForm
			default:
				entries = append(entries, entry)
			}
		}
	}
	return entries, err
}

// isToken reports whether s is a token (RFC 7230, section 3.2.6).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// The errors of an access secret. It then counts as wrong (A2).
var (
	errSecretForm  = errors.New("the access secret is empty, longer than 4,096 bytes, or not unpadded base64url")
	errSecretTwice = errors.New("two access secrets")
)

// Secret returns the access secret of a handshake (A2), or nil.
func Secret(request *http.Request) ([]byte, error) {
	offered, _ := offers(request)
	var secrets [][]byte
	for _, entry := range offered {
		if text, ok := strings.CutPrefix(entry, protocol.AccessPrefix); ok {
			secret, err := base64.RawURLEncoding.Strict().DecodeString(text)
			if err != nil {
				return nil, errSecretForm // err tells the position of a byte
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
