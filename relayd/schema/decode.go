package schema

import (
	"bytes"
	"encoding/json"
	"errors"
)

// decode parses one JSON value that the codec has accepted (protocol.Valid), so its
// depth is bounded. It refuses what a schema cannot describe: two members with
// one name, because it is unknown which of them the receiver uses (B38), and
// numbers that cost more to compare than to send.
func decode(text []byte, m *meter) (any, error) {
	tokens := json.NewDecoder(bytes.NewReader(text))
	tokens.UseNumber()
	return decodeNext(tokens, m)
}

var (
	errRepeated = errors.New("an object has a name twice")
	errNumber   = errors.New("a number has more than 64 characters, or an exponent beyond 64")
)

func decodeNext(tokens *json.Decoder, m *meter) (any, error) {
	m.charge(value)
	token, err := tokens.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return decodeObject(tokens, m)
		}
		return decodeArray(tokens, m)
	case json.Number:
		if !fits(token) {
			return nil, errNumber
		}
	case string:
		m.charge(len(token) / reading)
	}
	return token, nil
}

func decodeObject(tokens *json.Decoder, m *meter) (any, error) {
	object := make(map[string]any)
	for tokens.More() {
		token, err := tokens.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the codec has seen that it is one
		m.charge(value + len(name)/reading)
		if _, twice := object[name]; twice {
			return nil, errRepeated
		}
		if object[name], err = decodeNext(tokens, m); err != nil {
			return nil, err
		}
	}
	_, err := tokens.Token()
	return object, err
}

func decodeArray(tokens *json.Decoder, m *meter) (any, error) {
	array := []any{}
	for tokens.More() {
		item, err := decodeNext(tokens, m)
		if err != nil {
			return nil, err
		}
		array = append(array, item)
	}
	_, err := tokens.Token()
	return array, err
}
