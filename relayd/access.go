package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/textfile"
)

// wrongOfSource is the quota of wrong secrets of one source.
var wrongOfSource = quota.Rate{Count: 10, Within: time.Minute}

// maxTextFile bounds a file of keys or certificates, in bytes.
const maxTextFile = 1 << 20

// A door makes authorizers from the configuration. It outlives them, so that a reload does
// not renew the quotas.
type door struct {
	trials *quota.Trials
	client *http.Client
	failed func(error) // called when the keys of tokens cannot be fetched
}

// newDoor returns a door.
func newDoor(sources *quota.Table, failed func(error)) *door {
	return &door{quota.NewTrials(sources, wrongOfSource), access.NewClient(), failed}
}

// authorizer returns the authorizer of the section; nil admits anyone. For each role either
// a token or a passphrase is enough. With a webhook, the webhook must consent as well.
func (d *door) authorizer(c config.Access) (access.Authorizer, error) {
	tokens, err := d.tokens(c)
	if err != nil {
		return nil, err
	}
	server, err := d.secrets(tokens, c.ServerPassphraseHashes)
	if err != nil {
		return nil, err
	}
	client, err := d.secrets(tokens, c.ClientPassphraseHashes)
	if err != nil {
		return nil, err
	}
	if c.AuthorizeURL != "" {
		if server, err = d.webhook(c, server); err == nil {
			client, err = d.webhook(c, client)
		}
		if err != nil {
			return nil, err
		}
	}
	if server == nil && client == nil {
		return nil, nil
	}
	return access.ByRole(server, client), nil
}

// secrets returns the authorizer of one role; nil if it needs no secret.
func (d *door) secrets(tokens *access.Tokens, hashes []string) (access.Authorizer, error) {
	var ways []access.Authorizer
	if tokens != nil {
		ways = append(ways, tokens.Authorize)
	}
	if len(hashes) > 0 {
		passphrases, err := access.NewPassphrases(d.trials, hashes...)
		if err != nil {
			return nil, err
		}
		ways = append(ways, passphrases.Authorize)
	}
	if ways == nil {
		return nil, nil
	}
	return access.FirstOf(ways...), nil
}

func (d *door) webhook(c config.Access, checked access.Authorizer) (access.Authorizer, error) {
	webhook, err := access.NewWebhook(string(c.AuthorizeURL), d.client, d.trials, checked)
	if err != nil {
		return nil, fmt.Errorf("access.authorize_url: %w", err)
	}
	return webhook.Authorize, nil
}

// tokens returns nil if no keys of tokens are configured.
func (d *door) tokens(c config.Access) (*access.Tokens, error) {
	var keys access.Keys
	var secret []byte
	switch {
	case c.JWKSFile != "":
		text, err := textfile.Read(c.JWKSFile, maxTextFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read the file of access.jwks_file: %w", err)
		}
		if keys, err = access.ParseKeys(text); err != nil {
			return nil, fmt.Errorf("%s: %w", c.JWKSFile, err)
		}
	case c.JWKSURL != "":
		remote, err := access.NewRemoteKeys(string(c.JWKSURL), d.client, d.failed)
		if err != nil {
			return nil, fmt.Errorf("access.jwks_url: %w", err)
		}
		keys = remote
	}
	if c.JWTSecretFile != "" {
		var err error
		if secret, err = c.JWTSecretFile.Read(); err != nil {
			return nil, fmt.Errorf("cannot read the file of access.jwt_secret_file: %w", err)
		}
	}
	if keys == nil && secret == nil {
		return nil, nil
	}
	tokens, err := access.NewTokens(d.trials, c.JWTIssuer, c.JWTAudience, keys, secret)
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return tokens, nil
}
