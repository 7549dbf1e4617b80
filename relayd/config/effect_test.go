package config_test

import (
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

const turnOn = "[turn]\nenabled = true\n"

// TestValuesWithoutEffect: what could never match, or never take effect, is refused by a
// sentence that says what to write.
func TestValuesWithoutEffect(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for text, says := range map[string]string{
		"origins = ['*']":                                                           "name each page that may connect, as https://example.com or https://*.example.com",
		"origins = ['null']":                                                        "all have the origin null",
		"origins = ['file://']":                                                     "all have the origin null",
		"origins = ['app.example']":                                                 "write it as https://example.com",
		"origins = ['localhost:3000']":                                              "write it as https://example.com or http://localhost:3000",
		"origins = ['https://']":                                                    "write it as https://example.com",
		"origins = ['https:/app.example']":                                          "write it as https://example.com",
		"origins = ['https://app.example/']":                                        `leave out "/", and write it as https://app.example`,
		"origins = ['https://app.example/page']":                                    `leave out "/page", and write it as https://app.example`,
		"origins = ['https://app.example?a']":                                       `leave out "?a"`,
		"origins = ['https://app.example#a']":                                       `leave out "#a"`,
		"origins = ['https://ada@app.example']":                                     "leave out what stands before the @",
		"origins = ['wss://app.example']":                                           "write the page's address, as https://app.example",
		"origins = ['ws://localhost:3000']":                                         "write the page's address, as http://localhost:3000",
		"origins = ['htps://app.example']":                                          "begins with http://, https:// or the scheme of an app",
		"origins = ['ftp://app.example']":                                           "begins with http://, https:// or the scheme of an app",
		"origins = ['https://app.example:']":                                        `has the port "", and must have one from 1 to 65535`,
		"origins = ['https://app.example:0']":                                       `has the port "0"`,
		"origins = ['https://app.example:65536']":                                   `has the port "65536"`,
		"origins = ['https://a.*.example']":                                         "a * can only stand for the left-most label, as in *.example.org",
		"origins = ['https://a*.app.example']":                                      "a * can only stand for the left-most label",
		"origins = ['https://*.*.app.example']":                                     "a * can only stand for the left-most label",
		"origins = ['https://*']":                                                   "a * can only stand for the left-most label",
		"origins = ['https://*.example']":                                           "a * needs a domain of two labels behind it, as in *.example.org",
		"origins = ['https://*.192.0.2.1']":                                         "a host is a name as relay.example.org",
		"origins = ['capacitor://*.app']":                                           "without * and spaces",
		"origins = ['capacitor://localhost/a']":                                     `leave out "/a", and write it as capacitor://localhost`,
		"origins = ['https://app.example.']":                                        "leave out the dot at its end",
		"origins = ['https://app..example']":                                        "a host is a name as relay.example.org",
		"origins = ['https://app_ä .example']":                                      "this international name cannot be one",
		"origins = ['http://127.1']":                                                "a host is a name as relay.example.org or *.example.org, or an address",
		"origins = ['http://192.000.002.001']":                                      "a host is a name as",
		"origins = ['http://[::1']":                                                 "an IPv6 address is written as [2001:db8::1]",
		"origins = ['http://[fe80::1%eth0]']":                                       "an IPv6 address is written as [2001:db8::1]",
		"origins = [' https://app.example']":                                        "must have no white space around it",
		"hosts = ['https://relay.example']":                                         "a host is a name as relay.example.org",
		"hosts = ['relay.example:443']":                                             "a host is a name as relay.example.org",
		"hosts = ['relay.example/page']":                                            "a host is a name as relay.example.org",
		"hosts = ['2001:db8::1']":                                                   "an IPv6 address is written in brackets: [2001:db8::1]",
		"hosts = ['*']":                                                             "a * can only stand for the left-most label",
		"hosts = ['*.example']":                                                     "a * needs a domain of two labels behind it",
		"hosts = ['']":                                                              "has an empty entry",
		"listen = ' :8000'":                                                         "must have no white space around it",
		"listen = '127.0.0.1'":                                                      "must be an address with a port",
		"listen = 'http://127.0.0.1:8000'":                                          "must be an address with a port",
		"key_files = ['one', 'one']":                                                "names one file twice",
		"server_info = '{'":                                                         "server_info",
		"[tls]\nmin_version = '1.3'":                                                "is for a relay with TLS: set tls.cert_file, tls.self_signed or tls.acme.hosts",
		"[tls]\nplain_listen = ':80'":                                               "has nowhere to redirect to without TLS",
		"listen = ':443'\n[tls]\nself_signed = true\nplain_listen = ':443'":         "is the address of listen: give it another port",
		"listen = ':9090'\n[admin]\nlisten = ':9090'\ntoken_file = 'f'":             "is the address of listen: give it another port",
		"[tls.acme]\nemail = 'a@example.org'":                                       "is for the ACME server, which is asked only where tls.acme.hosts is set",
		"[tls.acme]\nca_file = 'ca.pem'":                                            "is for the ACME server, which is asked only where tls.acme.hosts is set",
		"[tls.acme]\ndirectory_url = 'https://ca.example/dir'":                      "is for the ACME server, which is asked only where tls.acme.hosts is set",
		"[tls.acme]\nhosts = ['relay.example.org']\nemail = 'mailto:a@example.org'": "must be an address of electronic mail, as admin@example.org",
		"[tls.acme]\nhosts = ['Relay.example.org']":                                 "in lower case",
		"[tls.acme]\nhosts = ['*.example.org']":                                     "without a port or a wildcard",
		"[tls.acme]\nhosts = ['192.0.2.1']":                                         "is not a host to get a certificate for",
		"[tls.acme]\nhosts = ['bücher.example']":                                    "international names in punycode, such as xn--bcher-kva.example",
		"[tls.acme]\nhosts = ['a.example', 'a.example']":                            "is listed twice",
		"[proxy]\nprotocol = 'forwarded'":                                           "is read from trusted proxies alone: name them in proxy.trusted",
		"[proxy]\ntrusted = ['10.0.0.1/8']":                                         "write it as 10.0.0.0/8",
		"[proxy]\ntrusted = ['10.0.0.1:80']":                                        "is no address of a proxy",
		"[proxy]\ntrusted = ['proxy.example']":                                      "is no address of a proxy",
		"[proxy]\ntrusted = ['::ffff:10.0.0.1']":                                    "write it as IPv4",
		"[proxy]\ntrusted = ['0.0.0.0/0']":                                          "trusts everybody",
		"[proxy]\ntrusted = ['0.0.0.0']":                                            "no connection comes from there",
		"[proxy]\ntrusted = ['::']":                                                 "no connection comes from there",
		"[proxy]\ntrusted = ['224.0.0.0/4']":                                        "no connection comes from there",
		"[access]\njwt_issuer = 'app'":                                              "needs the keys of tokens",
		"[access]\njwt_audience = 'relay'":                                          "needs the keys of tokens",
		"[access]\njwt_issuer = 'app '":                                             "must have no white space around it",
		"[access]\nauthorize_url = 'https://:443/a'":                                "must be an address, as https://backend.example:8443",
		"[access]\nauthorize_url = 'https://app.example:99999/a'":                   "must be an address, as https://backend.example:8443",
		"[access]\nauthorize_url = 'https://app.example/a#b'":                       "must be an address without #b, which is never sent",
		"[access]\nauthorize_url = 'http://app.example/a'":                          "must begin with https://",
		"[access]\nserver_passphrase_hashes = ['" + hash + "', '" + hash + "']":     "has a hash twice",
		"[ids]\nwords = 5":                                                          "is for IDs of words: set ids.server or ids.client to words",
		"[ice]\nlife = '1h'":                                                        "applies only to credentials made with ice.secret_file or for turn.enabled",
		"[ice]\nurls = ['STUN:stun.example']":                                       "must begin with stun:",
		"[ice]\nurls = ['stun://stun.example']":                                     "has slashes",
		"[ice]\nurls = ['stun:stun.example:0']":                                     "must be from 1 to 65535",
		"[ice]\nurls = ['stun:stun.example?transport=udp']":                         "STUN does not allow",
		"[ice]\nurls = ['stun:stun.example', 'stun:stun.example']":                  "has an entry twice",
		"[ice]\nurls = ['stun:bücher.example']":                                     "has no valid host",
		"[ice]\nsecret_file = 'f'":                                                  "is for TURN servers, and urls has none",
		"[turn]\nlisten = ':3478'":                                                  "enabled must be true for the other settings of [turn]",
		"[turn]\nhosts = ['relay.example']":                                         "enabled must be true for the other settings of [turn]",
		turnOn + "hosts = ['relay.example:80']":                                     "without a port",
		turnOn + "hosts = ['*.example.org']":                                        "is not a host: write a name or an address",
		turnOn + "hosts = ['2001:db8::7']":                                          "or [2001:db8::7], without a port",
		turnOn + "hosts = ['a.example', 'a.example']":                               "has an entry twice",
		turnOn + "label = '10.0.0.1'":                                               "must be an address of 192.0.2.0/24, 198.51.100.0/24 or 203.0.113.0/24",
		turnOn + "label = '2001:db8::1'":                                            "must be an address of 192.0.2.0/24",
		turnOn + "label = '192.0.3.0'":                                              "must be an address of 192.0.2.0/24",
		turnOn + "udp_port = 1023":                                                  "turn.udp_port is a port for which browsers ignore TURN servers",
		turnOn + "tcp_port = 81":                                                    "turn.tcp_port is a port for which browsers ignore TURN servers",
		turnOn + "listen = ':79'":                                                   "turn.listen is a port for which browsers ignore TURN servers",
		"listen = ':444'\n" + turnOn:                                                "listen is a port for which browsers ignore TURN servers",
		"listen = ':444'\n" + turnOn + "udp_port = 443":                             "listen is a port for which browsers ignore TURN servers",
		"listen = ':3478'\n" + turnOn + "listen = ':3478'":                          "turn.listen is the address of listen",
		turnOn + "listen = ':3478'\n[admin]\nlisten = ':3478'\ntoken_file = 'f'":    "is the address of turn.listen: give it another port",
		turnOn + "[proxy]\ntrusted = ['127.0.0.1']":                                 "turn.listen must be set behind a proxy that speaks HTTP",
		turnOn + "hosts = ['a.example']\n[tls.acme]\nhosts = ['b.example']":         "for which there is no certificate: add it to tls.acme.hosts",
		"[schemas]\nunknown = 'refuse'":                                             "no message would pass",
		"[schemas]\nrefused = 'close'":                                              "is for messages with a schema: set schemas.folder or schemas.builtin",
		"[schemas]\nmax_message = '1KiB'":                                           "is for messages with a schema: set schemas.folder or schemas.builtin",
		"[admin]\ntoken_file = 'f'":                                                 "of which there is none",
		"[limits]\nwaiting_bytes = '1MiB'\noutbox_bytes = '2MiB'":                   "must be at least outbox_bytes",
		"[limits]\nstreams = false\nstream_bytes = '1MiB'":                          "is for byte streams, which streams = false turns off",
		"[limits]\npeer_bytes = '1MiB'\nstream_bytes = '2MiB'":                      "must be at most peer_bytes",
		"[limits]\nstream_bytes = '63KiB'":                                          "must be from 64KiB to 64GiB",
		"[limits]\nstreams = 'no'":                                                  "must be true or false, without quotes",
		"[limits]\nsession_life = '1s'":                                             "must be 0s or at least 10s",
	} {
		_, _, err := config.Load([]string{"--config", file(t, text+"\n")}, nil)
		require.ErrorContains(t, err, says, text)
	}
}

// TestValuesThatAreTaken as they are meant.
func TestValuesThatAreTaken(t *testing.T) {
	for _, text := range []string{
		"origins = ['HTTPS://App.example', 'https://app.example:443', 'https://*.app.example', 'http://*.localhost:3000', 'https://bücher.example', 'http://[::1]:8000']",
		"origins = ['capacitor://localhost', 'ionic://localhost', 'tauri://localhost', 'app://bundle', 'chrome-extension://abc', 'moz-extension://A-b']",
		"hosts = ['localhost', '192.168.1.5', '[2001:db8::1]', 'Relay.Lan', '*.home.arpa', 'bücher.example', 'relay_1']",
		"[tls.acme]\nhosts = ['xn--bcher-kva.example']\nemail = 'admin@example.org'",
		"[tls]\nself_signed = true\nmin_version = '1.3'",
		"listen = ':0'\n[admin]\nlisten = '127.0.0.1:0'",
		"[proxy]\ntrusted = ['127.0.0.1']\nprotocol = 'forwarded'",
		"[ids]\nclient = 'words'\nwords = 3",
		"[ids]\nwords = 6",
		"[limits]\npeer_bytes = '1MiB'", // below the default of stream_bytes
		"[limits]\nstreams = false",
		turnOn, turnOn + "udp_port = 53\ntcp_port = 80", turnOn + "udp_port = 443\ntcp_port = 1024",
		"listen = ':444'\n" + turnOn + "udp_port = 443\ntcp_port = 443",
		"listen = ':81'\n" + turnOn + "listen = ':3478'",
		turnOn + "hosts = ['relay.example', '192.0.2.7', '[2001:db8::7]']\nlabel = '198.51.100.255'",
		turnOn + "listen = ':3478'\n[proxy]\ntrusted = ['127.0.0.1']",
		turnOn + "[proxy]\ntrusted = ['127.0.0.1']\nprotocol = 'proxy-protocol'",
		turnOn + "[ice]\nlife = '1h'",
	} {
		_, _, err := config.Load([]string{"--config", file(t, text+"\n")}, nil)
		require.NoError(t, err, text)
	}
	c, _, err := config.Load(nil, []string{"RELAYD_ORIGINS=https://a.example, https://b.example"})
	require.NoError(t, err)
	require.Equal(t, []string{"https://a.example", "https://b.example"}, c.Origins, "behind a comma a space may stand")
}
