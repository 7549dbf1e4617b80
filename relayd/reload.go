package main

import (
	"context"
	"log/slog"
	"os"
	"reflect"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/relay"
)

// running is a running relay with all that a reload can change. serve makes it; then the
// goroutine of reloads owns it.
type running struct {
	config  *config.Config
	sources config.Sources // of the last configuration
	relay   *relay.Relay
	shown   *certificates // nil without TLS
	room    files
	door    *door
	ice     *ice.Servers // nil if there are none
	level   *slog.LevelVar
	log     *slog.Logger
}

// apply passes on the keys that can be reloaded, and the contents of the files that they
// name; at the start too. Steps that can fail come first, so that a failure changes nothing.
func (r *running) apply(c *config.Config, sources config.Sources) error {
	hosts, err := admit.NewHosts(c.Hosts)
	if err != nil {
		return err
	}
	origins, err := admit.NewOrigins(c.Origins, hosts)
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
	if !reflect.DeepEqual(servers, r.ice) { // otherwise peers need not be told
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

// reloads reloads the configuration at each signal, until the context ends.
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
		r.log.Error("configuration unchanged: the new one has a mistake", "error", err)
		return
	}
	r.log.Info("configuration reloaded", "changed", changed)
	if len(waiting) > 0 {
		r.log.Warn("some changes need a restart", "keys", waiting)
	}
}
