package access

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/quota"
)

// maxVerdict bounds the webhook's answer, and maxWhy the part of its reason that is logged, in
// bytes.
const (
	maxVerdict = 32 << 10
	maxWhy     = 200
)

// Webhook asks a URL of the application's backend about every peer. Any answer but a clear yes
// refuses the peer. Its methods may be called concurrently.
//
// It posts one JSON object:
//
//	{"role": "server" or "client", "room"?: TEXT, "source": ADDRESS, "resumed": BOOL, "id"?: ID, "origin"?: TEXT, "secret"?: TEXT}
//
// `room` is the ID that a client asks for, in its spelling, `id` the ID that the peer resumes,
// `origin` the Origin header of a browser, and `secret` the access secret, unless the relay
// has checked it. The answer has the status 200 and is one JSON object:
//
//	{"allowed": BOOL, "reason"?: TEXT, "subject"?: TEXT, "serverInfo"?: VALUE, "iceServers"?: [RTCIceServer…], "limits"?: {"clients"?: N}}
//
// `reason` is for the operator's log. The other fields are those of [Grant]. Unknown fields are
// ignored.
type Webhook struct {
	url     string
	client  *http.Client
	trials  *quota.Trials
	checked Authorizer // checks the secret before the question; nil if the webhook does
}

// NewWebhook returns a Webhook with a URL: see [CheckURL]. If checked is not nil, it decides
// first, and the webhook does not get the secret. A refusal counts as a wrong secret of its
// source, so that peers cannot try secrets on the backend through the relay.
func NewWebhook(url string, client *http.Client, trials *quota.Trials, checked Authorizer) (*Webhook, error) {
	if err := CheckURL(url); err != nil {
		return nil, err
	}
	return &Webhook{url, client, trials, checked}, nil
}

type question struct {
	Role    string      `json:"role"`
	Room    string      `json:"room,omitempty"`
	Source  string      `json:"source"`
	Resumed bool        `json:"resumed"`
	ID      protocol.ID `json:"id,omitempty"`
	Origin  string      `json:"origin,omitempty"`
	Secret  string      `json:"secret,omitempty"`
}

type verdict struct {
	Allowed    bool            `json:"allowed"`
	Reason     string          `json:"reason"`
	Subject    string          `json:"subject"`
	ServerInfo json.RawMessage `json:"serverInfo"`
	ICEServers json.RawMessage `json:"iceServers"`
	Limits     struct {
		Clients      int   `json:"clients"`
		PeerMessages int   `json:"peerMessages"`
		PeerBytes    int64 `json:"peerBytes"`
	} `json:"limits"`
}

// Authorize is an [Authorizer].
func (w *Webhook) Authorize(ctx context.Context, r Request) (Grant, error) {
	q := question{Role: r.Role(), Room: r.Room, Source: r.Source.String(), Resumed: r.Resume != "", ID: r.Resume, Origin: r.HTTP.Header.Get("Origin")}
	var checked Grant
	if w.checked == nil {
		if q.Secret = string(r.Secret); !utf8.ValidString(q.Secret) {
			return Grant{}, errors.New("the secret is not UTF-8, and JSON cannot carry it")
		}
	} else {
		var err error
		if checked, err = w.checked(ctx, r); err != nil {
			return Grant{}, err
		}
	}
	var v verdict
	err := r.try(ctx, w.trials, quota.Ask, func() (err error) {
		v, err = w.ask(ctx, q)
		switch {
		case err != nil: // a fault of the backend costs the peer nothing
			return &quota.BusyError{After: backendAgain, Why: err.Error()}
		case !v.Allowed:
			return errors.New("the webhook says no: " + fitForLog(v.Reason, string(r.Secret)))
		}
		return nil
	})
	if err != nil {
		return Grant{}, err
	}
	return Grant{
		Subject: cmp.Or(v.Subject, checked.Subject), ServerInfo: orNothing(v.ServerInfo), ICEServers: orNothing(v.ICEServers),
		Clients: v.Limits.Clients, PeerMessages: v.Limits.PeerMessages, PeerBytes: v.Limits.PeerBytes,
	}, nil
}

// fitForLog removes the secret from a reason, in case the backend quotes it, and shortens it.
func fitForLog(reason, secret string) string {
	if secret != "" {
		reason = strings.ReplaceAll(reason, secret, "…")
	}
	return strings.ToValidUTF8(reason[:min(len(reason), maxWhy)], "")
}

func orNothing(value json.RawMessage) json.RawMessage {
	if string(value) == "null" {
		return nil
	}
	return value
}

func (w *Webhook) ask(ctx context.Context, q question) (v verdict, err error) {
	ctx, cancel := context.WithTimeout(ctx, backendWithin)
	defer cancel()
	body, err := json.Marshal(q)
	if err != nil {
		return v, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return v, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(request)
	if err != nil {
		return v, fmt.Errorf("the webhook does not answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return v, fmt.Errorf("the webhook answers with HTTP status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxVerdict+1))
	switch {
	case err != nil:
		return v, fmt.Errorf("the webhook's answer is incomplete: %w", err)
	case len(text) > maxVerdict:
		return v, fmt.Errorf("the webhook's answer is longer than %d bytes", maxVerdict)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return verdict{}, errors.New("the webhook's answer is not a JSON object like {\"allowed\": true}")
	}
	return v, nil
}
