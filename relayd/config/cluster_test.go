package config_test

import (
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/stretchr/testify/require"
)

// TestClustersThatCannotWork: each mistake is refused by a sentence that says what to write.
func TestClustersThatCannotWork(t *testing.T) {
	const good = "key_files = ['k']\n[cluster]\nname = 'a'\nlisten = '10.0.0.1:8001'\nsecret_file = 's'\netcd = ['https://etcd.example:2379']\n" +
		"cert_file = 'c'\nkey_file = 'k'\nca_file = 'ca'\nmembers = ['node.example']\n"
	load := func(text string) (*config.Config, error) {
		c, _, err := config.Load([]string{"--config", file(t, text)}, nil)
		return c, err
	}
	c, err := load(good)
	require.NoError(t, err)
	require.Equal(t, "10.0.0.1:8001", c.Cluster.At())

	for _, m := range []struct{ was, is, says string }{
		{"name = 'a'\n", "", "cluster.name must be set for the other settings of [cluster] to have an effect"},
		{"key_files = ['k']\n", "", "key_files must be set in a cluster"},
		{"listen = '10.0.0.1:8001'\n", "", "cluster.listen must be set, as 10.0.0.1:8001"},
		{"'10.0.0.1:8001'", "':8001'", "cluster.advertise must name the address that the other nodes dial"},
		{"'10.0.0.1:8001'", "'0.0.0.0:8001'", "cluster.advertise must name the address that the other nodes dial"},
		{"secret_file = 's'\n", "", "cluster.secret_file must be set"},
		{"etcd = ['https://etcd.example:2379']\n", "", "cluster.etcd must name at least one etcd server"},
		{"https://etcd", "http://e:1', 'https://etcd", ""}, // several
		{"ca_file = 'ca'\n", "", "cluster.cert_file belongs together with cluster.key_file, cluster.ca_file and cluster.members"},
		{"cert_file = 'c'\nkey_file = 'k'\nca_file = 'ca'\nmembers = ['node.example']\n", "", "cluster.listen can be reached by other machines"},
		{"name = 'a'\n", "name = 'a'\netcd_user = 'u'\n", "cluster.etcd_user and cluster.etcd_password_file belong together"},
		{"name = 'a'\n", "name = 'a'\netcd_prefix = ''\n", "cluster.etcd_prefix is empty"},
		{"name = 'a'\n", "name = 'a'\nadvertise = 'node.example:0'\n", "cluster.advertise must have the port that the other nodes dial"},
		{"https://etcd.example:2379']\n", "http://etcd.example:2379']\netcd_ca_file = 'x'\n", "cluster.etcd_ca_file verifies the certificates of https"},
		{"https://etcd.example:2379']\n", "http://etcd.example:2379']\netcd_cert_file = 'x'\netcd_key_file = 'y'\n", "cluster.etcd_cert_file is for https"},
		{"name = 'a'\n", "name = 'a'\netcd_cert_file = 'x'\n", "cluster.etcd_cert_file and cluster.etcd_key_file belong together"},
	} {
		_, err := load(strings.Replace(good, m.was, m.is, 1))
		if m.says == "" {
			require.NoError(t, err, m.is)
		} else {
			require.ErrorContains(t, err, m.says)
		}
	}
}
