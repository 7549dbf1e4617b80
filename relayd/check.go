package main

import (
	"errors"
	"path/filepath"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/config"
)

// checkFiles reads what the configuration names, as serve would, and makes nothing.
func checkFiles(c *config.Config) error {
	if c.TLS.CertFile != "" {
		if _, err := certs.OpenFiles(c.TLS.CertFile, string(c.TLS.KeyFile)); err != nil {
			return err
		}
	}
	if _, err := readRoots(c.TLS.ACME.CAFile); err != nil {
		return err
	}
	if _, err := newDoor(false, nil).authorizer(c.Access); err != nil {
		return err
	}
	if _, err := readSchemas(c.Schemas); err != nil {
		return err
	}
	if _, err := readICE(c.ICE); err != nil {
		return err
	}
	if _, err := readAdminToken(c.Admin); err != nil {
		return err
	}
	if len(c.KeyFiles) > 0 {
		_, err := readKeys(c.KeyFiles)
		return err
	}
	folder, err := stateDir(c)
	if err == nil {
		_, err = admit.ReadKey(filepath.Join(folder, admit.KeyFile))
	}
	if errors.Is(err, admit.ErrKeyFile) {
		return err
	}
	return nil // serve makes a key where there is none
}
