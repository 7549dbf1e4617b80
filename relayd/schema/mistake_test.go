package schema_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/schema"
	"github.com/stretchr/testify/require"
)

// TestMistakes: each is named with its file and its place, and none is taken.
func TestMistakes(t *testing.T) {
	for text, says := range map[string]string{
		"":                                       "line 1, column 1: unexpected end of JSON input",
		"{\n \"type\": \"object\",\n}":           "line 3, column 1: invalid character '}'",
		"{} {}":                                  "line 1, column 4: invalid character '{'",
		"\"\xff\"":                               "UTF-8",
		strings.Repeat("[", 40):                  "line 1, column",
		`{"const":` + depth(40) + `}`:            "nest",
		`{"type":"objekt"}`:                      "at #/type: not as the draft says",
		`{"properties":{"a":{"minLength":"1"}}}`: "at #/properties/a/minLength: must be a whole number",
		`{"minLength":1e3}`:                      "at #/minLength: must be a whole number from 0 to 2147483648, in digits",
		`{"maxItems":99999999999}`:               "at #/maxItems: must be a whole number",
		`{"minimum":"1"}`:                        "at #/minimum: not as the draft says",
		`{"minimum":1e1000001}`:                  "a number has",
		`{"properties":[]}`:                      "at #/properties: not as the draft says",
		`{"items":[{}]}`:                         "at #/items: not as the draft says",
		`{"allOf":[]}`:                           "at #/allOf: not as the draft says",
		`1`:                                      "at #: not as the draft says",
		`{"type":"object","type":"null"}`:        "an object has a name twice",
		`{"requird":["a"]}`:                      `at #/requird: "requird" is not a keyword`,
		`{"properties":{"a":{"definitions":{}}}}`:                           `at #/properties/a/definitions: "definitions" is not a keyword`,
		`{"contentMediaType":"application/json"}`:                           "is not a keyword that is checked here",
		`{"$dynamicRef":"#a"}`:                                              "is not a keyword that is checked here",
		`{"$dynamicAnchor":"a"}`:                                            "is not a keyword that is checked here",
		`{"$anchor":"a"}`:                                                   "is not a keyword that is checked here",
		`{"$vocabulary":{}}`:                                                "is not a keyword that is checked here",
		`{"items":{"$id":"https://a.example/x"}}`:                           "is not a keyword that is checked here",
		`{"items":{"$schema":"x"}}`:                                         "is not a keyword that is checked here",
		`{"$schema":"http://json-schema.org/draft-07/schema#"}`:             "at #/$schema: only https://json-schema.org/draft/2020-12/schema is taken",
		`{"$schema":"https://evil.example/meta"}`:                           "at #/$schema: only",
		`{"format":"regex"}`:                                                `at #/format: the format "regex" is not checked here`,
		`{"format":1}`:                                                      "at #/format: must be a text",
		`{"pattern":"(?=a)"}`:                                               "at #/pattern: error parsing regexp",
		`{"pattern":"(a)\\1"}`:                                              "at #/pattern: error parsing regexp",
		`{"patternProperties":{"(":{}}}`:                                    "at #/patternProperties: error parsing regexp",
		`{"pattern":"a{1001}"}`:                                             "at #/pattern: error parsing regexp",
		`{"pattern":"(a{30}){33}b{30}"}`:                                    "the pattern is too large",
		`{"$ref":"#/$defs/none"}`:                                           "at #/$ref: there is no schema at #/$defs/none",
		`{"$ref":"#/properties/a/type","properties":{"a":{"type":"null"}}}`: "there is no schema at",
		`{"$ref":"#name"}`:                                                  "must refer to a place in the same file",
		`{"$ref":"other.json"}`:                                             "must refer to a place in the same file",
		`{"$ref":"/etc/passwd"}`:                                            "must refer to a place in the same file",
		`{"$ref":"file:///etc/passwd"}`:                                     "must refer to a place in the same file",
		`{"$ref":"http://127.0.0.1/x"}`:                                     "must refer to a place in the same file",
		`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`:           "must refer to a place in the same file",
		`{"$ref":"#"}`:                                                      "refers to itself at the same value, without end",
		`{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}}`: "without end",
		chain(40): "more than 32 subschemas of subschemas",
		`{"items":{"anyOf":[` + strings.Repeat("{},", 499) + `{}]}}`: "more than 500 subschemas",
		`{"properties":{"` + strings.Repeat("a", 300) + `":{}}}`:     "more than 256 bytes",
		`{"description":"` + strings.Repeat("a", 64<<10) + `"}`:      "longer than 65536 bytes",
	} {
		files := folder(t, map[string]string{"good.json": "{}", "bad.json": text})
		set, err := schema.New(schema.Options{Folder: files})
		require.Error(t, err, text)
		require.Nil(t, set)
		for line := range strings.Lines(err.Error()) {
			require.True(t, strings.HasPrefix(line, filepath.Join(files, "bad.json")+": "), line)
		}
		require.ErrorContains(t, err, says, text)
	}
}

func depth(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestAllMistakesOfAFileAtOnce(t *testing.T) {
	files := folder(t, map[string]string{"a.json": `{"requird":1,"format":"x","items":{"pattern":"("}}`, "b.json": `{"x":1}`})
	_, err := schema.New(schema.Options{Folder: files})
	require.Len(t, strings.Split(err.Error(), "\n"), 4)
}

func TestFolderMistakes(t *testing.T) {
	for name, says := range map[string]string{
		"OFFER.jsn":       "a schema is named after its type",
		"HELLO.json":      "HELLO.json: ",
		"LINK_OPEN.json":  "LINK_OPEN.json: ",
		"RELAY_KICK.json": "RELAY_KICK.json: ",
		"a b.json":        "a b.json: ",
		".json":           "", // hidden
	} {
		_, err := schema.New(schema.Options{Folder: folder(t, map[string]string{name: "{}"})})
		if says == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, says)
	}
	_, err := schema.New(schema.Options{Folder: filepath.Join(t.TempDir(), "none")})
	require.ErrorIs(t, err, os.ErrNotExist)
	path := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(path, "X.json"), 0o700))
	_, err = schema.New(schema.Options{Folder: path})
	require.ErrorContains(t, err, "no regular file")
	many := map[string]string{}
	for i := range 257 {
		many[fmt.Sprintf("t%d.json", i)] = "{}"
	}
	_, err = schema.New(schema.Options{Folder: folder(t, many)})
	require.ErrorContains(t, err, "more than 256 files")
	large := map[string]string{}
	for i := range 11 {
		large[fmt.Sprintf("t%d.json", i)] = `{"anyOf":[` + strings.Repeat("{},", 480) + `{}]}`
	}
	_, err = schema.New(schema.Options{Folder: folder(t, large)})
	require.ErrorContains(t, err, "more than 5000 subschemas in all files")
}

// TestNothingIsTakenFromElsewhere: not even by the library itself, which would read a
// file that a reference names.
func TestNothingIsTakenFromElsewhere(t *testing.T) {
	readable := filepath.Join(folder(t, map[string]string{"secret.json": `{"type":"null"}`}), "secret.json")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	for _, ref := range []string{"file://" + readable, "http://" + listener.Addr().String() + "/x", "urn:x"} {
		for _, keyword := range []string{"$ref", "$dynamicRef", "$schema"} {
			require.ErrorContains(t, schema.CompileUnwalked(map[string]any{keyword: ref}), schema.ErrElsewhere.Error(), "%s %s", keyword, ref)
		}
	}
	for _, ref := range []string{readable, "secret.json", "file://" + readable, "urn:schema"} {
		_, err := schema.New(schema.Options{Folder: folder(t, map[string]string{"X.json": `{"$ref":"` + ref + `"}`})})
		require.ErrorContains(t, err, "must refer to a place in the same file")
	}
}
