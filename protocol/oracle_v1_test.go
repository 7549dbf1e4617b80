package protocol_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sebas642/intercessor/protocol"
)

// What the bodies of the relay's messages and of requests must be, in tables: a
// form for each field.

// form reports whether a value is of a form, and its meaning.
type form func(raw jsontext.Value) (any, bool)

func idOf(raw jsontext.Value) (any, bool) {
	s, ok := textOf(raw)
	return s, ok && idForm.MatchString(s.(string))
}

func peerOf(raw jsontext.Value) (any, bool) {
	s, ok := idOf(raw)
	return s, ok && s != "0"
}

func textOf(raw jsontext.Value) (any, bool) {
	var s *string
	if json.Unmarshal(raw, &s) != nil || s == nil {
		return "", false
	}
	return *s, true
}

func tokenOf(raw jsontext.Value) (any, bool) {
	s, ok := textOf(raw)
	return s, ok && regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(s.(string))
}

func numberOf(raw jsontext.Value) (any, bool) {
	n, err := strconv.ParseUint(string(raw), 10, 53)
	return n, err == nil && strconv.FormatUint(n, 10) == string(raw)
}

func boolOf(raw jsontext.Value) (any, bool) {
	return string(raw) == "true", string(raw) == "true" || string(raw) == "false"
}

func orderOf(raw jsontext.Value) (any, bool) {
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil || len(parts) != 3 {
		return nil, false
	}
	var n [3]uint64
	for i, part := range parts {
		v, ok := numberOf(jsontext.Value(part))
		if !ok {
			return nil, false
		}
		n[i] = v.(uint64)
	}
	return protocol.Order{Generation: n[0], Attempt: n[1], Random: n[2]}, true
}

func anyOf(raw jsontext.Value) (any, bool)    { return string(raw), true }
func arrayOf(raw jsontext.Value) (any, bool)  { return string(raw), raw[0] == '[' }
func objectOf(raw jsontext.Value) (any, bool) { return string(raw), raw[0] == '{' }

var (
	presenceForms = map[string]form{"id": peerOf, "order": orderOf, "protocol": textOf, "window": numberOf, "reason": textOf}
	helloForms    = map[string]form{"id": peerOf, "serverInfo": anyOf, "room": peerOf}
	helloV1Forms  = map[string]form{
		"serverOrder": orderOf,
		"resume":      tokenOf, "window": numberOf, "resumed": boolOf, "server": textOf, "limits": objectOf, "features": arrayOf,
		"iceServers": arrayOf, "iceExpiresIn": numberOf, "instance": tokenOf,
	}
	limitForms = map[string]form{"message": numberOf, "delivery": numberOf, "outbox": numberOf, "rate": numberOf, "streamRate": numberOf, "streams": boolOf}
)

// wantBody gives the meaning of an object's fields, and the codes of which one is to
// be taken, none if all is right. The lowest is, within one object.
func wantBody(body []byte, forms map[string]form, must ...string) (fields map[string]any, codes []protocol.Code) {
	if code := wantText(body, true); code != 0 {
		return nil, []protocol.Code{code}
	}
	raw, repeated := topLevel(body)
	for name := range forms {
		if repeated[name] {
			return nil, []protocol.Code{protocol.CodeRepeatedField}
		}
	}
	for _, name := range must {
		if raw[name] == nil {
			return nil, []protocol.Code{protocol.CodeMissingField}
		}
	}
	fields = map[string]any{}
	for name, form := range forms {
		if raw[name] == nil {
			continue
		}
		value, ok := form(raw[name])
		if !ok {
			return nil, []protocol.Code{protocol.CodeInvalidField}
		}
		fields[name] = value
	}
	return fields, nil
}

// wantHello is three objects: that of base, that of v1 where there is a token, and
// the limits in it.
func wantHello(body []byte) (fields map[string]any, codes []protocol.Code) {
	fields, codes = wantBody(body, helloForms, "id")
	if codes != nil {
		return nil, codes
	}
	if raw, _ := topLevel(body); raw["resume"] == nil {
		return fields, nil
	}
	v1, codes := wantBody(body, helloV1Forms)
	if slices.Equal(codes, []protocol.Code{protocol.CodeRepeatedField}) {
		return nil, codes
	}
	if raw, _ := topLevel(body); raw["limits"] != nil && raw["limits"][0] == '{' {
		limits, more := wantBody(raw["limits"], limitForms)
		codes = append(codes, more...)
		maps.Copy(fields, limits)
	}
	maps.Copy(fields, v1)
	return fields, codes
}

// wantRequest is D7.
func wantRequest(typ string, body []byte) (number uint64, field any, wrong string) {
	known := map[string]struct {
		name string
		form form
	}{
		"RELAY_KICK": {"id", idOf}, "RELAY_DOOR": {"closed", boolOf}, "RELAY_OUTCOME": {"outcome", textOf},
		"RELAY_INFO": {"serverInfo", func(raw jsontext.Value) (any, bool) { return string(raw), len(raw) <= 4096 }},
	}
	request, isKnown := known[typ]
	wrong = "invalid"
	if !isKnown {
		wrong = "unknown"
	}
	if wantText(body, true) != 0 {
		return 0, nil, wrong
	}
	raw, repeated := topLevel(body)
	n, ok := numberOf(raw["request"])
	if raw["request"] == nil || repeated["request"] || !ok {
		return 0, nil, wrong
	}
	number = n.(uint64)
	if !isKnown || raw[request.name] == nil || repeated[request.name] {
		return number, nil, wrong
	}
	field, ok = request.form(raw[request.name])
	if !ok {
		return number, nil, wrong
	}
	if typ == "RELAY_OUTCOME" {
		return wantOutcome(number, field.(string), raw, repeated)
	}
	if typ == "RELAY_KICK" {
		return wantKick(number, field.(string), raw, repeated)
	}
	return number, field, ""
}

// wantOutcome is D12.
func wantOutcome(number uint64, outcome string, raw map[string]jsontext.Value, repeated map[string]bool) (uint64, any, string) {
	path := protocol.PathOutcome{Outcome: outcome}
	ok := slices.Contains([]string{"direct", "turn", "relay", "failed"}, outcome)
	for name, to := range map[string]*string{"local": &path.Local, "remote": &path.Remote} {
		if raw[name] != nil {
			text, is := textOf(raw[name])
			ok = ok && is && slices.Contains([]string{"host", "srflx", "prflx", "relay"}, text.(string))
			*to, _ = text.(string)
		}
		ok = ok && !repeated[name]
	}
	if raw["ms"] != nil {
		n, is := numberOf(raw["ms"])
		ok = ok && is
		path.Milliseconds, _ = n.(uint64)
	}
	if !ok || repeated["ms"] {
		return number, nil, "invalid"
	}
	return number, protocol.Request{Number: number, Path: &path}, ""
}

// wantKick is the rest of RELAY_KICK, of which nothing but the ID must be there.
func wantKick(number uint64, id string, raw map[string]jsontext.Value, repeated map[string]bool) (uint64, any, string) {
	kick := protocol.Request{Number: number, ID: protocol.ID(id)}
	for name, put := range map[string]func(jsontext.Value) bool{
		"for": func(v jsontext.Value) bool {
			n, ok := numberOf(v)
			if ok {
				kick.For = n.(uint64)
			}
			return kick.For > 0
		},
		"by": func(v jsontext.Value) bool {
			by, ok := textOf(v)
			if ok {
				kick.By = by.(string)
			}
			return kick.By == "source" || kick.By == "subject"
		},
		"mark": func(v jsontext.Value) bool {
			mark, ok := tokenOf(v)
			if ok {
				kick.Mark = mark.(string)
			}
			return ok && len(kick.Mark) <= 64
		},
	} {
		if repeated[name] || raw[name] != nil && !put(raw[name]) {
			return number, nil, "invalid"
		}
	}
	if kick.Mark != "" && kick.By == "" {
		return number, nil, "invalid"
	}
	return number, kick, ""
}
