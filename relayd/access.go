package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/textfile"
)

// wrongOfSource is the quota of wrong secrets of one source.
var wrongOfSource = admit.Rate{Guesses: 10, Within: time.Minute}

// maxTextFile bounds a file of keys or certificates, in bytes.
const maxTextFile = 1 << 20

// A door makes authorizers from the configuration. It outlives them, so that a reload does
// not renew the quotas.
type door struct {
	budget *admit.Budget
	client *http.Client
	failed func(error) // called when the keys of tokens cannot be fetched
}

// newDoor returns a door. With loopback, loopback addresses count as sources.
func newDoor(loopback bool, failed func(error)) *door {
	return &door{admit.NewBudget(wrongOfSource, loopback), admit.NewClient(), failed}
}

// authorizer returns the authorizer of the section; nil admits anyone. For each role either
// a token or a passphrase is enough. With a webhook, the webhook must consent as well.
func (d *door) authorizer(c config.Access) (admit.Authorizer, error) {
	tickets, err := d.tickets(c)
	if err != nil {
		return nil, err
	}
	server, err := d.secrets(tickets, c.ServerPassphraseHashes)
	if err != nil {
		return nil, err
	}
	client, err := d.secrets(tickets, c.ClientPassphraseHashes)
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
	return admit.ByRole(server, client), nil
}

// secrets returns the authorizer of one role; nil if it needs no secret.
func (d *door) secrets(tickets *admit.Tickets, hashes []string) (admit.Authorizer, error) {
	var ways []admit.Authorizer
	if tickets != nil {
		ways = append(ways, tickets.Authorize)
	}
	if len(hashes) > 0 {
		passphrases, err := admit.NewPassphrases(d.budget, hashes...)
		if err != nil {
			return nil, err
		}
		ways = append(ways, passphrases.Authorize)
	}
	if ways == nil {
		return nil, nil
	}
	return admit.FirstOf(ways...), nil
}

func (d *door) webhook(c config.Access, checked admit.Authorizer) (admit.Authorizer, error) {
	webhook, err := admit.NewWebhook(string(c.AuthorizeURL), d.client, d.budget, checked)
	if err != nil {
		return nil, fmt.Errorf("access.authorize_url: %w", err)
	}
	return webhook.Authorize, nil
}

// tickets returns nil if no keys of tokens are configured.
func (d *door) tickets(c config.Access) (*admit.Tickets, error) {
	var keys admit.Keys
	var secret []byte
	switch {
	case c.JWKSFile != "":
		text, err := textfile.Read(c.JWKSFile, maxTextFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read the file of access.jwks_file: %w", err)
		}
		if keys, err = admit.ParseKeys(text); err != nil {
			return nil, fmt.Errorf("%s: %w", c.JWKSFile, err)
		}
	case c.JWKSURL != "":
		remote, err := admit.NewRemoteKeys(string(c.JWKSURL), d.client, d.failed)
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
	tickets, err := admit.NewTickets(d.budget, c.JWTIssuer, c.JWTAudience, keys, secret)
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return tickets, nil
}
