package protocol_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sebas642/intercessor/protocol"
)

// The oracle says what PROTOCOL.md asks for, by means of other people's parsers
// and in the plainest way.

// wantText is B37: 0 if text is one JSON value, or one object.
func wantText(text []byte, object bool) protocol.Code {
	whole := wellFormed(text)
	atEnd := protocol.CodeMalformed // what it means that the well-formed part is too short
	if len(whole) < len(text) {
		atEnd = protocol.CodeInvalidText
	}
	if first := bytes.TrimLeft(whole, space); object && len(first) > 0 && first[0] != '{' {
		return protocol.CodeMalformed
	}
	d := decoder(whole)
	for {
		// Asked for a token, the decoder reads on to its end before it says that no
		// name can begin so.
		if inside, n := d.StackIndex(d.StackDepth()); inside == '{' && n%2 == 0 {
			if kind := d.PeekKind(); kind != '"' && kind != '}' && kind != 0 {
				return protocol.CodeMalformed
			}
		}
		_, err := d.ReadToken()
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			return atEnd
		case err != nil:
			return protocol.CodeMalformed
		case d.StackDepth() > protocol.MaxDepth:
			return protocol.CodeInvalidText
		case d.StackDepth() > 0:
			continue
		}
		if rest := bytes.TrimLeft(whole[d.InputOffset():], space); len(rest) > 0 {
			return protocol.CodeMalformed
		}
		if len(whole) < len(text) {
			return protocol.CodeInvalidText
		}
		return 0
	}
}

const space = " \t\r\n"

// wellFormed returns text up to where it stops to be UTF-8.
func wellFormed(text []byte) []byte {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return text[:i]
		}
		i += n
	}
	return text
}

func decoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewReader(text),
		jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true)) // half a surrogate pair as an escape; real UTF-8 is checked apart
}

var (
	idForm       = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	typeForm     = regexp.MustCompile(`^[!-~]{1,64}$`)
	reservedForm = regexp.MustCompile(`^(HELLO$|PEER_|RELAY_|LINK_)`)
)

// wantEnvelope is B37 and B39. It returns the decoded fields and the raw message.
func wantEnvelope(frame []byte) (fields map[string]string, code protocol.Code) {
	fields, code = wantFields(frame, false)
	if code == 0 && reservedForm.MatchString(fields["type"]) {
		return nil, protocol.CodeReservedType
	}
	return fields, code
}

// wantEnvelopeV1 is D4 and D5.
func wantEnvelopeV1(frame []byte) (fields map[string]string, code protocol.Code) {
	fields, code = wantFields(frame, true)
	toRelay := fields["to"] == "0"
	switch typ := fields["type"]; {
	case code != 0:
		return nil, code
	case toRelay && strings.HasPrefix(typ, "RELAY_"), !toRelay && strings.HasPrefix(typ, "LINK_"):
		return fields, 0
	case reservedForm.MatchString(typ):
		return nil, protocol.CodeReservedType
	}
	return fields, 0
}

// wantFields is B37 and B39 without 4514, and D4 if there may be a link.
func wantFields(frame []byte, mayLink bool) (fields map[string]string, code protocol.Code) {
	if code := wantText(frame, true); code != 0 {
		return nil, code
	}
	raw, repeated := topLevel(frame)
	if repeated["to"] || repeated["type"] || repeated["message"] || repeated["from"] || mayLink && repeated["link"] {
		return nil, protocol.CodeRepeatedField
	}
	for _, name := range []string{"to", "type", "message"} {
		if raw[name] == nil {
			return nil, protocol.CodeMissingField
		}
	}
	fields = map[string]string{"message": string(raw["message"])}
	for name, form := range map[string]*regexp.Regexp{"to": idForm, "type": typeForm, "from": idForm} {
		if raw[name] == nil {
			continue // from
		}
		var s *string
		if err := json.Unmarshal(raw[name], &s); err != nil || s == nil || !form.MatchString(*s) {
			return nil, protocol.CodeInvalidField
		}
		fields[name] = *s
	}
	if link := raw["link"]; mayLink && link != nil {
		if link[0] != '{' || len(link) > 1024 {
			return nil, protocol.CodeInvalidField
		}
		fields["link"] = string(link)
	}
	return fields, 0
}

// topLevel returns the members of one object, which the caller knows to be right.
func topLevel(object []byte) (raw map[string]jsontext.Value, repeated map[string]bool) {
	raw, repeated = map[string]jsontext.Value{}, map[string]bool{}
	d := decoder(object)
	if _, err := d.ReadToken(); err != nil {
		panic(err)
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			panic(err)
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			panic(err)
		}
		repeated[name] = raw[name] != nil
		raw[name] = value.Clone()
	}
	return raw, repeated
}
