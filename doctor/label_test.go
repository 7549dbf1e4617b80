package doctor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/doctor"
)

func TestLabelsOfSeveralNodesDiffer(t *testing.T) {
	require.Equal(t, doctor.OK, doctor.CompareLabels("192.0.2.1", "192.0.2.1", "192.0.2.1").Status)
	require.Equal(t, doctor.OK, doctor.CompareLabels("10.0.0.1", "10.0.0.1").Status, "coturn's own address")
	require.Equal(t, doctor.OK, doctor.CompareLabels("10.0.0.1", "2001:db8::1").Status, "two addresses of coturn")
	for _, addresses := range [][]string{{"192.0.2.1", "192.0.2.2"}, {"192.0.2.1", "192.0.2.1", "203.0.113.1"}, {"10.0.0.1", "198.51.100.1"}} {
		result := doctor.CompareLabels(addresses...)
		require.Equal(t, doctor.Failed, result.Status)
		require.Contains(t, result.Cause, "several nodes behind one name: "+addresses[0])
		require.Contains(t, result.Advice, "`turn.hosts`")
	}
}

func TestEndpointsOfHello(t *testing.T) {
	for url, want := range map[string]string{
		"turn:relay.test":                      "udp relay.test:3478",
		"turn:relay.test:80?transport=udp":     "udp relay.test:80",
		"turn:192.0.2.7:80?transport=tcp":      "tcp 192.0.2.7:80",
		"turn:[2001:db8::7]:443?transport=tcp": "tcp [2001:db8::7]:443",
		"turn:[2001:db8::7]":                   "udp [2001:db8::7]:3478",
		"turns:relay.test":                     "tls relay.test:5349",
		"turns:relay.test:443?transport=tcp":   "tls relay.test:443",
		"turns:relay.test?transport=udp":       "",
		"stun:relay.test":                      "",
		"turn:relay.test:0":                    "",
		"turn:relay.test:99999":                "",
		"turn:relay.test?transport=sctp":       "",
		"turn:":                                "",
		"":                                     "",
	} {
		require.Equal(t, want, doctor.Endpoint(url), url)
	}
}
