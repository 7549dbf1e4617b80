//go:build !js

package rtc

import "encoding/json"

// ParseICEServers reads an array of RTCIceServer, as a relay names them: each with an
// array of URLs. What has another form, or can never work, is left out.
func ParseICEServers(text []byte) []ICEServer {
	var list []json.RawMessage
	_ = json.Unmarshal(text, &list)
	servers := make([]ICEServer, 0, len(list))
	for _, raw := range list {
		var s ICEServer // encoding/json does not mind the case of letters
		if json.Unmarshal(raw, &s) == nil && s.Check() == nil {
			servers = append(servers, s)
		}
	}
	return servers
}
