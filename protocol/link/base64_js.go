package link

import "encoding/base64"

// What is faster on native would make the WebAssembly two kilobytes larger.

func appendBase64(dst, data []byte) []byte { return base64.StdEncoding.AppendEncode(dst, data) }

func decodeBase64(text []byte) ([]byte, error) {
	return base64.StdEncoding.Strict().AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(text))), text)
}
