package main

import (
	"context"
	"log/slog"
	"os"
	"reflect"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/relay"
)

// running is a relay at work with what can change meanwhile. After serve has made it,
// the goroutine of reloads owns it.
type running struct {
	config  *config.Config
	sources config.Sources // of what was last read
	relay   *relay.Relay
	shown   *certificates // nil without TLS
	room    files
	door    *door
	ice     *ice.Servers // nil: there are none
	level   *slog.LevelVar
	log     *slog.Logger
}

// apply brings the keys that can be reloaded, and what is in the files that they
// name, to where they are used; at the start too. What can fail comes first: then
// nothing has changed.
func (r *running) apply(c *config.Config, sources config.Sources) error {
	hosts, err := edge.NewHosts(c.Hosts)
	if err != nil {
		return err
	}
	origins, err := edge.NewOrigins(c.Origins, hosts)
	if err != nil {
		return err
	}
	authorize, err := r.door.authorizer(c.Access)
	if err != nil {
		return err
	}
	check, err := readSchemas(c.Schemas)
	if err != nil {
		return err
	}
	servers, err := readICE(c.ICE)
	if err != nil {
		return err
	}
	if r.shown != nil {
		if err := r.shown.reload(); err != nil {
			return err
		}
	}
	var info []byte
	if c.ServerInfo != "" {
		info = []byte(c.ServerInfo)
	}
	if err := r.relay.SetServerInfo(info); err != nil {
		return err
	}
	if !reflect.DeepEqual(servers, r.ice) { // else nobody needs to hear of it
		r.relay.SetICEServers(tellICE(servers))
		r.ice = servers
	}
	r.relay.SetLimits(r.room.within(c.Limits.Reloadable(), r.log))
	r.relay.SetOrigins(origins)
	r.relay.SetGuesses(c.IDs.Rates())
	r.relay.SetAuthorize(authorize)
	r.relay.SetCheck(check)
	r.level.Set(c.Log.Level)
	r.config, r.sources = c, sources
	return nil
}

// reloads reads the configuration anew at each signal, until the context ends.
func (r *running) reloads(ctx context.Context, hangups <-chan os.Signal, load loader) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			r.reload(load)
		}
	}
}

func (r *running) reload(load loader) {
	next, sources, err := load()
	var merged *config.Config
	var changed, waiting []string
	if err == nil {
		merged, changed, waiting, err = r.config.Reload(next, r.sources, sources)
	}
	if err == nil {
		err = r.apply(merged, sources)
	}
	if err != nil {
		r.log.Error("the configuration stays as it was: the new one has a mistake", "error", err)
		return
	}
	r.log.Info("read the configuration anew", "changed", changed)
	if len(waiting) > 0 {
		r.log.Warn("some changes need a restart", "keys", waiting)
	}
}
