package rtc

import "syscall/js"

// ParseICEServers reads an array of RTCIceServer, each with an array of URLs, as a relay
// sends it. It leaves out entries of another form and servers that can never work. An empty
// text yields none.
func ParseICEServers(text []byte) []ICEServer {
	list, err := parse(text)
	if err != nil || !isArray(list) {
		return nil
	}
	servers := make([]ICEServer, 0, list.Length())
	for i := range list.Length() {
		server := list.Index(i)
		if server.Type() != js.TypeObject {
			continue
		}
		s := ICEServer{Username: textOf(server.Get("username")), Credential: textOf(server.Get("credential"))}
		if urls := server.Get("urls"); isArray(urls) {
			for k := range urls.Length() {
				s.URLs = append(s.URLs, textOf(urls.Index(k)))
			}
		}
		if s.Check() == nil {
			servers = append(servers, s)
		}
	}
	return servers
}

func textOf(v js.Value) string {
	if v.Type() != js.TypeString {
		return ""
	}
	return v.String()
}

func isArray(v js.Value) bool { return js.Global().Get("Array").Call("isArray", v).Bool() }
