package schema_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/sebas642/intercessor/relayd/schema"
	"github.com/stretchr/testify/require"
)

// refused is what Check says of a message, as "path keyword"; "" is nothing.
func refused(set *schema.Set, typ, message string) string {
	r := set.Check([]byte(typ), []byte(message), false)
	if r == nil {
		return ""
	}
	return r.Path + " " + r.Keyword
}

// TestRefusals: each keyword, where it stands, and never a word of the message, in
// which every name and every value is a canary.
func TestRefusals(t *testing.T) {
	const canary = "canary"
	for _, c := range []struct{ schema, message, refused string }{
		{`{"type":"object"}`, `"canary"`, " type"},
		{`true`, `{"canary":1}`, ""},
		{`false`, `"canary"`, " false"},
		{`{}`, `"canary"`, ""},
		{`{"const":"a"}`, `"canary"`, " const"},
		{`{"enum":["a",1]}`, `{"canary":1}`, " enum"},
		{`{"properties":{"a/b~c d%":{"type":"null"}}}`, `{"a/b~c d%":"canary"}`, "/properties/a~1b~0c d% type"},
		{`{"additionalProperties":false}`, `{"canary":1}`, " additionalProperties"},
		{`{"additionalProperties":{"type":"null"}}`, `{"canary":1}`, "/additionalProperties type"},
		{`{"patternProperties":{"^can":false}}`, `{"canary":1}`, "/patternProperties/^can false"},
		{`{"propertyNames":{"maxLength":1}}`, `{"canary":1}`, "/propertyNames propertyNames"},
		{`{"propertyNames":false}`, `{"canary":1}`, "/propertyNames propertyNames"},
		{`{"unevaluatedProperties":false}`, `{"canary":1}`, "/unevaluatedProperties false"},
		{`{"unevaluatedItems":{"type":"null"}}`, `["canary"]`, "/unevaluatedItems type"},
		{`{"required":["b","a"]}`, `{"canary":1}`, " required"},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":"canary"}`, " dependentRequired"},
		{`{"dependentSchemas":{"a":{"required":["b"]}}}`, `{"a":"canary"}`, "/dependentSchemas/a required"},
		{`{"minProperties":2}`, `{"canary":1}`, " minProperties"},
		{`{"maxProperties":0}`, `{"canary":1}`, " maxProperties"},
		{`{"items":{"type":"null"}}`, `["canary"]`, "/items type"},
		{`{"prefixItems":[true,{"type":"null"}]}`, `[1,"canary"]`, "/prefixItems/1 type"},
		{`{"contains":{"type":"null"}}`, `["canary"]`, " contains"},
		{`{"contains":{},"maxContains":1}`, `["canary","canary"]`, " maxContains"},
		{`{"contains":{},"minContains":2}`, `["canary"]`, " minContains"},
		{`{"minItems":2}`, `["canary"]`, " minItems"},
		{`{"maxItems":0}`, `["canary"]`, " maxItems"},
		{`{"uniqueItems":true}`, `["canary","canary"]`, " uniqueItems"},
		{`{"minLength":7}`, `"canary"`, " minLength"},
		{`{"maxLength":5}`, `"canary"`, " maxLength"},
		{`{"pattern":"^x"}`, `"canary"`, " pattern"},
		{`{"format":"uuid"}`, `"canary"`, " format"},
		{`{"format":"date"}`, `"2026-02-28"`, ""},
		{`{"minimum":3}`, `2`, " minimum"},
		{`{"maximum":1}`, `2`, " maximum"},
		{`{"exclusiveMinimum":2}`, `2`, " exclusiveMinimum"},
		{`{"exclusiveMaximum":2}`, `2`, " exclusiveMaximum"},
		{`{"multipleOf":0.1}`, `0.35`, " multipleOf"},
		{`{"multipleOf":0.1}`, `0.3`, ""},
		{`{"allOf":[{},{"type":"null"}]}`, `"canary"`, "/allOf/1 type"},
		{`{"anyOf":[{"type":"null"},{"const":1}]}`, `"canary"`, " anyOf"},
		{`{"oneOf":[{},{"minLength":1}]}`, `"canary"`, " oneOf"},
		{`{"not":{"type":"string"}}`, `"canary"`, " not"},
		{`{"if":{"type":"string"},"then":false}`, `"canary"`, "/then false"},
		{`{"if":{"type":"null"},"else":{"minLength":9}}`, `"canary"`, "/else minLength"},
		{`{"$ref":"#/$defs/a","$defs":{"a":{"type":"null"}}}`, `"canary"`, "/$defs/a type"},
		{`{"$ref":"#/$defs/a%20b","$defs":{"a b":{"type":"null"}}}`, `"canary"`, "/$defs/a b type"},
		{`{"properties":{"next":{"$ref":"#"}},"required":["v"]}`, `{"v":1,"next":{"v":1,"next":{"canary":1}}}`, " required"},
		{`{"properties":{"b":{"type":"null"},"a":{"type":"null"}}}`, `{"b":"canary","a":"canary"}`, "/properties/a type"}, // always the same
		{`{"type":"object"}`, `{"canary":1,"canary":2}`, " repeated"},
		{`{"type":"object"}`, `{"a":{"canary":1,"\u0063anary":1}}`, " repeated"},
		{`{"maximum":1}`, `1e65`, " number"},
		{`{"maximum":1}`, `1e-99999999999999999999`, " number"},
		{`{"maximum":1}`, `0.` + strings.Repeat("0", 63), " number"},
		{`{"minimum":1}`, `1E+64`, ""},
	} {
		set := setOf(t, c.schema)
		for range 5 { // maps have no order
			got := refused(set, "X", c.message)
			require.Equal(t, c.refused, got, "%s of %s", c.schema, c.message)
			require.NotContains(t, got, canary)
		}
	}
}

func TestTypesWithoutASchema(t *testing.T) {
	files := folder(t, map[string]string{"a.json": `{"type":"null"}`, ".hidden": "", "x!y.json": "false"})
	for _, refuse := range []bool{false, true} {
		set, err := schema.New(schema.Options{Folder: files, RefuseUnknown: refuse, MaxMessage: 4})
		require.NoError(t, err)
		require.Equal(t, map[bool]string{false: "", true: " unknown"}[refuse], refused(set, "b", "1"))
		require.Equal(t, map[bool]string{false: "", true: " unknown"}[refuse], refused(set, "A", "1"), "case matters")
		require.Equal(t, "", refused(set, "a", "null"))
		require.Equal(t, " type", refused(set, "a", "1234"), "one at the limit")
		require.Equal(t, " size", refused(set, "a", "12345"))
		require.Equal(t, " false", refused(set, "x!y", "1"))
		require.Equal(t, &schema.Refusal{Keyword: schema.Parts}, set.Check([]byte("a"), []byte("null"), true))
		require.Equal(t, !refuse, set.Check([]byte("b"), []byte("null"), true) == nil, "what is not looked at may come in parts")
	}
}

// TestManyAtOnce: the meters are not shared.
func TestManyAtOnce(t *testing.T) {
	set := setOf(t, `{"items":{"type":"integer"}}`)
	good, dear := list(one)(2000), nested(60000)
	require.Equal(t, "", refused(set, "X", good))
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 10 {
				if r := refused(set, "X", good); r != "" {
					t.Errorf("a good message is refused: %s", r)
				}
				refused(set, "X", dear)
			}
		})
	}
	all.Wait()
}
