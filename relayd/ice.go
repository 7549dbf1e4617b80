package main

import (
	"fmt"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/ice"
)

// readICE returns the ICE servers of the configuration and its files.
func readICE(c config.ICE) (set ice.Config, err error) {
	set = ice.Config{URLs: c.URLs, Life: c.Life}
	if c.SecretFile != "" {
		text, err := c.SecretFile.Read()
		if err == nil {
			set.Secrets, err = ice.ParseSecrets(text)
		}
		if err != nil {
			return set, fmt.Errorf("cannot use the secret in ice.secret_file: %w", err)
		}
	}
	if c.CredentialFile != "" {
		text, err := c.CredentialFile.Read()
		if err == nil {
			set.Username, set.Credential, err = ice.ParseCredential(text)
		}
		if err != nil {
			return set, fmt.Errorf("cannot use the credential in ice.credential_file: %w", err)
		}
	}
	return set, nil
}
