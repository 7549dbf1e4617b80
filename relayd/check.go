package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/resume"
)

// checkFiles reads the files that the configuration names, as serve does, and creates none.
func checkFiles(c *config.Config) error {
	if c.TLS.CertFile != "" {
		files, err := certs.OpenFiles(c.TLS.CertFile, string(c.TLS.KeyFile))
		if err == nil {
			err = covers(files, c.TURN)
		}
		if err != nil {
			return err
		}
	}
	if _, err := readRoots(c.TLS.ACME.CAFile, "--tls-acme-ca-file"); err != nil {
		return err
	}
	if _, err := newDoor(quota.NewTable(false), nil).authorizer(c.Access); err != nil {
		return err
	}
	if _, err := readSchemas(c.Schemas); err != nil {
		return err
	}
	if err := checkICE(c); err != nil {
		return err
	}
	if c.Cluster.Enabled() {
		if _, err := readCluster(c.Cluster, nil); err != nil {
			return err
		}
	}
	if _, err := readAdminToken(c.Admin); err != nil {
		return err
	}
	_, err := readKeys(keyFiles(c))
	if len(c.KeyFiles) > 0 || errors.Is(err, resume.ErrKeyFile) {
		return err
	}
	return nil // serve creates a missing key
}

// checkICE returns why peers could not be told of the ICE servers.
func checkICE(c *config.Config) error {
	set, err := readICE(c.ICE)
	if err != nil {
		return err
	}
	if c.TURN.Enabled {
		set.Own = ownICE(c.TURN, turnKeys([]resume.Key{resume.NewKey()}).Credential, 0, nil)
	}
	_, err = ice.New(set)
	return err
}

// writeKeys writes as comments which key signs. Relays that share a key may sign with a new
// one only when all of them accept it.
func writeKeys(out io.Writer, files []config.SecretFile) error {
	keys, err := readKeys(files)
	if err != nil {
		return nil // no key yet
	}
	var text strings.Builder
	text.WriteString("\n")
	newest := len(files) > 1
	for i, file := range files {
		use := "is accepted"
		if i == 0 {
			use = "signs and is accepted"
		}
		fmt.Fprintf(&text, "# resume key %s of %s: %s\n", keys[i].Name(), file, use)
		newest = newest && (i == 0 || written(file).Before(written(files[0])))
	}
	if newest {
		fmt.Fprintf(&text, "# The key that signs is newer than the others: every other relay of this one must accept %s before, by naming it last.\n", keys[0].Name())
	}
	_, err = io.WriteString(out, text.String())
	return err
}
