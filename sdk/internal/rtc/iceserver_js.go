package rtc

import "syscall/js"

// ParseICEServers reads an array of RTCIceServer, as a relay names them: each with an
// array of URLs. What has another form, or can never work, is left out.
func ParseICEServers(text []byte) []ICEServer {
	list, _ := parse(text)
	servers := make([]ICEServer, 0, list.Length())
	for i := range list.Length() {
		_ = try(func() {
			server := list.Index(i)
			s := ICEServer{Username: textOf(server.Get("username")), Credential: textOf(server.Get("credential"))}
			urls := server.Get("urls")
			for k := range urls.Length() {
				s.URLs = append(s.URLs, textOf(urls.Index(k)))
			}
			if s.Check() == nil {
				servers = append(servers, s)
			}
		})
	}
	return servers
}

func textOf(v js.Value) string {
	if v.Type() != js.TypeString {
		return ""
	}
	return v.String()
}
