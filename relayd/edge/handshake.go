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

// maxOffers bounds the work that one handshake can ask for.
const maxOffers = 32

// What is wrong with a handshake that presents a credential. Each is answered like a
// refused token (R8): closed with 4504, this the reason.
var (
	ErrCredentialForm  = errors.New("a resume credential is ATTEMPT.TOKEN, ATTEMPT being a decimal number below 2^53")
	ErrCredentialTwice = errors.New("two resume credentials: give one, in Authorization or in Sec-WebSocket-Protocol")
)

// What makes Sec-WebSocket-Protocol that of a broken handshake (R1).
var (
	ErrSubprotocolForm   = errors.New("Sec-WebSocket-Protocol is no list of tokens (RFC 7230), or one of more than 32")
	ErrSubprotocolsTwice = errors.New("Sec-WebSocket-Protocol offers an entry twice")
)

// CheckSubprotocols returns an error if Sec-WebSocket-Protocol has not the form that
// RFC 6455 demands: a handshake without it offers nothing, which is none.
func CheckSubprotocols(request *http.Request) error {
	offered, err := offers(request)
	for i, entry := range offered {
		if slices.Contains(offered[:i], entry) {
			return ErrSubprotocolsTwice
		}
	}
	return err
}

// Subprotocol is the one that the relay selects (R1): the best that is offered by
// its name, or none. It is never an entry that carries a secret.
func Subprotocol(request *http.Request) string {
	offered, _ := offers(request)
	for _, name := range []string{protocol.SubprotocolV1, protocol.SubprotocolBase} {
		if slices.Contains(offered, name) {
			return name
		}
	}
	return ""
}

// Credential takes the resume credential out of a handshake (R2) that CheckSubprotocols
// takes; found is false where there is none. It is strict, because a peer whose credential was overlooked
// would get a new ID in silence. For connections that did not select intercessor.v1
// it is not asked (R3). The token is still to be verified.
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

// bearers gives what the request's Authorization: Bearer says: the resume credentials,
// or the rest, which are access secrets (A2, R2).
func bearers(request *http.Request, credentials bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, authorization := range request.Header.Values("Authorization") {
			// Schemes have no case (RFC 7235, section 2.1); those of others are not ours to judge.
			scheme, value, _ := strings.Cut(authorization, " ")
			if value = strings.Trim(value, " \t"); strings.EqualFold(scheme, "Bearer") && isCredential(value) == credentials && !yield(value) {
				return
			}
		}
	}
}

// isCredential says whether a Bearer value means to be a resume credential: digits,
// one dot, and no second, which a token of the application has (RFC 7519).
func isCredential(value string) bool {
	number, rest, dot := strings.Cut(value, ".")
	return dot && number != "" && strings.Trim(number, "0123456789") == "" && !strings.Contains(rest, ".")
}

// parseCredential takes ATTEMPT.TOKEN apart.
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

// offers gives the entries of Sec-WebSocket-Protocol, of all its lines, in their
// order, and an error where there are others than those: an entry that is no token
// does not hide those beside it from Subprotocol.
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

// isToken says whether s has the form of a token (RFC 7230, section 3.2.6).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

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
