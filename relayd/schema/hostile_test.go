package schema_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/schema"
	"github.com/stretchr/testify/require"
)

type hostileCase struct {
	name, schema string
	message      func(bytes int) string
}

// hostile are schemas that a validator has died of, each with a message that hurts.
var hostile = []hostileCase{
	{"the worst that a pattern costs", `{"pattern":"^(a?){60}(b|a){30}c$"}`, text("a")},
	{"a pattern that backtracks elsewhere", `{"pattern":"^(a+)+$"}`, func(n int) string { return `"` + strings.Repeat("a", n-3) + `!"` }},
	{"a pattern for each name", `{"patternProperties":{"(a|b|c)*d":{},"(x+x+)+y":{}}}`, names},
	{"a pattern for each item", `{"items":{"pattern":"(.*)(.*)(.*)z"}}`, list(func(int) string { return `"aaaaaaaaaa"` })},
	{"anyOf that doubles with each level", `{"anyOf":[{"items":{"$ref":"#"},"minItems":1},{"items":{"$ref":"#"},"minItems":1}]}`, nested},
	{"allOf that doubles with each line", branching(14, 2), list(one)},
	{"oneOf of everything", `{"items":{"oneOf":[` + strings.Repeat(`{"type":"string"},`, 200) + `{"type":"integer"}]}}`, list(one)},
	{"not of not", `{"items":` + strings.Repeat(`{"not":`, 25) + `{"type":"integer"}` + strings.Repeat("}", 25) + `}`, list(one)},
	{"an enum for each item", `{"items":{"anyOf":[{"enum":[` + strings.Repeat(`1.5,`, 2000) + `1.5]},{"const":1}]}}`, list(one)},
	{"an enum of objects", `{"items":{"enum":[` + strings.Repeat(`{"a":{"a":2}},`, 1000) + `1]}}`, list(func(int) string { return `{"a":{"a":1}}` })},
	{"unique numbers", `{"uniqueItems":true}`, list(func(i int) string { return fmt.Sprint(i) })},
	{"unique texts", `{"uniqueItems":true}`, list(func(i int) string { return fmt.Sprintf("%q", fmt.Sprint(i)) })},
	{"unique arrays of one hash", `{"uniqueItems":true}`, trees()},
	{"unique in each", `{"uniqueItems":true,"items":{"uniqueItems":true}}`, list(func(i int) string { return fmt.Sprintf("[[%d],[%d],[[]]]", i, i+1) })},
	{"unevaluated names", `{"unevaluatedProperties":false,"anyOf":[` + strings.Repeat(`{"properties":{"x":{}}},`, 200) + `{}]}`, names},
	{"unevaluated items", `{"unevaluatedItems":false,"allOf":[` + strings.Repeat(`{"contains":{}},`, 100) + `{}]}`, list(one)},
	{"names of names", `{"propertyNames":{"anyOf":[` + strings.Repeat(`{"pattern":"^z"},`, 100) + `{}]}}`, names},
	{"a long chain of references", chain(30), list(one)},
	{"a reference that comes back inside", `{"items":{"$ref":"#"},"additionalProperties":{"$ref":"#"}}`, nested},
	{"numbers with large exponents", `{"items":{"multipleOf":0.0001}}`, list(func(int) string { return "1e-64" })},
	{"numbers as long as may be", `{"items":{"type":"integer","minimum":3}}`, list(func(int) string { return "-0." + strings.Repeat("1", 57) + "e60" })},
	{"every format", `{"items":{"anyOf":[{"format":"uri"},{"format":"hostname"},{"format":"email"},{"format":"date-time"},{"format":"json-pointer"}]}}`, list(func(int) string { return `"http:///~~~[::1%25]"` })},
	{"a long uri", `{"format":"uri"}`, text("%41")},
	{"a long hostname", `{"format":"hostname"}`, text("a.")},
	{"a long address", `{"format":"email"}`, text(`a@[`)},
	{"a long pointer", `{"format":"json-pointer"}`, text("/")},
	{"a long duration", `{"format":"duration"}`, text("T")},
	{"all errors at once", `{"items":{"type":"string","minLength":3,"allOf":[{"maxLength":1},{"pattern":"x"}]}}`, list(func(int) string { return `"ab"` })},
	{"many names", `{"additionalProperties":false}`, names},
	{"names that the schema knows", `{"required":["a0","a1"],"dependentRequired":{"a0":["b","c"]},"minProperties":1}`, names},
}

// TestHostile: whatever the schema and the message, an answer comes, and soon. (Five
// milliseconds is what BenchmarkHostile shows; here others may be at work.) Where the
// validator was not stopped, it found out by itself.
func TestHostile(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			set := setOf(t, h.schema)
			message := []byte(h.message(biggest))
			require.NoError(t, protocol.Valid(message))
			answer := make(chan *schema.Refusal, 1)
			go func() { answer <- set.Check([]byte("X"), message, false) }()
			select {
			case r := <-answer:
				require.False(t, r != nil && r.Keyword == schema.Fault, "the library fails")
			case <-time.After(time.Minute):
				t.Fatal("no answer after a minute")
			}
		})
	}
}

// TestBudget: what would take too long is refused, always at the same size, and what only
// looks as if it would is not.
func TestBudget(t *testing.T) {
	for _, name := range []string{
		"the worst that a pattern costs", "anyOf that doubles with each level", "allOf that doubles with each line", "an enum for each item",
		"unique arrays of one hash", "unevaluated names", "names of names", "a long chain of references", "numbers with large exponents",
	} {
		i := slices.IndexFunc(hostile, func(h hostileCase) bool { return h.name == name })
		require.Equal(t, " budget", refused(setOf(t, hostile[i].schema), "X", hostile[i].message(biggest)), name)
	}
	// Few enough to be read, and too many to be compared each with each.
	require.Equal(t, " budget", refused(setOf(t, `{"uniqueItems":true}`), "X", trees()(20000)))
	for schema, message := range map[string]string{
		`{"uniqueItems":true}`: list(func(i int) string { return fmt.Sprintf("%q", fmt.Sprint("item ", i)) })(30000),
		`{"additionalProperties":{"type":"integer"},"propertyNames":{"pattern":"^a"}}`:              names(10000),
		`{"items":{"type":"object","properties":{"a":{"enum":["b","c"]}}}}`:                         list(func(int) string { return `{"a":"b","c":[1,2]}` })(8000),
		`{"$ref":"#/$defs/t","$defs":{"t":{"items":{"anyOf":[{"$ref":"#/$defs/t"},{"const":1}]}}}}`: nested(200),
		`{"type":"string","pattern":"^[A-Za-z0-9+/]*={0,2}$"}`:                                      text("QUJD")(32 << 10),
	} {
		require.Equal(t, "", refused(setOf(t, schema), "X", message), schema)
	}
}

// biggest is the longest message that fits a frame.
const biggest = protocol.MaxMessage - 100

// BenchmarkHostile is what a message of 64 KiB costs at the most, per schema: the longest
// that is still let through to the validator, found by halving, and the whole one.
func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile {
		set := setOf(b, h.schema)
		for _, size := range []int{most(set, h.message), biggest} {
			message := []byte(h.message(size))
			b.Run(fmt.Sprintf("%s/%dB", strings.ReplaceAll(h.name, " ", "-"), len(message)), func(b *testing.B) {
				b.ReportAllocs()
				least := time.Hour // others at work on the machine only add to it
				for b.Loop() {
					begin := time.Now()
					set.Check([]byte("X"), message, false)
					least = min(least, time.Since(begin))
				}
				b.ReportMetric(float64(least)/1e6, "least-ms")
			})
		}
	}
}

// most gives the size of the longest message that does not use up the budget.
func most(set *schema.Set, message func(int) string) int {
	least, beyond := 64, biggest+1
	for beyond-least > 16 {
		middle := (least + beyond) / 2
		if r := set.Check([]byte("X"), []byte(message(middle)), false); r != nil && r.Keyword == schema.Budget {
			beyond = middle
		} else {
			least = middle
		}
	}
	return least
}

// setOf is a set with one schema, for the type X.
func setOf(t testing.TB, text string) *schema.Set {
	t.Helper()
	set, err := schema.New(schema.Options{Folder: folder(t, map[string]string{"X.json": text})})
	require.NoError(t, err, text)
	return set
}

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	path := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(path, name), []byte(text), 0o600))
	}
	return path
}

func one(int) string { return "1" }

func text(unit string) func(int) string {
	return func(n int) string { return `"` + strings.Repeat(unit, (n-2)/len(unit)) + `"` }
}

// list is an array of as many items as fit.
func list(item func(int) string) func(int) string {
	return func(n int) string {
		var out strings.Builder
		out.WriteString("[" + item(0))
		for i := 1; ; i++ {
			next := item(i)
			if out.Len()+len(next)+2 > n {
				return out.String() + "]"
			}
			out.WriteString("," + next)
		}
	}
}

func names(n int) string {
	var out strings.Builder
	out.WriteString(`{"a":1`)
	for i := 0; out.Len()+12 < n; i++ {
		fmt.Fprintf(&out, `,"a%d":1`, i)
	}
	return out.String() + "}"
}

// nested is arrays as deep as the codec lets them be, side by side.
func nested(n int) string {
	const deep = protocol.MaxDepth - 2
	return list(func(int) string { return strings.Repeat("[", deep-1) + "1" + strings.Repeat("]", deep-1) })(n)
}

// trees are arrays of nothing but arrays, all different and of nine brackets, of which the
// library's hash sees only how many there are.
func trees() func(int) string {
	var all []string
	var grow func(text string, open, left int)
	grow = func(text string, open, left int) {
		if left == 0 && open == 0 {
			all = append(all, "["+text+"]")
		}
		if left > 0 {
			grow(text+"[", open+1, left-1)
		}
		if open > 0 {
			grow(text+"]", open-1, left)
		}
	}
	grow("", 0, 9)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "][", "],[")
	}
	return list(func(i int) string { return all[i%len(all)] })
}

// branching is a schema of n lines that the library looks at width^n times.
func branching(n, width int) string {
	out := `{"$ref":"#/$defs/0","$defs":{`
	for i := range n {
		branch := fmt.Sprintf(`,{"$ref":"#/$defs/%d"}`, i+1)
		out += fmt.Sprintf(`"%d":{"allOf":[%s]},`, i, strings.Repeat(branch, width)[1:])
	}
	// Each line is two subschemas at the same value, one within the other.
	return out + fmt.Sprintf(`"%d":{}}}`, n)
}

func chain(n int) string {
	out := `{"items":{"$ref":"#/$defs/0"},"$defs":{`
	for i := range n {
		out += fmt.Sprintf(`"%d":{"$ref":"#/$defs/%d"},`, i, i+1)
	}
	return out + fmt.Sprintf(`"%d":{"type":"integer"}}}`, n)
}
