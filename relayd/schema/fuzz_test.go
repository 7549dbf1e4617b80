package schema_test

import (
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/schema"
	"github.com/stretchr/testify/require"
)

// FuzzCheck: no message that the codec lets pass makes the validator panic or fail,
// whichever schema it is held against, and twice it says the same.
func FuzzCheck(f *testing.F) {
	sets := []*schema.Set{}
	for _, h := range hostile {
		sets = append(sets, setOf(f, h.schema))
		if text := h.message(200); len(text) < 1000 {
			f.Add(text)
		}
	}
	builtin, err := schema.New(schema.Options{Builtin: true})
	require.NoError(f, err)
	for _, m := range traffic(f) {
		f.Add(m.message)
	}
	for _, text := range []string{`1e1000001`, `-0`, `{"a":1,"a":2}`, `"\ud800"`, `{"\ud800":1,"\ud801":2}`, `[[1,[2]],[[1],2]]`, "[1.0,1,10e-1]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if protocol.Valid([]byte(text)) != nil {
			return
		}
		for _, typ := range []string{"OFFER", "ANSWER", "CANDIDATE", "NEGOTIATE", "BYE"} {
			require.NotContains(t, refused(builtin, typ, text), schema.Fault)
		}
		for i, set := range sets {
			first := refused(set, "X", text)
			require.NotContains(t, first, schema.Fault, hostile[i].schema)
			require.Equal(t, first, refused(set, "X", text), hostile[i].schema)
		}
	})
}

// FuzzSchema: no file makes the library panic at the start, nor look elsewhere; one
// that is taken gives an answer, and soon: some would take years without the budget.
func FuzzSchema(f *testing.F) {
	for _, h := range hostile {
		if len(h.schema) < 1000 {
			f.Add(h.schema)
		}
	}
	for _, text := range []string{`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#"}}}`, `{"$ref":"#/%24defs/a~1b","$defs":{"a/b":true}}`, `{"$id":"https://a.example/","items":{"$ref":"#"}}`,
		`{"$id":5,"$schema":5}`, `{"type":["null",1]}`, `{"properties":{"":{"":1}}}`, `{"multipleOf":0}`, `{"format":"date","pattern":"(?i)\\pL"}`, `{"uniqueItems":1}`} {
		f.Add(text)
	}
	f.Add(branching(14, 20))
	f.Fuzz(func(t *testing.T, text string) {
		set, err := schema.New(schema.Options{Folder: folder(t, map[string]string{"X.json": text})})
		if err != nil {
			require.NotContains(t, err.Error(), schema.ErrElsewhere.Error())
			return
		}
		for _, message := range []string{`{"a":[1,"x",null],"b":{}}`, `[[1,2],[2,1],"x",1.5]`, `"text"`, `17`, `null`} {
			answer := make(chan string, 1)
			go func() { answer <- refused(set, "X", message) }()
			select {
			case said := <-answer:
				require.NotContains(t, said, schema.Fault, text)
			case <-time.After(time.Minute):
				t.Fatal("no answer after a minute")
			}
		}
	})
}
