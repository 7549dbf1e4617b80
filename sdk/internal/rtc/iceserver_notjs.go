//go:build !js

package rtc

import "encoding/json"

// ParseICEServers reads an array of RTCIceServer, each with an array of URLs, as a relay
// sends it. It leaves out entries of another form and servers that can never work.
func ParseICEServers(text []byte) []ICEServer {
	var list []json.RawMessage
	_ = json.Unmarshal(text, &list)
	servers := make([]ICEServer, 0, len(list))
	for _, raw := range list {
		var s ICEServer // encoding/json ignores the case of field names
		if json.Unmarshal(raw, &s) == nil && s.Check() == nil {
			servers = append(servers, s)
		}
	}
	return servers
}
