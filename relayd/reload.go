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
	"github.com/sebas642/intercessor/relayd/turn"
)

// running is a running relay with all that a reload can change. serve makes it; then the
// goroutine of reloads owns it.
type running struct {
	config   *config.Config
	sources  config.Sources // of the last configuration
	relay    *relay.Relay
	turn     *turn.Server  // nil if there is none
	turnPort int           // of turn.listen; 0 if there is none
	shown    *certificates // nil without TLS
	room     files
	door     *door
	ice      *ice.Servers // nil if there are none
	told     told         // of ice
	level    *slog.LevelVar
	log      *slog.Logger
}

// told is what decides which ICE servers peers are told of, but for their credentials.
type told struct {
	operators        ice.Config
	hosts            []string // of the own TURN server
	udpPort, tcpPort int
}

// apply passes on the keys that can be reloaded, and the contents of the files that they
// name; at the start too. If it fails, nothing has changed.
func (r *running) apply(c *config.Config, sources config.Sources) error {
	set, err := readICE(c.ICE)
	if err != nil {
		return err
	}
	now := told{set, c.TURN.Hosts, c.TURN.UDPPort, c.TURN.TCPPort}
	servers := r.ice // the same for the relay, too, which then tells no peer
	if r.config == nil || !reflect.DeepEqual(now, r.told) {
		if r.turn != nil {
			set.Own = ownICE(c.TURN, r.turn.Credential, r.turnPort, r.shown)
		}
		if servers, err = ice.New(set); err != nil {
			return err
		}
	}
	settings, err := r.settings(c, servers)
	if err == nil {
		err = settings.Validate()
	}
	if err == nil && c.TLS.CertFile != "" {
		err = covers(r.shown, c.TURN)
	}
	if err == nil && r.shown != nil {
		err = r.shown.reload()
	}
	if err == nil {
		err = r.relay.Reload(settings)
	}
	if err != nil {
		return err
	}
	if r.turn != nil {
		r.turn.SetLimits(turnLimits(c.TURN, r.room))
	}
	r.level.Set(c.Log.Level)
	r.config, r.sources, r.ice, r.told = c, sources, servers, now
	return nil
}

// settings reads what the relay can change while it runs.
func (r *running) settings(c *config.Config, servers *ice.Servers) (s relay.Settings, err error) {
	hosts, err := edge.NewHosts(c.Hosts)
	if err != nil {
		return s, err
	}
	if s.Origins, err = edge.NewOrigins(c.Origins, hosts); err != nil {
		return s, err
	}
	if s.Authorize, err = r.door.authorizer(c.Access); err != nil {
		return s, err
	}
	if s.Check, err = readSchemas(c.Schemas); err != nil {
		return s, err
	}
	if servers != nil {
		s.ICEServers = servers
	}
	if c.ServerInfo != "" {
		s.ServerInfo = []byte(c.ServerInfo)
	}
	s.WrongOfSource, s.WrongOfAll = c.IDs.Rates()
	s.NoStreams = !c.Limits.Streams
	s.Limits = r.room.within(c.Limits.Reloadable(), c.TURN, r.log)
	return s, nil
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
